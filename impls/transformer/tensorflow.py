"""The Transformer that translates (slides 28 to 30) in TensorFlow."""

from math import sqrt

import keras
from keras import Model as Module
from keras import layers
from keras.ops import full_like, zeros_like
from tensorflow import cast, cos, sin, where
from tensorflow import range as arange

from impls.multihead import pairs, pasts
from impls.multihead.tensorflow import (
    SelfAttention,
    SourceAttention,
    dense,
    extend,
    gelu,
    norm,
    tied,
)
from impls.sequences.tensorflow import valid
from impls.training.tensorflow import Dropout


class FeedForward(layers.Layer):
    """Two dense layers, of every symbol alike."""

    def __init__(self, spec):
        super().__init__()
        self.inner = dense(spec.width, spec.inner)
        self.outer = dense(spec.inner, spec.width)

    def call(self, x):
        """(batch, time, width) -> (batch, time, width)"""
        return self.outer(gelu(self.inner(x)))


class Unit(layers.Layer):
    """Self-attention, then a feed-forward part (slide 29).

    Each has a norm before it and a skip connection around both.
    """

    def __init__(self, spec):
        super().__init__()
        self.norms = [norm(spec.width) for _ in range(2)]
        self.attention = SelfAttention(spec)
        self.feed_forward = FeedForward(spec)
        self.dropout = [Dropout(spec.dropout) for _ in range(2)]

    def call(self, x, keep=None, past=None, source=()):
        """(batch, time, width) -> (batch, time, width), (keys, values)"""
        y, kv = self.attention(self.norms[0](x), keep, past)
        x = self.between(x + self.dropout[0](y), source)
        y = self.feed_forward(self.norms[1](x))
        return x + self.dropout[1](y), kv

    def between(self, x, source):
        """Nothing in the encoder."""
        return x


class DecoderUnit(Unit):
    """The same, with attention to the source between the two parts."""

    def __init__(self, spec):
        super().__init__(spec)
        self.source_norm = norm(spec.width)
        self.source = SourceAttention(spec)
        self.source_dropout = Dropout(spec.dropout)

    def between(self, x, source):
        """x and what it attends to: keys and values, and which to keep."""
        y = self.source(self.source_norm(x), *source)
        return x + self.source_dropout(y)


class Model(Module):
    """Source sentence and target prefix to logits of the next symbols."""

    def __init__(self, spec):
        super().__init__()
        self.first, self.places = spec.first, spec.max_new_tokens
        self.source = layers.Embedding(spec.source_vocab, spec.width)
        self.target = layers.Embedding(spec.target_vocab, spec.width)
        self.encoder = [Unit(spec) for _ in range(spec.layers)]
        self.encoder_norm = norm(spec.width)
        self.decoder = [DecoderUnit(spec) for _ in range(spec.layers)]
        self.decoder_norm = norm(spec.width)
        self.dropout = [Dropout(spec.dropout) for _ in range(2)]

    def call(self, source, lengths, target):
        """(batch, time), (batch,), (batch, step) -> (batch, step, vocab)"""
        keep, memory = self.encode(source, lengths)
        step = arange(target.shape[1])
        x, _ = self.decode(target, step, keep, memory)  # (batch, step, vocab)
        return x

    def start(self, source, lengths):
        """The first symbols (batch,), and the state: how many were read, what
        to keep of the source, and keys and values of all units: of the
        source, and of the symbols read."""
        keep, memory = self.encode(source, lengths)
        cache = tuple(extend(x[:, :, :0], self.places) for x in memory)
        token = full_like(lengths, self.first)
        return token, (zeros_like(lengths), keep, *memory, *cache)

    def step(self, token, state):
        """Logits (batch, vocab) of what follows a symbol, and the state."""
        position, keep, *cache = state
        memory, cache = cache[: len(cache) // 2], cache[len(cache) // 2 :]
        given = token[:, None], position[:, None], keep, memory
        logits, cache = self.decode(*given, (position, cache))
        return logits[:, 0], (position + 1, keep, *memory, *cache)

    def encode(self, source, lengths):
        """Which symbols to keep (batch, time), and each decoder unit's keys
        and values of them."""
        keep = valid(lengths, source.shape[1])  # (batch, time)
        step = arange(source.shape[1])
        x = self.source(source)  # (batch, time, width)
        x = self.dropout[0](placed(x, step))
        for unit in self.encoder:
            x, _ = unit(x, keep)  # (batch, time, width)
        x = self.encoder_norm(x)
        return keep, [y for unit in self.decoder for y in unit.source.memory(x)]

    def decode(self, target, step, keep, memory, past=(None, ())):
        """Logits (batch, step, vocab) of what follows each symbol, and keys
        and values of all units."""
        x = self.target(target)  # (batch, step, width)
        x = self.dropout[1](placed(x, step))
        past, cache = pasts(len(self.decoder), *past), ()
        for unit, before, kv in zip(
            self.decoder, past, pairs(memory), strict=True
        ):
            x, after = unit(x, past=before, source=(*kv, keep))
            cache += after
        x = self.decoder_norm(x)
        return tied(x, self.target), cache


def placed(x, step):
    """Embeddings x (..., width) times the root of their width, plus sines and
    cosines of their positions, `step` (...) (Vaswani 2017, section 3.5)."""
    width = x.shape[-1]
    feature = arange(width, dtype=keras.config.floatx())
    rate = 10000 ** -((feature - feature % 2) / width)
    angle = cast(step[..., None], feature.dtype) * rate
    waves = where(feature % 2 > 0, cos(angle), sin(angle))
    return x * sqrt(width) + cast(waves, x.dtype)
