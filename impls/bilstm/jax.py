"""The chapter's bidirectional LSTM (slide 23) in JAX."""

from flax import nnx

from impls.frameworks.jax import last_states


class Model(nnx.Module):
    """Review to one score of sentiment, read in both directions."""

    def __init__(self, spec, *, rngs):
        size = spec.width, spec.hidden
        forward = nnx.RNN(nnx.OptimizedLSTMCell(*size, rngs=rngs))
        backward = nnx.RNN(nnx.OptimizedLSTMCell(*size, rngs=rngs))
        self.embedding = nnx.Embed(spec.vocab, spec.width, rngs=rngs)
        self.lstm = nnx.Bidirectional(forward, backward)
        self.head = nnx.Linear(2 * spec.hidden, 1, rngs=rngs)

    def __call__(self, tokens):
        """(batch, time) -> (batch, 1)"""
        x = self.embedding(tokens)  # (batch, time, width)
        x = last_states(self.lstm(x))  # (batch, feature)
        return self.head(x)
