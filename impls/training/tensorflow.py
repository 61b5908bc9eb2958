"""Dropout and batch normalization in TensorFlow."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


class Dropout(layers.Layer):
    """Zero with probability `rate` in training; the rest is scaled up.

    Inverted, by 1 / (1 - rate), so that evaluation changes nothing
    (Srivastava 2014, section 10). The Runner sets the training mode, the
    mask (1 keep, 0 drop) and the random stream for a batch without masks.
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
    """By Philox: what XLA would choose takes 200 times as long."""
    drawn = tf.random.stateless_uniform(tf.shape(x), stream, alg="philox")
    return tf.where(drawn >= rate, x * (1 / (1 - rate)), tf.zeros_like(x))


def _by_batch(x, scale, bias, mean, variance, epsilon, momentum):
    """TensorFlow's kernel gives n / (n - 1) times the biased variance."""
    if _fuses(x):
        state = scale, bias, tf.zeros(0), tf.zeros(0)
        y, new_mean, unbiased = _fused(x, *state, epsilon, True)
        count = x.shape.num_elements() // x.shape[-1]
        new_variance = unbiased * ((count - 1) / count)
    else:
        wide, axes = tf.cast(x, mean.dtype), list(range(len(x.shape) - 1))
        new_mean, new_variance = tf.nn.moments(wide, axes)
        y = _normalised(x, scale, bias, new_mean, new_variance, epsilon)
    for running, new in (mean, new_mean), (variance, new_variance):
        running.assign(momentum * running + (1 - momentum) * new)
    return y


def _by_running(x, *state):
    return _fused(x, *state, False)[0] if _fuses(x) else _normalised(x, *state)


def _normalised(x, scale, bias, mean, variance, epsilon):
    factor = scale * tf.math.rsqrt(variance + epsilon)
    y = (tf.cast(x, mean.dtype) - mean) * factor + bias
    return tf.cast(y, x.dtype)


def _fuses(x):
    """Whether a kernel does it: of feature maps five times faster.

    It knows no float64; XLA's goes over the data once and loses digits.
    """
    alone = not tf.config.optimizer.get_jit()
    return alone and len(x.shape) == 4 and x.dtype != tf.float64


def _fused(x, scale, bias, mean, variance, epsilon, training):
    """Not `tf.nn.fused_batch_norm`, which raises epsilon to 1e-5."""
    names = "scale", "offset", "mean", "variance"
    state = map(tf.convert_to_tensor, (scale, bias, mean, variance))
    return tf.raw_ops.FusedBatchNormV3(
        x=x,
        epsilon=epsilon,
        is_training=training,
        **dict(zip(names, state, strict=True)),
    )[:3]
