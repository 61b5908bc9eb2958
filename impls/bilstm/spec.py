"""Sizes of the chapter's bidirectional LSTM (slide 23)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from impls import interface
from impls.interface import Batch, Shape


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Embedding, an LSTM in each direction, one logit."""

    reads_tokens: ClassVar[bool] = True

    vocab: int = 10_000
    time: int = 50  # tokens of a review
    width: int = 128  # of an embedding
    hidden: int = 64  # of each direction

    def shapes(self) -> dict[str, Shape]:
        """Canonical name -> shape; gates: input, forget, cell, output."""
        shapes = {"embedding.embedding": (self.vocab, self.width)}
        for direction in ("lstm.forward", "lstm.backward"):
            shapes |= {
                f"{direction}.kernel": (self.width, 4 * self.hidden),
                f"{direction}.recurrent_kernel": (
                    self.hidden,
                    4 * self.hidden,
                ),
                f"{direction}.bias": (4 * self.hidden,),
            }
        return shapes | {
            "head.kernel": (2 * self.hidden, 1),
            "head.bias": (1,),
        }

    def flops(self) -> int:
        """Forward pass of one example: two per multiply-add of a kernel."""
        step = (self.width + self.hidden) * 4 * self.hidden
        return 2 * 2 * (self.time * step + self.hidden)

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random tokens, random sentiments: (size, time) and (size,)."""
        random = np.random.default_rng(seed)
        return Batch(
            (random.integers(0, self.vocab, (size, self.time), np.int32),),
            random.integers(0, 2, size, np.int32),
            np.ones(size, np.float32),
        )
