"""Sizes of a long short-term memory over a review (slides 17-19)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from impls import interface
from impls.interface import Batch, Shape
from impls.sequences import dense, lstm


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Embedding, an LSTM from left to right, one logit."""

    unrolled: ClassVar[bool] = True
    reads_tokens: ClassVar[bool] = True

    vocab: int = 10_000
    time: int = 50  # tokens of a review
    width: int = 128  # of an embedding
    hidden: int = 64
    embedding_limit: float = 0.05  # initial embeddings are uniform within it

    def shapes(self) -> dict[str, Shape]:
        """Canonical name -> shape; gates: input, forget, cell, output."""
        return {
            "embedding.embedding": (self.vocab, self.width),
            **lstm("lstm", self.width, self.hidden),
            **dense("head", self.hidden, 1),
        }

    def flops(self) -> int:
        """Forward pass of one example: two per multiply-add of a kernel."""
        step = (self.width + self.hidden) * 4 * self.hidden
        return 2 * (self.time * step + self.hidden)

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random tokens, random sentiments: (size, time) and (size,)."""
        random = np.random.default_rng(seed)
        return Batch(
            (random.integers(0, self.vocab, (size, self.time), np.int32),),
            random.integers(0, 2, size, np.int32),
            np.ones(size, np.float32),
        )
