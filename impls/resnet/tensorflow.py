"""The residual network (slide 9) in TensorFlow."""

from keras import Model as Module
from keras import layers
from keras.ops import relu

from impls.images.tensorflow import by_channel, deep_maps, global_pool, max_pool
from impls.training.tensorflow import BatchNorm


class Block(layers.Layer):
    """Two convolutions, and a skip around them (He 2015, figure 2)."""

    def __init__(self, spec, filters):
        super().__init__()
        self.adds = spec.shortcut == "identity"
        self.first = convolution(spec, filters, filters)
        self.first_norm = normalization(spec, filters)
        self.second = convolution(spec, filters, filters)
        self.second_norm = normalization(spec, filters)

    def call(self, image):
        """(...) -> (...)"""
        x = relu(by_channel(self.first_norm, self.first(image)))
        x = by_channel(self.second_norm, self.second(x))
        return relu(image + x if self.adds else x)


class Stage(layers.Layer):
    """Half as high and wide, then blocks that keep the size."""

    def __init__(self, spec, channels, filters, blocks):
        super().__init__()
        self.first = convolution(spec, channels, filters)
        self.first_norm = normalization(spec, filters)
        self.block = [Block(spec, filters) for _ in range(blocks)]

    def call(self, image):
        """(batch, a, b, c) -> (batch, d, e, f)"""
        x = max_pool(self.first(image), 2)
        x = relu(by_channel(self.first_norm, x))
        for block in self.block:
            x = block(x)
        return x


class Model(Module):
    """Image to class logits: stages of blocks, then a dense layer."""

    def __init__(self, spec):
        super().__init__()
        self.stage = [Stage(spec, *sizes) for sizes in spec.stages()]
        self.head = layers.Dense(spec.classes)

    def call(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = deep_maps(image)  # (batch, height, width, channel)
        for stage in self.stage:
            x = stage(x)
        x = global_pool(x)  # (batch, feature)
        return self.head(x)


def convolution(spec, channels, filters):
    """As large as the image; no bias, which a norm would take away."""
    return layers.Conv2D(filters, spec.kernel, padding="same", use_bias=False)


def normalization(spec, filters):
    """Of every filter's map, over a batch."""
    return BatchNorm(filters, spec.epsilon, spec.momentum)
