"""Sizes of a tagger: one label for every word (slides 14, 23)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from impls import interface
from impls.exchange import check_dropout
from impls.interface import Batch, Shape
from impls.sequences import dense, lengths, lstm, products


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Three embeddings of a word, an LSTM in each direction, a head.

    Raises ValueError for a share of `dropout` that leaves nothing.
    """

    unrolled: ClassVar[bool] = True
    training_mode: ClassVar[bool] = True

    words: int = 10_000  # symbols of each vocabulary
    suffixes: int = 1_000
    forms: int = 16  # shapes of words: capitals, digits, signs
    width: int = 128  # of an embedding of a word
    suffix_width: int = 32
    form_width: int = 8
    hidden: int = 128  # of each direction
    classes: int = 17  # parts of speech
    dropout: float = 0.5  # share of units that a training step disables
    time: int = 16  # words of a mean sentence

    def __post_init__(self) -> None:
        check_dropout(self.dropout)

    @property
    def features(self) -> int:
        """Of one word, all three embeddings."""
        return self.width + self.suffix_width + self.form_width

    def shapes(self) -> dict[str, Shape]:
        """Canonical name -> shape; gates: input, forget, cell, output."""
        return {
            "words.embedding": (self.words, self.width),
            "suffixes.embedding": (self.suffixes, self.suffix_width),
            "forms.embedding": (self.forms, self.form_width),
            **lstm("lstm.forward", self.features, self.hidden),
            **lstm("lstm.backward", self.features, self.hidden),
            **dense("head", 2 * self.hidden, self.classes),
        }

    def masks(self) -> dict[str, Shape]:
        """Dropout layer's path -> shape of one example's mask.

        Of the embeddings, and of what the head reads.
        """
        if not self.dropout:
            return {}
        return {
            "dropout.0": (self.time, self.features),
            "dropout.1": (self.time, 2 * self.hidden),
        }

    def bounds(self) -> dict[str, int]:
        """Size -> number of the input whose symbols it bounds."""
        return {"words": 0, "suffixes": 1, "forms": 2}

    def flops(self) -> int:
        """Forward pass of one mean sentence: two per multiply-add."""
        return self.time * sum(products(self.shapes()).values())

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random sentences of random lengths, the last one full.

        Symbols and classes are (size, time). Padding is random
        and must have no effect.
        """
        random = np.random.default_rng(seed)
        shape = size, self.time
        vocabularies = self.words, self.suffixes, self.forms
        symbols = (random.integers(0, n, shape, np.int32) for n in vocabularies)
        ends = lengths(*shape, random)
        valid = np.arange(self.time) < ends[:, None]
        return Batch(
            (*symbols, ends),
            random.integers(0, self.classes, shape, np.int32),
            np.float32(valid),
        )
