"""The chapter's simple recurrent network (slide 22) in JAX."""

from flax import nnx


class Model(nnx.Module):
    """Review to one logit of sentiment through the last state."""

    def __init__(self, spec, *, rngs):
        self.embedding = nnx.Embed(spec.vocab, spec.width, rngs=rngs)
        self.rnn = nnx.RNN(nnx.SimpleCell(spec.width, spec.hidden, rngs=rngs))
        self.head = nnx.Linear(spec.hidden, 1, rngs=rngs)

    def __call__(self, tokens):
        """(batch, time) -> (batch, 1)"""
        x = self.embedding(tokens)  # (batch, time, width)
        x = self.rnn(x)[:, -1]  # (batch, hidden)
        return self.head(x)
