"""The chapter's convolutional network (slide 11) in JAX."""

from flax import nnx
from flax.nnx import relu

from impls.images.jax import Conv, flatten, maps, pooling


class Model(nnx.Module):
    """Image to class logits: two convolutions, two dense layers."""

    def __init__(self, spec, *, rngs):
        features = spec.shapes()["hidden.kernel"][0]
        field = (spec.kernel, spec.kernel)  # jax only: both sides are named
        self.pool = spec.pool
        self.pooling = pooling(spec.pooling)
        self.first = Conv(spec.channels, spec.filters, field, rngs=rngs)
        self.second = Conv(spec.filters, spec.filters2, field, rngs=rngs)
        self.hidden = nnx.Linear(features, spec.hidden, rngs=rngs)
        self.head = nnx.Linear(spec.hidden, spec.classes, rngs=rngs)

    def __call__(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = maps(image)  # (channel, height, width, batch)
        x = self.pooling(relu(self.first(x)), self.pool)
        x = self.pooling(relu(self.second(x)), self.pool)
        x = flatten(x)  # (batch, feature)
        x = relu(self.hidden(x))  # (batch, hidden)
        return self.head(x)
