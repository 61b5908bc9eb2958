"""Sizes of GPT: the decoder of a Transformer alone (slide 31)."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from impls import interface
from impls.exchange import check_dropout
from impls.interface import Batch, Shape
from impls.multihead import attention_flops, check_heads, scale
from impls.sequences import products
from impls.transformer.spec import unit


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Embeddings of symbols and positions, units, and the embedding as head.

    Sizes and initial values are those of nanoGPT's recipe for a CPU. Raises
    ValueError for a `width` that the heads do not divide, a context below
    two, and a `dropout` outside [0, 1).
    """

    decodes: ClassVar[bool] = True
    attention: ClassVar[bool] = True
    training_mode: ClassVar[bool] = True
    reads_tokens: ClassVar[bool] = True
    target_bound: ClassVar[str] = "vocab"

    vocab: int = 65
    time: int = 64  # symbols of the context
    width: int = 128  # of an embedding, and of every unit's output
    heads: int = 4
    key_width: int | None = None  # d_k of slide 27; None: width / heads
    inner: int = 512  # between the two layers of a feed-forward part
    layers: int = 4
    dropout: float = 0.0  # share of units that a training step disables
    scaled: bool = True  # scores are divided by the root of `key`
    logit_scale: float = 1.0
    kernel_deviation: float = 0.02  # of initial kernels
    # Of kernels whose product is added to the skip connection; None: divided
    # by the root of their number, 2 x layers (Radford 2019, section 2.3)
    residual_deviation: float | None = None
    embedding_deviation: float = 0.02  # of both embeddings

    def __post_init__(self) -> None:
        check_heads(self.width, self.heads)
        check_dropout(self.dropout)
        if self.time < 2:
            raise ValueError(
                f"time {self.time}: expected a context of at least 2 symbols"
            )

    @property
    def key(self) -> int:
        """Features of one head's queries and keys: d_k of slide 27."""
        return self.key_width or self.value

    @property
    def value(self) -> int:
        """Features of one head's values."""
        return self.width // self.heads

    @property
    def scale(self) -> float:
        """The factor of all scores."""
        return scale(self)

    @property
    def kept(self) -> int:
        """Symbols that stay where a text has filled the context."""
        return self.time // 2

    def shapes(self) -> dict[str, Shape]:
        """Canonical name -> shape, in reading order."""
        shapes: dict[str, Shape] = {
            "embedding.embedding": (self.vocab, self.width),
            "position.embedding": (self.time, self.width),
        }
        for number in range(self.layers):
            shapes |= unit(self, f"units.{number}")
        return shapes | {"norm.scale": (self.width,)}

    def deviations(self) -> dict[str, float]:
        """Standard deviations of initial embeddings and kernels."""
        residual = self.residual_deviation
        if residual is None:
            residual = self.kernel_deviation / math.sqrt(2 * self.layers)
        leaves = {
            "embedding.embedding": self.embedding_deviation,
            "position.embedding": self.embedding_deviation,
            "qkv.kernel": self.kernel_deviation,
            "merge.kernel": residual,
            "inner.kernel": self.kernel_deviation,
            "outer.kernel": residual,
        }
        return {
            name: leaves[key]
            for name in self.shapes()
            if (key := ".".join(name.split(".")[-2:])) in leaves
        }

    def masks(self) -> dict[str, Shape]:
        """Dropout layer's path -> shape of one example's mask.

        Of the embeddings, and of what each part of a unit adds.
        """
        if not self.dropout:
            return {}
        names = ["dropout"]
        for number in range(self.layers):
            names += [f"units.{number}.dropout.{part}" for part in range(2)]
        return dict.fromkeys(names, (self.time, self.width))

    def prompt(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The tokens, its only input, which a text is to continue."""
        return inputs

    def flops(self) -> int:
        """Forward pass of one full context: two per multiply-add.

        Kernels, the head, and the scores and weighted sums of attention,
        which count in full though each symbol reads its own past only.
        """
        kernels = sum(products(self.shapes()).values()) * self.time
        looks = self.layers * attention_flops(self, self.time**2)
        return kernels + looks + 2 * self.time * self.width * self.vocab

    def example(self, size: int, seed: int = 0) -> Batch:
        """Random tokens and targets (size, time), all of them valid."""
        random = np.random.default_rng(seed)
        shape = size, self.time
        tokens, targets = (
            random.integers(0, self.vocab, shape, np.int32) for _ in range(2)
        )
        return Batch((tokens,), targets, np.ones(shape, np.float32))
