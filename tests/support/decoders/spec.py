"""Sizes of two small models that decode, for tests."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from impls import interface
from impls.interface import Batch, Shape
from impls.sequences import END


@dataclass(frozen=True)
class Spec(interface.Spec):
    """A sum of the source's words, then one dense step for each target."""

    decodes: ClassVar[bool] = True
    end: ClassVar[int] = END

    vocab: int = 11
    hidden: int = 7
    time_s: int = 3
    time_t: int = 5

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape."""
        return {
            "source.embedding": (self.vocab, self.hidden),
            "target.embedding": (self.vocab, self.hidden),
            "again.kernel": (self.hidden, self.hidden),
            "again.bias": (self.hidden,),
            "head.kernel": (self.hidden, self.vocab),
            "head.bias": (self.vocab,),
        }

    def flops(self) -> int:
        """Unused."""
        return 0

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random symbols; every third target is invalid."""
        random = np.random.default_rng(seed)
        shapes = (size, self.time_s), (size, self.time_t), (size, self.time_t)
        source, target, follows = (
            random.integers(0, self.vocab, shape, np.int32) for shape in shapes
        )
        count = np.arange(follows.size).reshape(follows.shape)
        return Batch((source, target), follows, np.float32(count % 3 != 1))


@dataclass(frozen=True)
class StreamSpec(interface.Spec):
    """Reads a stream in windows, with a recurrent state."""

    decodes: ClassVar[bool] = True

    vocab: int = 11
    hidden: int = 7
    time: int = 4

    def state(self) -> dict[str, Shape]:
        """Name -> shape of one stream's."""
        return {"hidden": (self.hidden,)}

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape."""
        shapes = Spec(self.vocab, self.hidden).shapes()
        return {n: s for n, s in shapes.items() if "source" not in n}

    def flops(self) -> int:
        """Unused."""
        return 0

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random symbols, after the first seed of a stream that goes on."""
        random = np.random.default_rng(seed)
        shape = size, self.time
        tokens, following = random.integers(
            0, self.vocab, (2, *shape), np.int32
        )
        fresh = np.full(size, float(seed == 0), np.float32)
        return Batch((tokens, fresh), following, np.ones(shape, np.float32))
