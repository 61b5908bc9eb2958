"""The residual network in plain NumPy (slide 9)."""

from collections.abc import Callable

import numpy as np

from impls.interface import Params
from impls.resnet.spec import Spec

Layer = Callable[[str, np.ndarray], np.ndarray]  # path, input -> output


def logits(spec: Spec, params: Params, image: np.ndarray) -> np.ndarray:
    """(batch, height, width, channel) -> (batch, class), float64.

    Norms take the running mean and variance.
    """

    def norm(path: str, x: np.ndarray) -> np.ndarray:
        mean, variance = (params[f"{path}.{n}"] for n in ("mean", "variance"))
        return normalize(spec, params, path, x, mean, variance)

    return _logits(spec, params, image, norm)


def training(
    spec: Spec,
    params: Params,
    image: np.ndarray,
    masks: Params | None = None,
) -> tuple[np.ndarray, Params]:
    """Logits (batch, class) in training, and running statistics after it.

    Norms take the mean and the biased variance of the batch, over which they
    sum at all places of the map; the running ones move towards these, by
    1 - momentum of the way. There is no dropout, so no `masks`.
    """
    after: Params = {}

    def norm(path: str, x: np.ndarray) -> np.ndarray:
        mean = x.mean((0, 1, 2))
        variance = ((x - mean) ** 2).mean((0, 1, 2))
        for leaf, new in ("mean", mean), ("variance", variance):
            old = params[f"{path}.{leaf}"]
            moved = spec.momentum * old + (1 - spec.momentum) * new
            after[f"{path}.{leaf}"] = moved
        return normalize(spec, params, path, x, mean, variance)

    return _logits(spec, params, image, norm), after


def normalize(
    spec: Spec,
    params: Params,
    path: str,
    x: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
) -> np.ndarray:
    """Mean subtracted, divided by the deviation, scaled and shifted.

    Ioffe 2015, algorithm 1; of every channel of x.
    """
    x = (x - mean) / np.sqrt(variance + spec.epsilon)
    return x * params[f"{path}.scale"] + params[f"{path}.bias"]


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0), element by element."""
    return np.where(x.real > 0, x, 0)


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Inner product of every patch with every filter, zero-padded.

    Position by position of the filter: all places see it at once.
    """
    sides = [(size // 2, size // 2) for size in kernel.shape[:2]]
    padded = np.pad(image, ((0, 0), *sides, (0, 0)))
    height, width = image.shape[1:3]
    total = np.zeros((1, 1, 1, 1))
    for y, row in enumerate(kernel):
        for x, weights in enumerate(row):
            total = total + padded[:, y : y + height, x : x + width] @ weights
    return total


def halve(image: np.ndarray) -> np.ndarray:
    """The largest of every complete 2 x 2 window."""
    height, width = (side // 2 * 2 for side in image.shape[1:3])
    best = image[:, 0:height:2, 0:width:2]
    for y, x in (0, 1), (1, 0), (1, 1):
        part = image[:, y:height:2, x:width:2]
        best = np.where(best.real >= part.real, best, part)
    return best


def _logits(
    spec: Spec, params: Params, image: np.ndarray, norm: Layer
) -> np.ndarray:
    x = np.asarray(image, np.float64)
    for stage, (*_, blocks) in enumerate(spec.stages()):
        path = f"stage.{stage}"
        x = halve(convolve(x, params[f"{path}.first.kernel"]))
        x = relu(norm(f"{path}.first_norm", x))
        for block in range(blocks):
            x = _block(spec, params, f"{path}.block.{block}", x, norm)
    x = x.mean((1, 2))  # (batch, channel)
    return x @ params["head.kernel"] + params["head.bias"]


def _block(
    spec: Spec, params: Params, path: str, image: np.ndarray, norm: Layer
) -> np.ndarray:
    x = convolve(image, params[f"{path}.first.kernel"])
    x = relu(norm(f"{path}.first_norm", x))
    x = convolve(x, params[f"{path}.second.kernel"])
    x = norm(f"{path}.second_norm", x)
    return relu(image + x if spec.shortcut == "identity" else x)
