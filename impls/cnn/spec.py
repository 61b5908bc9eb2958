"""Sizes of the chapter's convolutional network (slide 11)."""

from dataclasses import dataclass

import numpy as np

from impls import interface
from impls.exchange import one_of
from impls.interface import Batch, Shape


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Two convolutions with pooling after each, two dense layers.

    Raises ValueError for a `pooling` that there is not.
    """

    height: int = 28
    width: int = 28
    channels: int = 1
    filters: int = 16  # of the first convolution
    filters2: int = 32  # of the second
    kernel: int = 3
    pool: int = 2  # side of a window
    pooling: str = "max"  # max | average
    hidden: int = 128
    classes: int = 10

    def __post_init__(self) -> None:
        one_of("pooling", self.pooling, ("average", "max"))

    def sides(self) -> list[tuple[int, int]]:
        """(height, width) after each convolution and each pooling."""
        side, sides = (self.height, self.width), []
        for _ in range(2):
            side = (side[0] - self.kernel + 1, side[1] - self.kernel + 1)
            sides.append(side)
            side = (side[0] // self.pool, side[1] // self.pool)
            sides.append(side)
        return sides

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape."""
        field = (self.kernel, self.kernel)
        last = self.sides()[-1]
        features = last[0] * last[1] * self.filters2
        return {
            "first.kernel": (*field, self.channels, self.filters),
            "first.bias": (self.filters,),
            "second.kernel": (*field, self.filters, self.filters2),
            "second.bias": (self.filters2,),
            "hidden.kernel": (features, self.hidden),
            "hidden.bias": (self.hidden,),
            "head.kernel": (self.hidden, self.classes),
            "head.bias": (self.classes,),
        }

    def flops(self) -> int:
        """Forward pass of one example: two per multiply-add of a kernel."""
        shapes, sides = self.shapes(), self.sides()
        places = {"first": np.prod(sides[0]), "second": np.prod(sides[2])}
        return sum(
            2 * int(np.prod(shape)) * int(places.get(name.split(".")[0], 1))
            for name, shape in shapes.items()
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
