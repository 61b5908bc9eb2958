"""Feature maps in JAX: layout, convolution, pooling (slides 7-9)."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax import lax


def maps(image):
    """(batch, height, width, channel), in the layout convolved fastest.

    XLA on a CPU convolves four times faster with the batch last, where
    every slice of an image is one long run of memory.
    """
    return lax.transpose(image, (3, 1, 2, 0)) if _batch_last() else image


def batch_first(image):
    """What `maps` laid out -> (batch, height, width, channel)."""
    return lax.transpose(image, (3, 1, 2, 0)) if _batch_last() else image


def flatten(image):
    """What `maps` laid out -> (batch, feature): height, width, channel."""
    if _batch_last():
        image = lax.transpose(image, (3, 1, 2, 0))
    return image.reshape(image.shape[0], -1)


def max_pool(image, size):
    """The largest of every size x size window; ties go to the first.

    On a CPU as maxima of strided slices: the gradient of XLA's
    `reduce_window` alone takes longer there than all other layers.
    """
    if not _batch_last():
        return nnx.max_pool(image, (size, size), (size, size))
    height, width = (side // size * size for side in image.shape[1:3])
    best = None
    for y in range(size):
        for x in range(size):
            part = image[:, y:height:size, x:width:size]
            best = part if best is None else _larger(best, part)
    return best


def average_pool(image, size):
    """The mean of every complete size x size window."""
    if not _batch_last():
        return nnx.avg_pool(image, (size, size), (size, size))
    height, width = (side // size * size for side in image.shape[1:3])
    parts = [
        image[:, y:height:size, x:width:size]
        for y in range(size)
        for x in range(size)
    ]
    return sum(parts[1:], parts[0]) / size**2


def deep_maps(image):
    """(batch, height, width, channel): for layers of many channels.

    With 16 and more, XLA's own convolutions are the faster ones, on a CPU
    too, and it holds feature maps so.
    """
    return image


def global_pool(image):
    """What `deep_maps` laid out -> (batch, feature): every channel's mean."""
    return image.mean((1, 2))


def by_channel(norm, image):
    """A norm over all places of what `deep_maps` laid out: (...) -> (...)"""
    rows = image.reshape(-1, image.shape[-1])  # (place, channel)
    return norm(rows).reshape(image.shape)


def pooling(kind):
    """The function that a Spec's `pooling` names."""
    return {"max": max_pool, "average": average_pool}[kind]


class Conv(nnx.Conv):
    """Stride 1, no padding; on a CPU one matrix product over patches."""

    def __init__(self, *sizes, rngs):
        super().__init__(*sizes, padding="VALID", rngs=rngs)

    def __call__(self, image):
        """What `maps` laid out, with as many channels as filters."""
        if not _batch_last():
            return super().__call__(image)
        kernel, bias = self.kernel[...], self.bias[...]
        rows, columns, channels, filters = kernel.shape
        height = image.shape[1] - rows + 1
        width = image.shape[2] - columns + 1
        patches = jnp.stack(
            [
                image[:, y : y + height, x : x + width]
                for y in range(rows)
                for x in range(columns)
            ],
            1,
        )  # (channel, row x column, height, width, batch)
        kernel = lax.transpose(kernel, (2, 0, 1, 3)).reshape(-1, filters)
        patches = patches.reshape(len(kernel), -1)
        x = lax.dot_general(kernel, patches, (((0,), (0,)), ((), ())))
        x = x.reshape(filters, height, width, -1)
        return x + bias[:, None, None, None]


def _larger(one, other):
    """Ties give their gradient to the first; `maximum` would halve it."""
    return jnp.where(one >= other, one, other)


def _batch_last():
    return jax.default_backend() == "cpu"
