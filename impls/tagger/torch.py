"""A label for every word of a sentence (slides 14, 23) in PyTorch."""

from torch import concatenate, nn

from impls.seq2seq.torch import Encoder
from impls.training.torch import Dropout


class Model(nn.Module):
    """Words, their endings and their shapes to logits of parts of speech."""

    def __init__(self, spec):
        super().__init__()
        self.words = nn.Embedding(spec.words, spec.width)
        self.suffixes = nn.Embedding(spec.suffixes, spec.suffix_width)
        self.forms = nn.Embedding(spec.forms, spec.form_width)
        self.lstm = Encoder(spec.features, 2 * spec.hidden)
        self.head = nn.Linear(2 * spec.hidden, spec.classes)
        self.dropout = nn.ModuleList(Dropout(spec.dropout) for _ in range(2))

    def forward(self, words, suffixes, forms, lengths):
        """(batch, time), lengths (batch,) -> (batch, time, class)"""
        embedded = self.words(words), self.suffixes(suffixes), self.forms(forms)
        x = concatenate(embedded, -1)  # (batch, time, feature)
        x = self.dropout[0](x)
        x = self.lstm(x, lengths)  # (batch, time, 2 * hidden)
        return self.head(self.dropout[1](x))
