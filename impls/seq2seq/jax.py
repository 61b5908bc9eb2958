"""Encoder and decoder (slide 24) in JAX."""

from flax import nnx
from jax.numpy import concatenate, full_like, tanh, zeros_like

from impls.sequences.jax import LSTM, last, reversed_within
from impls.training.jax import Dropout


class Encoder(nnx.Module):
    """Sentence to a state for each word, read in both directions."""

    def __init__(self, inputs, hidden, *, rngs):
        self.forward_layer = LSTM(inputs, hidden // 2, rngs=rngs)
        self.backward_layer = LSTM(inputs, hidden // 2, rngs=rngs)

    def __call__(self, x, lengths):
        """(batch, time, width), (batch,) -> (batch, time, hidden)"""
        forward, _ = self.forward_layer(x)
        backward, _ = self.backward_layer(reversed_within(x, lengths))
        return concatenate([forward, reversed_within(backward, lengths)], -1)


class Model(nnx.Module):
    """Source sentence and target prefix to logits of the next symbols."""

    def __init__(self, spec, *, rngs):
        self.first = spec.first
        self.source = nnx.Embed(spec.source_vocab, spec.width, rngs=rngs)
        self.target = nnx.Embed(spec.target_vocab, spec.width, rngs=rngs)
        self.encoder = Encoder(spec.width, spec.hidden, rngs=rngs)
        self.bridge = nnx.Linear(spec.hidden, spec.hidden, rngs=rngs)
        self.decoder = LSTM(spec.width, spec.hidden, rngs=rngs)
        self.combine = nnx.Linear(spec.hidden, spec.output, rngs=rngs)
        self.head = nnx.Linear(spec.output, spec.target_vocab, rngs=rngs)
        self.dropout = nnx.List(
            Dropout(spec.dropout, rngs=rngs) for _ in range(3)
        )

    def __call__(self, source, lengths, target):
        """(batch, time), (batch,), (batch, step) -> (batch, step, vocab)"""
        _, state = self.start(source, lengths)
        logits, _ = self.decode(target, state)
        return logits

    def start(self, source, lengths):
        """The first symbols (batch,), and the decoder's first h and c."""
        x = self.dropout[0](self.source(source))  # (batch, time, width)
        memory = self.encoder(x, lengths)  # (batch, time, hidden)
        h = tanh(self.bridge(summary(memory, lengths)))  # (batch, hidden)
        return full_like(lengths, self.first), (h, zeros_like(h))

    def step(self, token, state):
        """Logits (batch, vocab) of what follows a symbol, and h and c."""
        logits, state = self.decode(token[:, None], state)
        return logits[:, 0], state

    def decode(self, target, state):
        """Logits (batch, step, vocab) after each symbol, and h and c."""
        x = self.dropout[1](self.target(target))  # (batch, step, width)
        q, state = self.decoder(x, state)  # (batch, step, hidden)
        x = tanh(self.combine(q))  # (batch, step, output)
        return self.head(self.dropout[2](x)), state


def summary(memory, lengths):
    """The last states of both directions side by side.

    (batch, time, hidden), (batch,) -> (batch, hidden)
    """
    half = memory.shape[-1] // 2
    return concatenate(
        [last(memory[..., :half], lengths), memory[:, 0, half:]], -1
    )
