"""Sizes of one layer of filters (slides 7-8)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from impls import interface
from impls.interface import Batch, Params, Shape

SLIDE = ("mean", "edge")  # the filters of slide 7, in this order


@dataclass(frozen=True)
class Spec(interface.Spec):
    """One convolution: the two filters of slide 7, or drawn ones.

    Raises ValueError for other filters than those two, if not drawn.
    """

    feature_maps: ClassVar[bool] = True

    height: int = 28
    width: int = 28
    channels: int = 1
    kernel: int = 3
    filters: int = 2
    drawn: bool = False  # as any layer begins; false: those of the slide

    def __post_init__(self) -> None:
        if not self.drawn and (self.kernel, self.filters) != (3, 2):
            raise ValueError(
                f"filters {self.filters}, kernel {self.kernel}: the slide has "
                "two of side 3; for others say drawn: true"
            )

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape."""
        field = (self.kernel, self.kernel)
        return {
            "first.kernel": (*field, self.channels, self.filters),
            "first.bias": (self.filters,),
        }

    def initial(self) -> Params:
        """The filters of slide 7, over the mean of all channels; no bias."""
        if self.drawn:
            return {}
        mean, edge = np.full((3, 3), 1 / 9), np.tile([-1.0, 0.0, 1.0], (3, 1))
        kernel = np.stack([mean, edge], -1)[:, :, None] / self.channels
        return {
            "first.kernel": kernel.repeat(self.channels, 2),
            "first.bias": np.zeros(2),
        }

    def maps(self) -> Shape:
        """(row, column, filter) of what comes out of one image."""
        lost = self.kernel - 1
        return self.height - lost, self.width - lost, self.filters

    def flops(self) -> int:
        """Forward pass of one example: two per multiply-add of a kernel."""
        rows, columns, _ = self.maps()
        kernel = self.shapes()["first.kernel"]
        return 2 * int(np.prod(kernel)) * rows * columns

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random images in [0, 1), random feature maps: (size, ...)."""
        random = np.random.default_rng(seed)
        shape = (size, self.height, self.width, self.channels)
        return Batch(
            (random.random(shape, np.float32),),
            random.random((size, *self.maps()), np.float32),
            np.ones(size, np.float32),
        )
