"""GPT: the decoder of a Transformer alone (slide 31) in TensorFlow."""

from functools import partial

from keras import Model as Module
from keras import layers
from keras.ops import full_like
from tensorflow import cond, pad, where
from tensorflow import range as arange

from impls.multihead import pasts
from impls.multihead.tensorflow import extend, norm, tied
from impls.training.tensorflow import Dropout
from impls.transformer.tensorflow import Unit


class Model(Module):
    """Symbols to logits of the next, each by those before it."""

    def __init__(self, spec):
        super().__init__()
        self.time, self.kept = spec.time, spec.kept
        self.logit_scale = spec.logit_scale
        self.embedding = layers.Embedding(spec.vocab, spec.width)
        self.position = layers.Embedding(spec.time, spec.width)
        self.dropout = Dropout(spec.dropout)
        self.units = [Unit(spec) for _ in range(spec.layers)]
        self.norm = norm(spec.width)

    def call(self, tokens):
        """(batch, time) -> (batch, time, vocab)"""
        step = arange(tokens.shape[1])
        x, _ = self.read(tokens, step)  # (batch, time, vocab)
        return x

    def start(self, tokens):
        """Last symbols (batch,) of prompts, and the state: how many symbols
        precede them, the window of the text, and keys and values."""
        tokens = tokens[:, -self.time :]
        position, *rest = self.begin(tokens)
        return tokens[:, -1], (position - 1, *rest)

    def step(self, token, state):
        """Logits (batch, vocab) of what follows a symbol, and the state.

        A full window is begun anew with its last symbols.
        """
        full = state[0][0] == self.time
        anew = partial(self.begin, state[1][:, -self.kept :])
        position, window, *cache = cond(full, anew, lambda: state)
        here = arange(self.time) == position[:, None]
        window = where(here, token[:, None], window)
        given = token[:, None], position[:, None], (position, cache)
        logits, cache = self.read(*given)
        return logits[:, 0], (position + 1, window, *cache)

    def begin(self, tokens):
        """The state after the first symbols of a window."""
        time = tokens.shape[1]
        step = arange(time)
        _, cache = self.read(tokens, step)
        cache = (extend(x, self.time) for x in cache)
        position = full_like(tokens[:, 0], time)
        return position, pad(tokens, ((0, 0), (0, self.time - time))), *cache

    def read(self, tokens, step, past=(None, ())):
        """Logits (batch, time, vocab) of what follows each symbol, and keys
        and values of all units."""
        x = self.embedding(tokens) + self.position(step)  # (batch, time, width)
        x, cache = self.dropout(x), ()
        for unit, before in zip(
            self.units, pasts(len(self.units), *past), strict=True
        ):
            x, after = unit(x, past=before)  # (batch, time, width)
            cache += after
        x = self.norm(x)
        return self.logit_scale * tied(x, self.embedding), cache
