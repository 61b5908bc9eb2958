"""The small model in plain NumPy."""

from impls.cnn.reference import convolve, relu
from impls.interface import STATISTICS


def logits(spec, params, image):
    """(batch, height, width, channel) -> (batch, class), evaluation."""
    return _pass(spec, params, image, None, False)[0]


def training(spec, params, image, masks=None, frozen=False):
    """Logits in training mode, and running statistics after it."""
    return _pass(spec, params, image, masks, True, frozen)


def _pass(spec, params, image, masks, trains, frozen=False):
    after = {}

    def norm(x, layer):
        scale, bias, mean, variance = (
            params[f"{layer}.{leaf}"]
            for leaf in ("scale", "bias", "mean", "variance")
        )
        if trains and not frozen:
            axes = tuple(range(x.ndim - 1))
            old, weight = (mean, variance), spec.momentum
            mean = x.mean(axes)
            variance = ((x - mean) ** 2).mean(axes)
            new = mean, variance
            for leaf, was, now in zip(STATISTICS, old, new, strict=True):
                after[f"{layer}.{leaf}"] = weight * was + (1 - weight) * now
        return scale * (x - mean) / (variance + spec.epsilon) ** 0.5 + bias

    x = convolve(image, params["first.kernel"]) + params["first.bias"]
    x = relu(norm(x, "norm")).reshape(len(image), -1)
    for n in (0, 1):
        x = relu(x @ params[f"hidden.{n}.kernel"] + params[f"hidden.{n}.bias"])
        if trains and masks is not None:
            x = x * masks[f"dropout.{n}"] / (1 - spec.rate)
    x = norm(x, "last")
    return x @ params["head.kernel"] + params["head.bias"], after
