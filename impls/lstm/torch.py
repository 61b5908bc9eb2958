"""A long short-term memory over a review (slides 17-19) in PyTorch."""

from torch import nn

from impls.sequences.torch import LSTM


class Model(nn.Module):
    """Review to one logit of sentiment through the last state."""

    def __init__(self, spec):
        super().__init__()
        self.embedding = nn.Embedding(spec.vocab, spec.width)
        self.lstm = LSTM(spec.width, spec.hidden)
        self.head = nn.Linear(spec.hidden, 1)

    def forward(self, tokens):
        """(batch, time) -> (batch, 1)"""
        x = self.embedding(tokens)  # (batch, time, width)
        x = self.lstm(x)[0][:, -1]  # (batch, hidden)
        return self.head(x)
