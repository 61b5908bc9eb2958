"""A label for every word of a sentence (slides 14, 23) in TensorFlow."""

from keras import Model as Module
from keras import layers
from keras.ops import concatenate

from impls.seq2seq.tensorflow import Encoder
from impls.training.tensorflow import Dropout


class Model(Module):
    """Words, their endings and their shapes to logits of parts of speech."""

    def __init__(self, spec):
        super().__init__()
        self.words = layers.Embedding(spec.words, spec.width)
        self.suffixes = layers.Embedding(spec.suffixes, spec.suffix_width)
        self.forms = layers.Embedding(spec.forms, spec.form_width)
        self.lstm = Encoder(spec.features, 2 * spec.hidden)
        self.head = layers.Dense(spec.classes)
        self.dropout = [Dropout(spec.dropout) for _ in range(2)]

    def call(self, words, suffixes, forms, lengths):
        """(batch, time), lengths (batch,) -> (batch, time, class)"""
        embedded = self.words(words), self.suffixes(suffixes), self.forms(forms)
        x = concatenate(embedded, -1)  # (batch, time, feature)
        x = self.dropout[0](x)
        x = self.lstm(x, lengths)  # (batch, time, 2 * hidden)
        return self.head(self.dropout[1](x))
