"""A label for every word of a sentence (slides 14, 23) in JAX."""

from flax import nnx
from jax.numpy import concatenate

from impls.seq2seq.jax import Encoder
from impls.training.jax import Dropout


class Model(nnx.Module):
    """Words, their endings and their shapes to logits of parts of speech."""

    def __init__(self, spec, *, rngs):
        self.words = nnx.Embed(spec.words, spec.width, rngs=rngs)
        self.suffixes = nnx.Embed(spec.suffixes, spec.suffix_width, rngs=rngs)
        self.forms = nnx.Embed(spec.forms, spec.form_width, rngs=rngs)
        self.lstm = Encoder(spec.features, 2 * spec.hidden, rngs=rngs)
        self.head = nnx.Linear(2 * spec.hidden, spec.classes, rngs=rngs)
        self.dropout = nnx.List(
            Dropout(spec.dropout, rngs=rngs) for _ in range(2)
        )

    def __call__(self, words, suffixes, forms, lengths):
        """(batch, time), lengths (batch,) -> (batch, time, class)"""
        embedded = self.words(words), self.suffixes(suffixes), self.forms(forms)
        x = concatenate(embedded, -1)  # (batch, time, feature)
        x = self.dropout[0](x)
        x = self.lstm(x, lengths)  # (batch, time, 2 * hidden)
        return self.head(self.dropout[1](x))
