"""The chapter's simple recurrent network (slide 22) in PyTorch."""

from torch import nn


class Model(nn.Module):
    """Review to one logit of sentiment through the last state."""

    def __init__(self, spec):
        super().__init__()
        self.embedding = nn.Embedding(spec.vocab, spec.width)
        self.rnn = nn.RNN(spec.width, spec.hidden, batch_first=True)
        self.head = nn.Linear(spec.hidden, 1)

    def forward(self, tokens):
        """(batch, time) -> (batch, 1)"""
        x = self.embedding(tokens)  # (batch, time, width)
        x = self.rnn(x)[0][:, -1]  # (batch, hidden)
        return self.head(x)
