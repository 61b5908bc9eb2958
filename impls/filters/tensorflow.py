"""The filters of slides 7 and 8 in TensorFlow."""

from keras import Model as Module
from keras import layers

from impls.images.tensorflow import batch_first, maps


class Model(Module):
    """Image to feature maps: the inner products with every filter."""

    def __init__(self, spec):
        super().__init__()
        self.first = layers.Conv2D(spec.filters, spec.kernel)

    def call(self, image):
        """(batch, height, width, channel) -> (batch, row, column, filter)"""
        x = maps(image)  # (batch, height, width, channel)
        x = self.first(x)  # (batch, row, column, filter)
        return batch_first(x)
