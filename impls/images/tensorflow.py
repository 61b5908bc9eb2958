"""Feature maps in TensorFlow: layout and pooling (slides 7-9)."""

import numpy as np
import tensorflow as tf


def maps(image):
    """(batch, height, width, channel): Keras' own layout."""
    return image


def batch_first(image):
    """What `maps` laid out -> (batch, height, width, channel)."""
    return image


def flatten(image):
    """What `maps` laid out -> (batch, feature): height, width, channel."""
    return tf.reshape(image, (-1, np.prod(image.shape[1:])))


def max_pool(image, size):
    """The largest of every size x size window; ties go to the first.

    Compiled by XLA as maxima of strided slices: the gradient of XLA's own
    pooling is three times slower there, and has no deterministic form.
    """
    if not tf.config.optimizer.get_jit():
        return tf.nn.max_pool2d(image, size, size, "VALID")
    height, width = (side // size * size for side in image.shape[1:3])
    best = None
    for y in range(size):
        for x in range(size):
            part = image[:, y:height:size, x:width:size]
            best = part if best is None else tf.where(best >= part, best, part)
    return best


def average_pool(image, size):
    """The mean of every complete size x size window."""
    return tf.nn.avg_pool2d(image, size, size, "VALID")


def deep_maps(image):
    """(batch, height, width, channel): for layers of many channels."""
    return image


def global_pool(image):
    """What `deep_maps` laid out -> (batch, feature): every channel's mean."""
    return tf.reduce_mean(image, (1, 2))


def by_channel(norm, image):
    """A norm over all places of what `deep_maps` laid out: (...) -> (...)"""
    return norm(image)


def pooling(kind):
    """The function that a Spec's `pooling` names."""
    return {"max": max_pool, "average": average_pool}[kind]
