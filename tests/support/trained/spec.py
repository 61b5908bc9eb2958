"""Sizes of a small model with dropout and batch normalization."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from impls import interface
from impls.interface import Batch, Shape


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Convolution, norm; a list of dense layers with dropout; norm, head."""

    training_mode: ClassVar[bool] = True

    height: int = 9
    width: int = 13
    channels: int = 3
    filters: int = 5
    kernel: int = 3
    hidden: int = 13
    classes: int = 7
    rate: float = 0.25
    epsilon: float = 0.125  # large enough to be seen
    momentum: float = 0.75

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape."""
        rows, columns = self.height - 2, self.width - 2
        leaves = "scale", "bias", "mean", "variance"
        return {
            "first.kernel": (3, 3, self.channels, self.filters),
            "first.bias": (self.filters,),
            **{f"norm.{leaf}": (self.filters,) for leaf in leaves},
            "hidden.0.kernel": (rows * columns * self.filters, self.hidden),
            "hidden.0.bias": (self.hidden,),
            "hidden.1.kernel": (self.hidden, self.hidden),
            "hidden.1.bias": (self.hidden,),
            **{f"last.{leaf}": (self.hidden,) for leaf in leaves},
            "head.kernel": (self.hidden, self.classes),
            "head.bias": (self.classes,),
        }

    def masks(self) -> dict[str, Shape]:
        """Dropout layer's path -> shape of one example's mask."""
        return {f"dropout.{number}": (self.hidden,) for number in (0, 1)}

    def flops(self) -> int:
        """Unused."""
        return 0

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random images, random classes: (size, ...)."""
        random = np.random.default_rng(seed)
        shape = (size, self.height, self.width, self.channels)
        return Batch(
            (random.random(shape, np.float32),),
            random.integers(0, self.classes, size, np.int32),
            np.ones(size, np.float32),
        )


@dataclass(frozen=True)
class ProbeSpec(interface.Spec):
    """One number per example -> units, through two layers of dropout."""

    units: int = 5003
    rate: float = 0.25

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape."""
        return {"hidden.kernel": (1, self.units), "hidden.bias": (self.units,)}

    def masks(self) -> dict[str, Shape]:
        """Dropout layer's path -> shape of one example's mask."""
        return {"first": (self.units,), "second": (self.units,)}

    def flops(self) -> int:
        """Unused."""
        return 0

    def example(self, size: int, seed: int = 0) -> Batch:
        """Numbers 1, 2, ...; to be reconstructed as nothing."""
        numbers = np.arange(1, size + 1, dtype=np.float32)[:, None]
        targets = np.zeros((size, self.units), np.float32)
        return Batch((numbers,), targets, np.ones(size, np.float32))
