"""The chapter's bidirectional LSTM (slide 23) in TensorFlow."""

from keras import Model as Module
from keras import layers

from impls.frameworks.tensorflow import unrolled


class Model(Module):
    """Review to one logit of sentiment, read in both directions."""

    def __init__(self, spec):
        super().__init__()
        self.embedding = layers.Embedding(spec.vocab, spec.width)
        self.lstm = layers.Bidirectional(
            layers.LSTM(spec.hidden, unroll=unrolled())
        )
        self.head = layers.Dense(1)

    def call(self, tokens):
        """(batch, time) -> (batch, 1)"""
        x = self.embedding(tokens)  # (batch, time, width)
        x = self.lstm(x)  # (batch, feature)
        return self.head(x)
