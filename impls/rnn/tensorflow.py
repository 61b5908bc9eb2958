"""The chapter's simple recurrent network (slide 22) in TensorFlow."""

from keras import Model as Module
from keras import layers

from impls.frameworks.tensorflow import unrolled


class Model(Module):
    """Review to one logit of sentiment through the last state."""

    def __init__(self, spec):
        super().__init__()
        self.embedding = layers.Embedding(spec.vocab, spec.width)
        self.rnn = layers.SimpleRNN(spec.hidden, unroll=unrolled())
        self.head = layers.Dense(1)

    def call(self, tokens):
        """(batch, time) -> (batch, 1)"""
        x = self.embedding(tokens)  # (batch, time, width)
        x = self.rnn(x)  # (batch, hidden)
        return self.head(x)
