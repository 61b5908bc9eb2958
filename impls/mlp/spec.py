"""Sizes of the deep network of dense layers (slide 4)."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from impls import interface
from impls.exchange import check_dropout, one_of
from impls.interface import Batch, Shape


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Hidden layers of one size with dropout after each, and a head.

    Raises ValueError for an `activation` that there is not, for no hidden
    layer, and for a share of `dropout` that leaves nothing.
    """

    training_mode: ClassVar[bool] = True

    height: int = 28
    width: int = 28
    channels: int = 1
    depth: int = 3  # hidden layers
    hidden: int = 128  # units of each
    activation: str = "relu"  # relu | sigmoid
    dropout: float = 0.0  # share of units that a training step disables
    classes: int = 10

    def __post_init__(self) -> None:
        one_of("activation", self.activation, ("relu", "sigmoid"))
        if self.depth < 1:
            raise ValueError(f"depth {self.depth}: expected at least 1")
        check_dropout(self.dropout)

    def sizes(self) -> list[int]:
        """Entries of an image, then units of every hidden layer."""
        features = self.height * self.width * self.channels
        return [features, *[self.hidden] * self.depth]

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape."""
        shapes: dict[str, Shape] = {}
        for layer, (inputs, units) in enumerate(pairwise(self.sizes())):
            shapes[f"hidden.{layer}.kernel"] = (inputs, units)
            shapes[f"hidden.{layer}.bias"] = (units,)
        return shapes | {
            "head.kernel": (self.hidden, self.classes),
            "head.bias": (self.classes,),
        }

    def masks(self) -> dict[str, Shape]:
        """Dropout layer's path -> shape of one example's mask."""
        if not self.dropout:
            return {}
        return {f"dropout.{n}": (self.hidden,) for n in range(self.depth)}

    def flops(self) -> int:
        """Forward pass of one example: two per multiply-add of a kernel."""
        return sum(
            2 * shape[0] * shape[1]
            for name, shape in self.shapes().items()
            if name.endswith(".kernel")
        )

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random images in [0, 1), random classes: (size, ...)."""
        random = np.random.default_rng(seed)
        shape = (size, self.height, self.width, self.channels)
        return Batch(
            (random.random(shape, np.float32),),
            random.integers(0, self.classes, size, np.int32),
            np.ones(size, np.float32),
        )
