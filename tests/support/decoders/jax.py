"""The small models in JAX."""

import jax.numpy as jnp
from flax import nnx
from flax.nnx import tanh


class Model(nnx.Module):
    """Source to target, word by word."""

    def __init__(self, spec, *, rngs):
        self.source = nnx.Embed(spec.vocab, spec.hidden, rngs=rngs)
        self.target = nnx.Embed(spec.vocab, spec.hidden, rngs=rngs)
        self.again = nnx.Linear(spec.hidden, spec.hidden, rngs=rngs)
        self.head = nnx.Linear(spec.hidden, spec.vocab, rngs=rngs)

    def __call__(self, source, target):
        """(batch, time_s), (batch, time_t) -> (batch, time_t, vocab)"""
        return read(self, target, self.start(source)[1])[0]

    def start(self, source):
        """The first symbol and the state."""
        return jnp.ones_like(source[:, 0]), (self.source(source).sum(1),)

    def step(self, token, state):
        """Logits of the next symbol, and the state."""
        return step(self, token, state)


class Stream(nnx.Module):
    """A window of a stream, from what it remembers."""

    def __init__(self, spec, *, rngs):
        self.hidden = spec.hidden
        self.target = nnx.Embed(spec.vocab, spec.hidden, rngs=rngs)
        self.again = nnx.Linear(spec.hidden, spec.hidden, rngs=rngs)
        self.head = nnx.Linear(spec.hidden, spec.vocab, rngs=rngs)

    def __call__(self, tokens, fresh, state):
        """(batch, time), (batch) -> (batch, time, vocab)"""
        state = tuple(x * (1 - fresh[:, None]) for x in state)
        return read(self, tokens, state)

    def start(self, tokens):
        """The last symbol of the prompt, and the state before it."""
        dtype = self.head.kernel[...].dtype
        state = (jnp.zeros((len(tokens), self.hidden), dtype),)
        for time in range(tokens.shape[1] - 1):
            state = step(self, tokens[:, time], state)[1]
        return tokens[:, -1], state

    def step(self, token, state):
        """Logits of the next symbol, and the state."""
        return step(self, token, state)


def read(model, tokens, state):
    """Logits after each symbol, and the last state."""
    actual = []
    for time in range(tokens.shape[1]):
        logits, state = step(model, tokens[:, time], state)
        actual.append(logits)
    return jnp.stack(actual, 1), state


def step(model, token, state):
    """Logits of the next symbol, and the state."""
    hidden = tanh(model.target(token) + model.again(state[0]))
    return model.head(hidden), (hidden,)
