"""Training mode of `Dropout` and `BatchNorm`, set by the Runners.

All frameworks have these two layers with the same attributes.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from impls.exchange import check_names
from impls.interface import Batch, Shape, trained


class Layers:
    """The layers of one model that have a training mode, by path.

    A dropout of rate 0 has none.
    """

    def __init__(self, modules: Iterable[tuple[str, Any]]) -> None:
        kinds: dict[str, dict[str, Any]] = {"Dropout": {}, "BatchNorm": {}}
        for path, module in modules:
            kinds.get(type(module).__name__, {})[path] = module
        self.norms = kinds["BatchNorm"]
        self.dropouts = {
            path: layer
            for path, layer in kinds["Dropout"].items()
            if layer.rate
        }

    def train(self, masks: dict[str, Any] | None, streams: Any = None) -> None:
        """Enter training mode, with masks or one random stream per layer."""
        for number, (path, layer) in enumerate(self.dropouts.items()):
            layer.training = True
            layer.mask = None if masks is None else masks[path]
            layer.stream = streams and streams(number)
        for layer in self.norms.values():
            layer.training = True

    def evaluate(self) -> None:
        """Enter evaluation mode: no dropout, constant statistics."""
        for layer in self.dropouts.values():
            layer.training, layer.mask, layer.stream = False, None, None
        for layer in self.norms.values():
            layer.training = False

    def freeze(self, names: Iterable[str]) -> None:
        """Freeze normalizations whose statistics are among the names."""
        names = set(names)
        for path, layer in self.norms.items():
            layer.frozen = f"{path}.mean" in names


def check_frozen(names: Iterable[str], shapes: dict[str, Shape]) -> None:
    """Raise ValueError for names that cannot be frozen together."""
    check_names(names, shapes)
    names = set(names)
    if names.issuperset(trained(shapes)):
        raise ValueError("every parameter is frozen: nothing to train")
    for name in names:
        layer, _, leaf = name.rpartition(".")
        other = {"mean": "variance", "variance": "mean"}.get(leaf)
        if other and f"{layer}.{other}" not in names:
            raise ValueError(
                f"parameter {name!r} is frozen without '{layer}.{other}': "
                "freeze both, or neither"
            )


def check_masks(batch: Batch, shapes: dict[str, Shape]) -> None:
    """Raise ValueError unless every example and layer has a mask."""
    if batch.masks is None:
        return
    size = len(batch.inputs[0])
    expected = {path: (size, *shape) for path, shape in shapes.items()}
    actual = {path: np.shape(mask) for path, mask in batch.masks.items()}
    if actual != expected:
        raise ValueError(f"masks {actual}: expected {expected}")
