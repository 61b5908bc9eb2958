"""Where torch's layers keep what has a canonical name, and how it lies."""

from torch import nn

from impls.interface import STATISTICS
from impls.training.torch import BatchNorm

# How the columns name what the chapter's formulas call otherwise.
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
    BatchNorm: {leaf: (leaf, (0,)) for leaf in ("scale", "bias", *STATISTICS)},
}


def canonical(path):
    """`encoder.forward_layer.cell` -> `encoder.forward`."""
    parts = [_PARTS.get(part, part) for part in path.split(".")]
    return ".".join(filter(None, parts))
