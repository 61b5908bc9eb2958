"""Sizes of the Transformer that translates (slides 28 to 30)."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from impls import interface
from impls.exchange import check_dropout
from impls.interface import Batch, Shape
from impls.multihead import attention_flops, check_heads, scale
from impls.sequences import END, START, lengths, products


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Encoder and decoder units, two embeddings of which one is the head.

    Raises ValueError for a `width` that the heads do not divide, and for a
    `dropout` outside [0, 1).
    """

    decodes: ClassVar[bool] = True
    attention: ClassVar[bool] = True
    training_mode: ClassVar[bool] = True
    target_bound: ClassVar[str] = "target_vocab"
    first: ClassVar[int] = START  # the symbol that decoding starts from
    end: ClassVar[int] = END

    source_vocab: int = 4109
    target_vocab: int = 4906
    width: int = 192  # of an embedding, and of every unit's output
    heads: int = 4
    inner: int = 768  # between the two layers of a feed-forward part
    layers: int = 2  # units of the encoder, and as many of the decoder
    dropout: float = 0.1  # share of units that a training step disables
    scaled: bool = True  # scores are divided by the root of `key`
    source_time: int = 9  # symbols of a mean sentence, including its end
    target_time: int = 13
    max_new_tokens: int = 64  # places of the decoder's cache

    def __post_init__(self) -> None:
        check_heads(self.width, self.heads)
        check_dropout(self.dropout)

    @property
    def key(self) -> int:
        """Features of one head's queries and keys: d_k of slide 27."""
        return self.width // self.heads

    @property
    def value(self) -> int:
        """Features of one head's values."""
        return self.width // self.heads

    @property
    def scale(self) -> float:
        """The factor of all scores."""
        return scale(self)

    def shapes(self) -> dict[str, Shape]:
        """Canonical name -> shape, in reading order."""
        shapes: dict[str, Shape] = {
            "source.embedding": (self.source_vocab, self.width),
            "target.embedding": (self.target_vocab, self.width),
        }
        for number in range(self.layers):
            shapes |= unit(self, f"encoder.{number}")
        shapes["encoder_norm.scale"] = (self.width,)
        for number in range(self.layers):
            name = f"decoder.{number}"
            shapes |= unit(self, name)
            shapes |= source_unit(self, name)
        return shapes | {"decoder_norm.scale": (self.width,)}

    def deviations(self) -> dict[str, float]:
        """Embeddings of variance 1 once they are multiplied by the root."""
        names = "source.embedding", "target.embedding"
        return dict.fromkeys(names, self.width**-0.5)

    def masks(self) -> dict[str, Shape]:
        """Dropout layer's path -> shape of one example's mask.

        Of both embeddings with their positions, and of what each part of a
        unit adds.
        """
        if not self.dropout:
            return {}
        source = self.source_time, self.width
        target = self.target_time, self.width
        masks: dict[str, Shape] = {"dropout.0": source, "dropout.1": target}
        for number in range(self.layers):
            for part in range(2):
                masks[f"encoder.{number}.dropout.{part}"] = source
                masks[f"decoder.{number}.dropout.{part}"] = target
            masks[f"decoder.{number}.source_dropout"] = target
        return masks

    def longest(self) -> int:
        """As many symbols as the decoder's cache has places."""
        return self.max_new_tokens

    def bounds(self) -> dict[str, int]:
        """Size -> number of the input whose symbols it bounds."""
        return {"source_vocab": 0, "target_vocab": 2}

    def flops(self) -> int:
        """Forward pass of one mean pair: two per multiply-add of a product.

        Kernels, the head, and the scores and weighted sums of attention, of
        which causal ones count in full.
        """
        source, target = self.source_time, self.target_time
        kernels = 0
        for name, count in products(self.shapes()).items():
            reads = "encoder" in name or ".source.kv" in name
            kernels += count * (source if reads else target)
        pairs = source * source + target * target + target * source
        looks = self.layers * attention_flops(self, pairs)
        return kernels + looks + 2 * target * self.width * self.target_vocab

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


def unit(spec: Any, name: str) -> dict[str, Shape]:
    """Canonical name -> shape, of a unit with self-attention."""
    width, depth = spec.width, 2 * spec.key + spec.value
    return {
        f"{name}.norms.0.scale": (width,),
        f"{name}.attention.qkv.kernel": (width, spec.heads * depth),
        f"{name}.attention.merge.kernel": (spec.heads * spec.value, width),
        f"{name}.norms.1.scale": (width,),
        f"{name}.feed_forward.inner.kernel": (width, spec.inner),
        f"{name}.feed_forward.outer.kernel": (spec.inner, width),
    }


def source_unit(spec: Any, name: str) -> dict[str, Shape]:
    """What a unit of the decoder has besides: attention to the source."""
    width, depth = spec.width, spec.key + spec.value
    return {
        f"{name}.source_norm.scale": (width,),
        f"{name}.source.q.kernel": (width, spec.heads * spec.key),
        f"{name}.source.kv.kernel": (width, spec.heads * depth),
        f"{name}.source.merge.kernel": (spec.heads * spec.value, width),
    }
