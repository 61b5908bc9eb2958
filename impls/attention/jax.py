"""Encoder and decoder with attention (slide 25) in JAX."""

from flax import nnx
from jax.numpy import concatenate, full_like, tanh, zeros_like

from impls.seq2seq.jax import Encoder, summary
from impls.sequences.jax import LSTM, attend, valid
from impls.training.jax import Dropout


class Model(nnx.Module):
    """Source sentence and target prefix to logits of the next symbols."""

    def __init__(self, spec, *, rngs):
        self.first = spec.first
        self.source = nnx.Embed(spec.source_vocab, spec.width, rngs=rngs)
        self.target = nnx.Embed(spec.target_vocab, spec.width, rngs=rngs)
        self.encoder = Encoder(spec.width, spec.hidden, rngs=rngs)
        self.bridge = nnx.Linear(spec.hidden, spec.hidden, rngs=rngs)
        self.decoder = LSTM(spec.width, spec.hidden, rngs=rngs)
        self.combine = nnx.Linear(2 * spec.hidden, spec.output, rngs=rngs)
        self.head = nnx.Linear(spec.output, spec.target_vocab, rngs=rngs)
        self.dropout = nnx.List(
            Dropout(spec.dropout, rngs=rngs) for _ in range(3)
        )

    def __call__(self, source, lengths, target):
        """(batch, time), (batch,), (batch, step) -> (batch, step, vocab)"""
        _, state = self.start(source, lengths)
        logits, _ = self.decode(target, state)
        return logits

    def start(self, source, lengths):
        """The first symbols (batch,), and the state: the encoder's states,
        which of them to keep, the decoder's first h and c."""
        x = self.dropout[0](self.source(source))  # (batch, time, width)
        memory = self.encoder(x, lengths)  # (batch, time, hidden)
        keep = valid(lengths, source.shape[1])  # (batch, time)
        h = tanh(self.bridge(summary(memory, lengths)))  # (batch, hidden)
        token = full_like(lengths, self.first)  # (batch,)
        return token, (memory, keep, h, zeros_like(h))

    def step(self, token, state):
        """Logits (batch, vocab) of what follows a symbol, and the state."""
        logits, state = self.decode(token[:, None], state)
        return logits[:, 0], state

    def decode(self, target, state):
        """Logits (batch, step, vocab) after each symbol, and the state."""
        memory, keep, h, c = state
        x = self.dropout[1](self.target(target))  # (batch, step, width)
        q, (h, c) = self.decoder(x, (h, c))  # (batch, step, hidden)
        x = concatenate(
            [q, context(q, memory, keep)], -1
        )  # (batch, step, both)
        x = tanh(self.combine(x))  # (batch, step, output)
        return self.head(self.dropout[2](x)), (memory, keep, h, c)


def context(q, memory, keep):
    """Of each query the mean of what it attends to (Luong 2015, eq. 7, 8).

    q (batch, step, hidden), memory (batch, time, hidden), keep (batch, time)
    -> (batch, step, hidden)
    """
    scores = q @ memory.mT  # (batch, step, time)
    return attend(scores, keep[:, None]) @ memory
