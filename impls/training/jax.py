"""Dropout and batch normalization in JAX."""

import jax
import jax.numpy as jnp
from flax import nnx

import impls.images.jax as images


class Dropout(nnx.Module):
    """Zero with probability `rate` in training; the rest is scaled up.

    Inverted, by 1 / (1 - rate), so that evaluation changes nothing
    (Srivastava 2014, section 10). The Runner sets the training mode, the
    mask (1 keep, 0 drop) and the random stream for a batch without masks.
    """

    def __init__(self, rate, *, rngs):
        super().__init__()
        self.rate = rate
        self.training = False
        self.mask = None
        self.stream = None

    def __call__(self, x):
        """(...) -> (...)"""
        if not self.training or not self.rate:
            return x
        if self.mask is None:
            return _dropped(x, self.rate, self.stream)
        return x * self.mask.astype(x.dtype) * (1 / (1 - self.rate))


class BatchNorm(nnx.Module):
    """Every channel to mean 0 and variance 1, then scaled and shifted.

    In training by its mean and biased variance over the batch and all
    places of a feature map (Ioffe 2015, algorithm 1), which move the running
    ones: `momentum` is the weight of the old. In evaluation, and where
    `frozen`, by the running ones.
    """

    def __init__(self, channels, epsilon, momentum, *, rngs):
        super().__init__()
        self.epsilon = epsilon
        self.momentum = momentum
        self.training = False
        self.frozen = False
        self.scale = nnx.Param(jnp.ones(channels))
        self.bias = nnx.Param(jnp.zeros(channels))
        self.mean = nnx.BatchStat(jnp.zeros(channels))
        self.variance = nnx.BatchStat(jnp.ones(channels))

    def __call__(self, x):
        """(...) -> (...)"""
        state = self.scale, self.bias, self.mean, self.variance
        if self.training and not self.frozen:
            return _by_batch(x, *state, self.epsilon, self.momentum)
        return _by_running(x, *state, self.epsilon)


def _dropped(x, rate, stream):
    """A function of the stream, which the Runner changes every step."""
    keep = jax.random.bernoulli(stream, 1 - rate, x.shape)
    return jnp.where(keep, x * (1 / (1 - rate)), 0)


def _by_batch(x, scale, bias, mean, variance, epsilon, momentum):
    """In two passes: the mean of squares alone would lose digits."""
    wide = x.astype(mean[...].dtype)
    channel = _channel(x)
    axes = [axis for axis in range(x.ndim) if axis != channel]
    by_mean = wide.mean(axes)
    centred = wide - _along(by_mean, x)
    by_variance = (centred**2).mean(axes)
    for running, new in (mean, by_mean), (variance, by_variance):
        running[...] = momentum * running[...] + (1 - momentum) * new
    factor = scale[...] * jax.lax.rsqrt(by_variance + epsilon)
    x_new = centred * _along(factor, x) + _along(bias[...], x)
    return x_new.astype(x.dtype)


def _by_running(x, scale, bias, mean, variance, epsilon):
    factor = scale[...] * jax.lax.rsqrt(variance[...] + epsilon)
    shift = bias[...] - mean[...] * factor
    wide = x.astype(factor.dtype) * _along(factor, x) + _along(shift, x)
    return wide.astype(x.dtype)


def _channel(x):
    """The axis of channels, as `maps` lays them out; else the last one."""
    return 0 if x.ndim == 4 and images._batch_last() else x.ndim - 1


def _along(vector, x):
    shape = [1] * x.ndim
    shape[_channel(x)] = -1
    return vector.reshape(shape)
