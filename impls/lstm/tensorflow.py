"""A long short-term memory over a review (slides 17-19) in TensorFlow."""

from keras import Model as Module
from keras import layers

from impls.sequences.tensorflow import LSTM


class Model(Module):
    """Review to one logit of sentiment through the last state."""

    def __init__(self, spec):
        super().__init__()
        self.embedding = layers.Embedding(spec.vocab, spec.width)
        self.lstm = LSTM(spec.width, spec.hidden)
        self.head = layers.Dense(1)

    def call(self, tokens):
        """(batch, time) -> (batch, 1)"""
        x = self.embedding(tokens)  # (batch, time, width)
        x = self.lstm(x)[0][:, -1]  # (batch, hidden)
        return self.head(x)
