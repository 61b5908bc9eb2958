"""Dropout and batch normalization in PyTorch."""

import torch
from torch import nn
from torch.nn import functional


class Dropout(nn.Module):
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

    def forward(self, x):
        """(...) -> (...)"""
        if not self.training or not self.rate:
            return x
        if self.mask is None:
            return _dropped(x, self.rate, self.stream)
        return x * self.mask.to(x.dtype) * (1 / (1 - self.rate))


class BatchNorm(nn.Module):
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
        self.scale = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.mean = nn.Buffer(torch.zeros(channels))
        self.variance = nn.Buffer(torch.ones(channels))

    def forward(self, x):
        """(...) -> (...)"""
        state = self.scale, self.bias, self.mean, self.variance
        if self.training and not self.frozen:
            return _by_batch(x, *state, self.epsilon, self.momentum)
        return _by_running(x, *state, self.epsilon)


def _dropped(x, rate, stream):
    """torch draws from a stream of its own, which the Runner seeds.

    Its dropout is one kernel on a GPU. On a CPU it draws an element after
    another, which takes three times as long as uniform numbers do.
    """
    if x.is_cuda:
        return functional.dropout(x, rate)
    keep = torch.rand(x.shape).ge_(rate).to(x.dtype)
    return x * keep.mul_(1 / (1 - rate))


def _by_batch(x, scale, bias, mean, variance, epsilon, momentum):
    """torch's kernel gives the batch's statistics where it moves others.

    Their variance is the unbiased one, n / (n - 1) times the biased.
    """
    by_mean, unbiased = torch.zeros_like(mean), torch.zeros_like(variance)
    count = x.numel() // x.shape[1]
    x = functional.batch_norm(
        x, by_mean, unbiased, scale, bias, True, 1, epsilon
    )
    with torch.no_grad():
        mean.lerp_(by_mean, 1 - momentum)
        variance.lerp_(unbiased * ((count - 1) / count), 1 - momentum)
    return x


def _by_running(x, scale, bias, mean, variance, epsilon):
    return functional.batch_norm(
        x, mean, variance, scale, bias, False, 0, epsilon
    )
