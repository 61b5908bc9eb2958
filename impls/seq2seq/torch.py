"""Encoder and decoder (slide 24) in PyTorch."""

from torch import cat, full_like, nn, tanh, zeros_like

from impls.sequences.torch import LSTM, last, reversed_within
from impls.training.torch import Dropout


class Encoder(nn.Module):
    """Sentence to a state for each word, read in both directions."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.forward_layer = LSTM(inputs, hidden // 2)
        self.backward_layer = LSTM(inputs, hidden // 2)

    def forward(self, x, lengths):
        """(batch, time, width), (batch,) -> (batch, time, hidden)"""
        forward, _ = self.forward_layer(x)
        backward, _ = self.backward_layer(reversed_within(x, lengths))
        return cat([forward, reversed_within(backward, lengths)], -1)


class Model(nn.Module):
    """Source sentence and target prefix to logits of the next symbols."""

    def __init__(self, spec):
        super().__init__()
        self.first = spec.first
        self.source = nn.Embedding(spec.source_vocab, spec.width)
        self.target = nn.Embedding(spec.target_vocab, spec.width)
        self.encoder = Encoder(spec.width, spec.hidden)
        self.bridge = nn.Linear(spec.hidden, spec.hidden)
        self.decoder = LSTM(spec.width, spec.hidden)
        self.combine = nn.Linear(spec.hidden, spec.output)
        self.head = nn.Linear(spec.output, spec.target_vocab)
        self.dropout = nn.ModuleList(Dropout(spec.dropout) for _ in range(3))

    def forward(self, source, lengths, target):
        """(batch, time), (batch,), (batch, step) -> (batch, step, vocab)"""
        _, state = self.start(source, lengths)
        logits, _ = self.decode(target, state)
        return logits

    def start(self, source, lengths):
        """The first symbols (batch,), and the decoder's first h and c."""
        x = self.dropout[0](self.source(source))  # (batch, time, width)
        memory = self.encoder(x, lengths)  # (batch, time, hidden)
        h = tanh(self.bridge(summary(memory, lengths)))  # (batch, hidden)
        return full_like(lengths, self.first), (h, zeros_like(h))

    def step(self, token, state):
        """Logits (batch, vocab) of what follows a symbol, and h and c."""
        logits, state = self.decode(token[:, None], state)
        return logits[:, 0], state

    def decode(self, target, state):
        """Logits (batch, step, vocab) after each symbol, and h and c."""
        x = self.dropout[1](self.target(target))  # (batch, step, width)
        q, state = self.decoder(x, state)  # (batch, step, hidden)
        x = tanh(self.combine(q))  # (batch, step, output)
        return self.head(self.dropout[2](x)), state


def summary(memory, lengths):
    """The last states of both directions side by side.

    (batch, time, hidden), (batch,) -> (batch, hidden)
    """
    half = memory.shape[-1] // 2
    return cat([last(memory[..., :half], lengths), memory[:, 0, half:]], -1)
