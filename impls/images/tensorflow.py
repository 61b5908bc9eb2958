"""Feature maps in TensorFlow: layout and pooling (slides 7-9)."""

import numpy as np
import tensorflow as tf


def maps(image):
    """(batch, height, width, channel): Keras' own layout."""
    return image


def flatten(image):
    """What `maps` laid out -> (batch, feature): height, width, channel."""
    return tf.reshape(image, (-1, np.prod(image.shape[1:])))


def max_pool(image, size):
    """The largest of every size x size window; ties go to the first."""
    return tf.nn.max_pool2d(image, size, size, "VALID")
