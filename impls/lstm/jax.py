"""A long short-term memory over a review (slides 17-19) in JAX."""

from flax import nnx

from impls.sequences.jax import LSTM


class Model(nnx.Module):
    """Review to one logit of sentiment through the last state."""

    def __init__(self, spec, *, rngs):
        self.embedding = nnx.Embed(spec.vocab, spec.width, rngs=rngs)
        self.lstm = LSTM(spec.width, spec.hidden, rngs=rngs)
        self.head = nnx.Linear(spec.hidden, 1, rngs=rngs)

    def __call__(self, tokens):
        """(batch, time) -> (batch, 1)"""
        x = self.embedding(tokens)  # (batch, time, width)
        x = self.lstm(x)[0][:, -1]  # (batch, hidden)
        return self.head(x)
