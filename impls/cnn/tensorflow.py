"""The chapter's convolutional network (slide 11) in TensorFlow."""

from keras import Model as Module
from keras import layers
from keras.ops import relu

from impls.images.tensorflow import flatten, maps, pooling


class Model(Module):
    """Image to class logits: two convolutions, two dense layers."""

    def __init__(self, spec):
        super().__init__()
        self.pool = spec.pool
        self.pooling = pooling(spec.pooling)
        self.first = layers.Conv2D(spec.filters, spec.kernel)
        self.second = layers.Conv2D(spec.filters2, spec.kernel)
        self.hidden = layers.Dense(spec.hidden)
        self.head = layers.Dense(spec.classes)

    def call(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = maps(image)  # (batch, height, width, channel)
        x = self.pooling(relu(self.first(x)), self.pool)
        x = self.pooling(relu(self.second(x)), self.pool)
        x = flatten(x)  # (batch, feature)
        x = relu(self.hidden(x))  # (batch, hidden)
        return self.head(x)
