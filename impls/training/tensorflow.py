"""Dropout and batch normalisation in TensorFlow."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


class Dropout(layers.Layer):
    """Zero with probability `rate` in training; what stays is scaled up.

    Inverted, by 1 / (1 - rate), so that evaluation changes nothing
    (Srivastava 2014, section 10). The Runner says whether it trains, gives
    the mask (1 keep, 0 drop), and where there is none what to draw it from.
    """

    def __init__(self, rate):
        super().__init__()
        self.rate = rate
        self.training = False
        self.mask = None
        self.stream = None

    def call(self, x):
        """(...) -> (...)"""
        if not self.training or not self.rate:
            return x
        if self.mask is None:
            return _dropped(x, self.rate, self.stream)
        return x * tf.cast(self.mask, x.dtype) * (1 / (1 - self.rate))


class BatchNorm(layers.Layer):
    """Every channel to mean 0 and variance 1, then scaled and shifted.

    In training by its mean and biased variance over the batch and all
    places of a feature map (Ioffe 2015, algorithm 1), which move the running
    ones: `momentum` is the weight of the old. In evaluation, and where
    `frozen`, by the running ones.
    """

    def __init__(self, channels, epsilon, momentum):
        super().__init__()
        self.epsilon = epsilon
        self.momentum = momentum
        self.training = False
        self.frozen = False
        self.scale = _variable("scale", np.ones(channels))
        self.bias = _variable("bias", np.zeros(channels))
        self.mean = _variable("mean", np.zeros(channels), False)
        self.variance = _variable("variance", np.ones(channels), False)

    def call(self, x):
        """(...) -> (...)"""
        state = self.scale, self.bias, self.mean, self.variance
        if self.training and not self.frozen:
            return _by_batch(x, *state, self.epsilon, self.momentum)
        return _by_running(x, *state, self.epsilon)


def _variable(name, value, trainable=True):
    """Never autocast: statistics stay exact where layers are bfloat16."""
    value = tf.constant(value, keras.config.floatx())
    return keras.Variable(
        value, value.dtype, trainable=trainable, autocast=False, name=name
    )


def _dropped(x, rate, stream):
    """A function of the stream, which the Runner changes every step."""
    drawn = tf.random.stateless_uniform(tf.shape(x), stream)
    return tf.where(drawn >= rate, x * (1 / (1 - rate)), tf.zeros_like(x))


def _by_batch(x, scale, bias, mean, variance, epsilon, momentum):
    x32 = tf.cast(x, scale.dtype)
    axes = list(range(len(x.shape) - 1))
    by_mean, by_variance = tf.nn.moments(x32, axes)
    for running, new in (mean, by_mean), (variance, by_variance):
        running.assign(momentum * running + (1 - momentum) * new)
    return tf.cast(
        _normalised(x32, scale, bias, by_mean, by_variance, epsilon), x.dtype
    )


def _by_running(x, scale, bias, mean, variance, epsilon):
    x32 = tf.cast(x, scale.dtype)
    return tf.cast(
        _normalised(x32, scale, bias, mean, variance, epsilon), x.dtype
    )


def _normalised(x, scale, bias, mean, variance, epsilon):
    factor = scale * tf.math.rsqrt(variance + epsilon)
    return (x - mean) * factor + bias
