"""Sizes of the residual network (slide 9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from impls import interface
from impls.exchange import one_of
from impls.interface import Batch, Shape

NORM = ("scale", "bias", "mean", "variance")


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Stages: each halves the image, then come its residual blocks.

    Raises ValueError for a `shortcut` that there is not, for an even kernel,
    which cannot keep an image's size, and where an image cannot be halved
    as often as there are stages.
    """

    training_mode: ClassVar[bool] = True

    height: int = 28
    width: int = 28
    channels: int = 1
    filters: int = 16  # of the first stage
    filters2: int = 32  # of every later one
    kernel: int = 3
    blocks: tuple[int, ...] = (1, 3, 8)  # of each stage
    shortcut: str = "identity"  # identity | none: the same layers without
    epsilon: float = 1e-5  # beside the variance
    momentum: float = 0.9  # weight of the old running statistics
    classes: int = 10

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))
        one_of("shortcut", self.shortcut, ("identity", "none"))
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel {self.kernel}: expected an odd size")
        if not self.blocks or min(self.height, self.width) < 2 ** len(
            self.blocks
        ):
            raise ValueError(
                f"blocks {list(self.blocks)}: expected a number for every "
                f"stage; each halves {self.height} x {self.width}"
            )

    def stages(self) -> list[tuple[int, int, int]]:
        """(channels, filters, blocks) of each."""
        filters = [self.filters, *[self.filters2] * (len(self.blocks) - 1)]
        channels = [self.channels, *filters[:-1]]
        return list(zip(channels, filters, self.blocks, strict=True))

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape.

        Convolutions have no bias: the norm behind would take it away.
        """
        shapes: dict[str, Shape] = {}
        for path, channels, filters, _ in self._convolutions():
            field = (self.kernel, self.kernel)
            shapes[f"{path}.kernel"] = (*field, channels, filters)
            shapes |= {f"{path}_norm.{leaf}": (filters,) for leaf in NORM}
        return shapes | {
            "head.kernel": (self.stages()[-1][1], self.classes),
            "head.bias": (self.classes,),
        }

    def flops(self) -> int:
        """Forward pass of one example: two per multiply-add of a kernel."""
        total = self.stages()[-1][1] * self.classes
        for _, channels, filters, halved in self._convolutions():
            places = (self.height >> halved) * (self.width >> halved)
            total += self.kernel**2 * channels * filters * places
        return 2 * total

    def _convolutions(self) -> Iterator[tuple[str, int, int, int]]:
        """Path, channels, filters, and how often the image was halved."""
        for stage, (channels, filters, blocks) in enumerate(self.stages()):
            yield f"stage.{stage}.first", channels, filters, stage
            for block in range(blocks):
                for part in ("first", "second"):
                    path = f"stage.{stage}.block.{block}.{part}"
                    yield path, filters, filters, stage + 1

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random images in [0, 1), random classes: (size, ...)."""
        random = np.random.default_rng(seed)
        shape = (size, self.height, self.width, self.channels)
        return Batch(
            (random.random(shape, np.float32),),
            random.integers(0, self.classes, size, np.int32),
            np.ones(size, np.float32),
        )
