"""Sizes of the encoder and decoder (slide 24)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from impls import interface
from impls.exchange import check_dropout
from impls.interface import Batch, Shape
from impls.sequences import END, START, dense, lengths, lstm, products


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Two embeddings, a bidirectional encoder, a decoder, a head.

    Raises ValueError for an odd `hidden` and for a `dropout` outside [0, 1).
    """

    decodes: ClassVar[bool] = True
    unrolled: ClassVar[bool] = True
    training_mode: ClassVar[bool] = True
    target_bound: ClassVar[str] = "target_vocab"
    first: ClassVar[int] = START  # the symbol that decoding starts from
    end: ClassVar[int] = END
    # Luong 2015, 4.1. With Keras's distributions the encoder's states are so
    # small and alike at first that attention cannot tell them apart
    limit: ClassVar[float] = 0.2

    source_vocab: int = 4109
    target_vocab: int = 4906
    width: int = 256  # of an embedding, of either language
    hidden: int = 256  # of the decoder; half of it per encoder direction
    output: int = 256  # of what the head reads
    dropout: float = 0.2  # share of units that a training step disables
    source_time: int = 9  # symbols of a mean sentence, including its end
    target_time: int = 13

    def __post_init__(self) -> None:
        if self.hidden % 2:
            raise ValueError(
                f"hidden {self.hidden}: expected an even number, half of it "
                "for each direction of the encoder"
            )
        check_dropout(self.dropout)

    @property
    def combined(self) -> int:
        """Features that `combine` reads: the decoder's state."""
        return self.hidden

    def shapes(self) -> dict[str, Shape]:
        """Canonical name -> shape; gates: input, forget, cell, output."""
        half = self.hidden // 2
        return {
            "source.embedding": (self.source_vocab, self.width),
            "target.embedding": (self.target_vocab, self.width),
            **lstm("encoder.forward", self.width, half),
            **lstm("encoder.backward", self.width, half),
            **dense("bridge", self.hidden, self.hidden),
            **lstm("decoder", self.width, self.hidden),
            **dense("combine", self.combined, self.output),
            **dense("head", self.output, self.target_vocab),
        }

    def masks(self) -> dict[str, Shape]:
        """Dropout layer's path -> shape of one example's mask.

        Of both embeddings, and of what the head reads.
        """
        if not self.dropout:
            return {}
        return {
            "dropout.0": (self.source_time, self.width),
            "dropout.1": (self.target_time, self.width),
            "dropout.2": (self.target_time, self.output),
        }

    def bounds(self) -> dict[str, int]:
        """Size -> number of the input whose symbols it bounds."""
        return {"source_vocab": 0, "target_vocab": 2}

    def flops(self) -> int:
        """Forward pass of one mean pair: two per multiply-add of a kernel."""
        times = {"encoder": self.source_time, "bridge": 1}
        return sum(
            count * times.get(name.partition(".")[0], self.target_time)
            for name, count in products(self.shapes()).items()
        )

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random pairs of sentences of random lengths, the last one full.

        Sources are padded with random symbols, which must have no effect.
        Targets (size, step) are the sentence and its end, the decoder's
        inputs the start and the sentence; weights are 0 after the end.
        """
        random = np.random.default_rng(seed)
        source = (size, self.source_time)
        target = (size, self.target_time)
        ends = lengths(*source, random)
        words = random.integers(END, self.source_vocab, source, np.int32)
        targets = random.integers(END, self.target_vocab, target, np.int32)
        last = lengths(*target, random)
        targets[np.arange(size), last - 1] = END
        first = np.full((size, 1), START, np.int32)
        shifted = np.concatenate([first, targets[:, :-1]], 1)
        valid = np.arange(self.target_time) < last[:, None]
        return Batch((words, ends, shifted), targets, np.float32(valid))
