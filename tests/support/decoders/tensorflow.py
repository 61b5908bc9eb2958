"""The small models in TensorFlow."""

import tensorflow as tf
from keras import Model as Module
from keras import layers
from tensorflow import tanh


class Model(Module):
    """Source to target, word by word."""

    def __init__(self, spec):
        super().__init__()
        self.source = layers.Embedding(spec.vocab, spec.hidden)
        self.target = layers.Embedding(spec.vocab, spec.hidden)
        self.again = layers.Dense(spec.hidden)
        self.head = layers.Dense(spec.vocab)

    def call(self, source, target):
        """(batch, time_s), (batch, time_t) -> (batch, time_t, vocab)"""
        return read(self, target, self.start(source)[1])[0]

    def start(self, source):
        """The first symbol and the state."""
        hidden = tf.reduce_sum(self.source(source), 1)
        return tf.ones_like(source[:, 0]), (hidden,)

    def step(self, token, state):
        """Logits of the next symbol, and the state."""
        return step(self, token, state)


class Stream(Module):
    """A window of a stream, from what it remembers."""

    def __init__(self, spec):
        super().__init__()
        self.hidden = spec.hidden
        self.target = layers.Embedding(spec.vocab, spec.hidden)
        self.again = layers.Dense(spec.hidden)
        self.head = layers.Dense(spec.vocab)

    def call(self, tokens, fresh, state):
        """(batch, time), (batch) -> (batch, time, vocab)"""
        state = tuple(x * (1 - fresh[:, None]) for x in state)
        return read(self, tokens, state)

    def start(self, tokens):
        """The last symbol of the prompt, and the state before it."""
        zeros = tf.zeros((len(tokens), self.hidden), self.head.kernel.dtype)
        state = (zeros,)
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
    return tf.stack(actual, 1), state


def step(model, token, state):
    """Logits of the next symbol, and the state."""
    hidden = tanh(model.target(token) + model.again(state[0]))
    return model.head(hidden), (hidden,)
