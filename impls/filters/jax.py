"""The filters of slides 7 and 8 in JAX."""

from flax import nnx

from impls.images.jax import Conv, batch_first, maps


class Model(nnx.Module):
    """Image to feature maps: the inner products with every filter."""

    def __init__(self, spec, *, rngs):
        field = (spec.kernel, spec.kernel)  # jax only: both sides are named
        self.first = Conv(spec.channels, spec.filters, field, rngs=rngs)

    def __call__(self, image):
        """(batch, height, width, channel) -> (batch, row, column, filter)"""
        x = maps(image)  # (channel, height, width, batch)
        x = self.first(x)  # (filter, row, column, batch)
        return batch_first(x)
