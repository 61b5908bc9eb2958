"""Torch's layers by our names; objectives and optimizers, written once."""

import torch
from torch import nn
from torch.nn import functional

from impls.interface import STATISTICS, decayed
from impls.training.torch import BatchNorm

# Attribute names -> those of the chapter's formulas
_PARTS = {"cell": "", "forward_layer": "forward", "backward_layer": "backward"}
# Layer type -> its tensor -> (canonical leaf, axes that give its layout).
# permute() is a view, so one table serves load, export and gradients.
_RECURRENT = {
    f"{tensor}_l0{suffix}": (f"{direction}{leaf}", axes)
    for suffix, direction in (("", "forward."), ("_reverse", "backward."))
    for tensor, leaf, axes in (
        ("weight_ih", "kernel", (1, 0)),
        ("weight_hh", "recurrent_kernel", (1, 0)),
        ("bias_ih", "bias", (0,)),
    )
}
LAYOUT = {
    nn.Linear: {"weight": ("kernel", (1, 0)), "bias": ("bias", (0,))},
    nn.Conv2d: {"weight": ("kernel", (2, 3, 1, 0)), "bias": ("bias", (0,))},
    nn.Embedding: {"weight": ("embedding", (0, 1))},
    nn.RNN: _RECURRENT,
    nn.LSTM: _RECURRENT,
    nn.LayerNorm: {"weight": ("scale", (0,))},
    BatchNorm: {leaf: (leaf, (0,)) for leaf in ("scale", "bias", *STATISTICS)},
}


def canonical(path):
    """`encoder.forward_layer.cell` -> `encoder.forward`."""
    parts = [_PARTS.get(part, part) for part in path.split(".")]
    return ".".join(filter(None, parts))


def parameters(model):
    """Yield (canonical name, (tensor, axes)) of every parameter.

    torch has a second recurrent bias. The chapter has one, so the second is
    zero and frozen; otherwise their sum would move twice per step.
    """
    for path, module in model.named_modules():
        kinds = [kind for kind in type(module).__mro__ if kind in LAYOUT]
        layout = LAYOUT[kinds[0]] if kinds else {}
        own_tensors = (
            *module.named_parameters(recurse=False),
            *(module.named_buffers(recurse=False)),
        )
        for own, tensor in own_tensors:
            if own.startswith("bias_hh"):
                nn.init.zeros_(tensor).requires_grad_(False)
                continue
            if own not in layout:
                kind = type(module).__name__
                raise ValueError(
                    f"{path or 'the model'} ({kind}): no name and axes for its "
                    f"tensor {own!r}; add {kind} to LAYOUT in {__file__}"
                )
            leaf, axes = layout[own]
            if not getattr(module, "bidirectional", False):
                leaf = leaf.removeprefix("forward.")
            yield f"{canonical(path)}.{leaf}", (tensor, axes)


def objective(kind, logits, batch, smoothing=0.0):
    """Loss and accuracy: weighted means over valid targets.

    smoothing: share of a label spread over all classes (Szegedy 2016).
    """
    targets, weights = batch.targets, batch.weights
    if kind == "mse":
        losses = (logits - targets).square().flatten(1).mean(1)
        right = torch.full_like(losses, torch.nan)  # has no accuracy
    elif kind == "cross_entropy":
        logits, targets = logits.flatten(0, -2), targets.flatten()
        weights = weights.flatten()
        losses = functional.cross_entropy(
            logits, targets, reduction="none", label_smoothing=smoothing
        )
        right = logits.argmax(-1) == targets
    else:
        logits = logits[..., 0]
        losses = functional.binary_cross_entropy_with_logits(
            logits, targets.to(logits.dtype), reduction="none"
        )
        right = (logits > 0) == (targets > 0)
    total = weights.sum()
    return (losses * weights).sum() / total, (right * weights).sum() / total


def clip(tensors, longest):
    """Scale gradients down to a common norm (Pascanu 2013, algorithm 1)."""
    gradients = [x.grad for x in tensors if x.grad is not None]
    norm = torch.stack([g.square().sum() for g in gradients]).sum().sqrt()
    scale = (longest / norm).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(scale)


def optimizer(tensors, setting):
    """AdamW (Loshchilov 2019); without weight decay it is Adam.

    tensors: by canonical name. torch adds epsilon after bias correction, as
    the paper does. Fused: three times faster on a CPU.
    """
    if not tensors:
        raise ValueError("every parameter is frozen: nothing to train")
    if setting.optimizer == "sgd":
        every = list(tensors.values())
        return torch.optim.SGD(every, setting.learning_rate, momentum=0)
    groups = {0.0: [], setting.weight_decay: []}  # decay -> its tensors
    for name, tensor in tensors.items():
        groups[setting.weight_decay * decayed(name)].append(tensor)
    return torch.optim.AdamW(
        [{"params": each, "weight_decay": w} for w, each in groups.items()],
        setting.learning_rate,
        (setting.beta1, setting.beta2),
        setting.epsilon,
        fused=True,
    )
