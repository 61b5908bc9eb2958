"""A model of language, character by character (slide 15), in TensorFlow."""

from keras import Model as Module
from keras import layers

from impls.sequences.tensorflow import LSTM


class Model(Module):
    """Characters to logits of the next, from a recurrent state."""

    def __init__(self, spec):
        super().__init__()
        self.embedding = layers.Embedding(spec.vocab, spec.width)
        self.lstm = LSTM(spec.width, spec.hidden)
        self.head = layers.Dense(spec.vocab)

    def call(self, tokens, fresh, state):
        """(batch, time), (batch,) -> (batch, time, vocab)"""
        goes_on = 1 - fresh[:, None]  # (batch, 1)
        state = tuple(x * goes_on for x in state)
        x = self.embedding(tokens)  # (batch, time, width)
        x, state = self.lstm(x, state)  # (batch, time, hidden)
        return self.head(x), state

    def start(self, tokens):
        """Last characters (batch,) of prompts, and h and c before them."""
        time = tokens.shape[1]
        x = self.embedding(tokens[:, : max(time - 1, 1)])
        _, state = self.lstm(x)
        read = float(time > 1)  # 0 for a prompt of one character
        return tokens[:, -1], tuple(x * read for x in state)

    def step(self, token, state):
        """Logits (batch, vocab) of what follows a character, and h and c."""
        x = self.embedding(token[:, None])
        x, state = self.lstm(x, state)
        return self.head(x)[:, 0], state
