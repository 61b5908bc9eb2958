"""The stacked auto-encoder (slide 4) in TensorFlow."""

from keras import Model as Module
from keras import layers
from keras.ops import reshape, sigmoid


class Model(Module):
    """Image to its reconstruction, through codes and back."""

    def __init__(self, spec):
        super().__init__()
        sizes = spec.sizes()
        self.hidden = [layers.Dense(units) for units in sizes[1:]]
        self.decoder = [layers.Dense(units) for units in sizes[:-1]]

    def call(self, image):
        """(batch, height, width, channel) -> (batch, height, width, channel)"""
        x = reshape(image, (image.shape[0], -1))  # (batch, feature)
        for hidden in self.hidden:
            x = sigmoid(hidden(x))  # (batch, hidden)
        for decoder in reversed(self.decoder[1:]):
            x = sigmoid(decoder(x))
        x = sigmoid(self.decoder[0](x))  # (batch, feature)
        return reshape(x, image.shape)
