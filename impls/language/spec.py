"""Sizes of a model of language, character by character (slide 15)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from impls import interface
from impls.interface import Batch, Shape
from impls.sequences import dense, lstm, products


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Embedding, an LSTM that keeps its state, logits of the next character."""

    decodes: ClassVar[bool] = True
    unrolled: ClassVar[bool] = True
    target_bound: ClassVar[str] = "vocab"

    vocab: int = 65  # characters
    width: int = 64  # of an embedding
    hidden: int = 256
    time: int = 35  # characters of a window (truncated back-propagation)

    def shapes(self) -> dict[str, Shape]:
        """Canonical name -> shape; gates: input, forget, cell, output."""
        return {
            "embedding.embedding": (self.vocab, self.width),
            **lstm("lstm", self.width, self.hidden),
            **dense("head", self.hidden, self.vocab),
        }

    def state(self) -> dict[str, Shape]:
        """The state kept from window to window: h and c."""
        return {"hidden": (self.hidden,), "cell": (self.hidden,)}

    def bounds(self) -> dict[str, int]:
        """Size -> number of the input whose symbols it bounds."""
        return {"vocab": 0}

    def flops(self) -> int:
        """Forward pass of one character: two per multiply-add of a kernel.

        One example is one character, whatever the window.
        """
        return sum(products(self.shapes()).values())

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random characters; every other stream starts in this window.

        Tokens and targets (size, time), fresh (size,): 1 where it starts.
        """
        random = np.random.default_rng(seed)
        shape = size, self.time
        tokens, targets = (
            random.integers(0, self.vocab, shape, np.int32) for _ in range(2)
        )
        fresh = np.float32(np.arange(size) % 2)
        return Batch((tokens, fresh), targets, np.ones(shape, np.float32))
