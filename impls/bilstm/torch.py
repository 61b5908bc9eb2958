"""The chapter's bidirectional LSTM (slide 23) in PyTorch."""

from torch import nn

from impls.frameworks.torch import last_states


class Model(nn.Module):
    """Review to one logit of sentiment, read in both directions."""

    def __init__(self, spec):
        super().__init__()
        self.embedding = nn.Embedding(spec.vocab, spec.width)
        self.lstm = nn.LSTM(
            spec.width, spec.hidden, batch_first=True, bidirectional=True
        )
        self.head = nn.Linear(2 * spec.hidden, 1)

    def forward(self, tokens):
        """(batch, time) -> (batch, 1)"""
        x = self.embedding(tokens)  # (batch, time, width)
        x = last_states(self.lstm(x)[0])  # (batch, feature)
        return self.head(x)
