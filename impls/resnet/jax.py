"""The residual network (slide 9) in JAX."""

from flax import nnx
from flax.nnx import relu

from impls.images.jax import by_channel, deep_maps, global_pool, max_pool
from impls.training.jax import BatchNorm


class Block(nnx.Module):
    """Two convolutions, and a skip around them (He 2015, figure 2)."""

    def __init__(self, spec, filters, *, rngs):
        self.adds = spec.shortcut == "identity"
        self.first = convolution(spec, filters, filters, rngs=rngs)
        self.first_norm = normalization(spec, filters, rngs=rngs)
        self.second = convolution(spec, filters, filters, rngs=rngs)
        self.second_norm = normalization(spec, filters, rngs=rngs)

    def __call__(self, image):
        """(...) -> (...)"""
        x = relu(by_channel(self.first_norm, self.first(image)))
        x = by_channel(self.second_norm, self.second(x))
        return relu(image + x if self.adds else x)


class Stage(nnx.Module):
    """Half as high and wide, then blocks that keep the size."""

    def __init__(self, spec, channels, filters, blocks, *, rngs):
        self.first = convolution(spec, channels, filters, rngs=rngs)
        self.first_norm = normalization(spec, filters, rngs=rngs)
        self.block = nnx.List(
            Block(spec, filters, rngs=rngs) for _ in range(blocks)
        )

    def __call__(self, image):
        """(batch, a, b, c) -> (batch, d, e, f)"""
        x = max_pool(self.first(image), 2)
        x = relu(by_channel(self.first_norm, x))
        for block in self.block:
            x = block(x)
        return x


class Model(nnx.Module):
    """Image to class logits: stages of blocks, then a dense layer."""

    def __init__(self, spec, *, rngs):
        features = spec.shapes()["head.kernel"][0]
        self.stage = nnx.List(
            Stage(spec, *sizes, rngs=rngs) for sizes in spec.stages()
        )
        self.head = nnx.Linear(features, spec.classes, rngs=rngs)

    def __call__(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = deep_maps(image)  # (batch, height, width, channel)
        for stage in self.stage:
            x = stage(x)
        x = global_pool(x)  # (batch, feature)
        return self.head(x)


def convolution(spec, channels, filters, *, rngs):
    """As large as the image; no bias, which a norm would take away."""
    field = (spec.kernel, spec.kernel)  # jax only: both sides are named
    return nnx.Conv(
        channels, filters, field, padding="SAME", use_bias=False, rngs=rngs
    )


def normalization(spec, filters, *, rngs):
    """Of every filter's map, over a batch."""
    return BatchNorm(filters, spec.epsilon, spec.momentum, rngs=rngs)
