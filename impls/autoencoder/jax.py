"""The stacked auto-encoder (slide 4) in JAX."""

from itertools import pairwise

from flax import nnx
from flax.nnx import sigmoid
from jax.numpy import reshape


class Model(nnx.Module):
    """Image to its reconstruction, through codes and back."""

    def __init__(self, spec, *, rngs):
        self.hidden = nnx.List(
            nnx.Linear(inputs, units, rngs=rngs)
            for inputs, units in pairwise(spec.sizes())
        )
        self.decoder = nnx.List(
            nnx.Linear(units, inputs, rngs=rngs)
            for inputs, units in pairwise(spec.sizes())
        )

    def __call__(self, image):
        """(batch, height, width, channel) -> (batch, height, width, channel)"""
        x = reshape(image, (image.shape[0], -1))  # (batch, feature)
        for hidden in self.hidden:
            x = sigmoid(hidden(x))  # (batch, hidden)
        for decoder in reversed(self.decoder[1:]):
            x = sigmoid(decoder(x))
        x = sigmoid(self.decoder[0](x))  # (batch, feature)
        return reshape(x, image.shape)
