"""Sizes of the stacked auto-encoder (slide 4)."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from impls import interface
from impls.interface import Batch, Shape


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Layers that encode an image, and as many that decode it.

    Raises ValueError for no layer.
    """

    height: int = 28
    width: int = 28
    channels: int = 1
    depth: int = 1  # layers that encode
    hidden: int = 64  # units of each

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise ValueError(f"depth {self.depth}: expected at least 1")

    def sizes(self) -> list[int]:
        """Entries of an image, then units of every code."""
        features = self.height * self.width * self.channels
        return [features, *[self.hidden] * self.depth]

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape.

        `decoder.n` undoes what `hidden.n` does.
        """
        hidden: dict[str, Shape] = {}
        decoder: dict[str, Shape] = {}
        for layer, (inputs, units) in enumerate(pairwise(self.sizes())):
            hidden[f"hidden.{layer}.kernel"] = (inputs, units)
            hidden[f"hidden.{layer}.bias"] = (units,)
            decoder[f"decoder.{layer}.kernel"] = (units, inputs)
            decoder[f"decoder.{layer}.bias"] = (inputs,)
        return hidden | decoder

    def flops(self) -> int:
        """Forward pass of one example: two per multiply-add of a kernel."""
        return sum(
            2 * shape[0] * shape[1]
            for name, shape in self.shapes().items()
            if name.endswith(".kernel")
        )

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random images in [0, 1), themselves the targets: (size, ...)."""
        random = np.random.default_rng(seed)
        shape = (size, self.height, self.width, self.channels)
        image = random.random(shape, np.float32)
        return Batch((image,), image.copy(), np.ones(size, np.float32))
