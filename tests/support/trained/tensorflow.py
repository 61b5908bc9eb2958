"""The small model in TensorFlow."""

from keras import Model as Module
from keras import layers
from keras.ops import relu

from impls.images.tensorflow import flatten, maps
from impls.training.tensorflow import BatchNorm, Dropout


class Model(Module):
    """Image to class logits."""

    def __init__(self, spec):
        super().__init__()
        sizes = spec.shapes()
        norm = spec.epsilon, spec.momentum
        self.first = layers.Conv2D(spec.filters, spec.kernel)
        self.norm = BatchNorm(*sizes["norm.mean"], *norm)
        self.hidden = [layers.Dense(spec.hidden) for _ in range(2)]
        self.dropout = [Dropout(spec.rate) for _ in range(2)]
        self.last = BatchNorm(*sizes["last.mean"], *norm)
        self.head = layers.Dense(spec.classes)

    def call(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = flatten(relu(self.norm(self.first(maps(image)))))
        for hidden, dropout in zip(self.hidden, self.dropout, strict=True):
            x = dropout(relu(hidden(x)))
        return self.head(self.last(x))


class Probe(Module):
    """Numbers to units of which some are dropped, twice."""

    def __init__(self, spec):
        super().__init__()
        self.hidden = layers.Dense(spec.units)
        self.first, self.second = Dropout(spec.rate), Dropout(spec.rate)

    def call(self, x):
        """(batch, 1) -> (batch, units)"""
        return self.second(self.first(self.hidden(x)))
