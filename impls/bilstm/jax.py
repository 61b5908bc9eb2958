"""The chapter's bidirectional LSTM (slide 23) in JAX."""

from flax import nnx

from impls.frameworks.jax import last_states


class Model(nnx.Module):
    """Review to one logit of sentiment, read in both directions."""

    def __init__(self, spec, *, rngs):
        # jax only: NNX is handed a cell for either direction
        cells = [
            nnx.OptimizedLSTMCell(spec.width, spec.hidden, rngs=rngs)
            for _ in range(2)
        ]
        self.embedding = nnx.Embed(spec.vocab, spec.width, rngs=rngs)
        self.lstm = nnx.Bidirectional(*map(nnx.RNN, cells))
        self.head = nnx.Linear(2 * spec.hidden, 1, rngs=rngs)

    def __call__(self, tokens):
        """(batch, time) -> (batch, 1)"""
        x = self.embedding(tokens)  # (batch, time, width)
        x = last_states(self.lstm(x))  # (batch, feature)
        return self.head(x)
