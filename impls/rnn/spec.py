"""Sizes of the chapter's simple recurrent network (slide 22)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from impls import interface
from impls.interface import Batch, Shape


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Embedding, one simple recurrent layer, one logit."""

    reads_tokens: ClassVar[bool] = True

    vocab: int = 10_000
    time: int = 50  # tokens of a review
    width: int = 128  # of an embedding
    hidden: int = 64
    embedding_limit: float = 0.05  # initial embeddings are uniform within it

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape."""
        return {
            "embedding.embedding": (self.vocab, self.width),
            "rnn.kernel": (self.width, self.hidden),
            "rnn.recurrent_kernel": (self.hidden, self.hidden),
            "rnn.bias": (self.hidden,),
            "head.kernel": (self.hidden, 1),
            "head.bias": (1,),
        }

    def flops(self) -> int:
        """Forward pass of one example: two per multiply-add of a kernel."""
        step = (self.width + self.hidden) * self.hidden
        return 2 * (self.time * step + self.hidden)

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random tokens, random sentiments: (size, time) and (size,)."""
        random = np.random.default_rng(seed)
        return Batch(
            (random.integers(0, self.vocab, (size, self.time), np.int32),),
            random.integers(0, 2, size, np.int32),
            np.ones(size, np.float32),
        )
