"""Objectives, optimisers and derivatives in plain NumPy, float64.

With a model's `reference.py`, which gives scores, this answers for all
that a Runner computes.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from impls.interface import Batch, Params, Setting

_STEP = 1e-30  # of a derivative: its square is nothing beside one


def objective(
    scores: np.ndarray, batch: Batch, kind: str | None = None
) -> tuple[Any, float]:
    """Loss and accuracy: means over valid targets, by `batch.weights`.

    scores (batch, class) or (batch, time, class): softmax cross-entropy,
    the first of the best scores is chosen; (batch, 1): sigmoid
    cross-entropy, a score above zero is a yes. `kind` reconstruction: the
    mean square of what an example's entries are off, and no accuracy, which
    is NaN.
    """
    usual = "binary" if scores.shape[-1] == 1 else "classes"
    rule = {
        "binary": _binary,
        "classes": _classes,
        "reconstruction": _reconstruction,
    }[kind or usual]
    losses, right = rule(scores, batch.targets)
    weights = np.asarray(batch.weights, np.float64)
    total = weights.sum()
    accuracy = float((right * weights).sum() / total)
    return (losses * weights).sum() / total, accuracy


def _classes(
    scores: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    shifted = scores - scores.real.max(-1, keepdims=True)
    total = np.log(np.exp(shifted).sum(-1))
    chosen = np.take_along_axis(shifted, np.asarray(targets)[..., None], -1)
    return total - chosen[..., 0], scores.real.argmax(-1) == targets


def _binary(
    scores: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    scores = scores[:, 0]
    yes = scores.real > 0
    losses = np.where(yes, scores, 0) - scores * targets
    losses = losses + np.log1p(np.exp(np.where(yes, -scores, scores)))
    return losses, yes == (targets > 0)


def _reconstruction(
    scores: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    squares = (scores - targets) ** 2
    losses = squares.reshape(len(scores), -1).mean(1)
    return losses, np.full(len(scores), np.nan)


def train(
    params: Params, gradients: Iterable[Params], setting: Setting
) -> Params:
    """Parameters after one optimiser step for each set of gradients.

    Adam as in Kingma 2015, algorithm 1: epsilon is added after bias
    correction. SGD is the plain rule. A gradient longer than `clip`, over
    all that is trained, is scaled to that length (Pascanu 2013).
    """
    params = {name: np.array(v, np.float64) for name, v in params.items()}
    mean = {name: np.zeros_like(value) for name, value in params.items()}
    square = {name: np.zeros_like(value) for name, value in params.items()}
    beta1, beta2 = setting.beta1, setting.beta2
    for step, each in enumerate(gradients, 1):
        factor = clipped(each, setting.clip)
        for name in params:
            gradient = np.asarray(each[name], np.float64) * factor
            if setting.optimiser == "sgd":
                params[name] = params[name] - setting.rate * gradient
                continue
            mean[name] = beta1 * mean[name] + (1 - beta1) * gradient
            square[name] = beta2 * square[name] + (1 - beta2) * gradient**2
            corrected = mean[name] / (1 - beta1**step)
            root = np.sqrt(square[name] / (1 - beta2**step))
            params[name] = params[name] - setting.rate * corrected / (
                root + setting.epsilon
            )
    return params


def clipped(gradients: Params, clip: float | None) -> float:
    """What a step multiplies its gradient by: min(1, clip / its length)."""
    if clip is None:
        return 1.0
    squares = sum((np.float64(one) ** 2).sum() for one in gradients.values())
    return min(1.0, clip / float(np.sqrt(squares)))


def directions(params: Params, count: int, seed: int) -> Params:
    """Name -> (count, *shape): random, each of length one."""
    drawn = {}
    for number, (name, value) in enumerate(params.items()):
        random = np.random.default_rng((seed, number))
        normal = random.normal(size=(count, value.size))
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        drawn[name] = normal.reshape(count, *np.shape(value))
    return drawn


def project(gradients: Params, along: Params) -> Params:
    """Name -> (count,): the gradient of each array along its directions."""
    return {
        name: np.array([(gradients[name] * one).sum() for one in each])
        for name, each in along.items()
    }


def derivatives(
    function: Callable[[Params], Any], params: Params, along: Params
) -> Params:
    """What `project` gives, of a function alone; right to the last bits.

    A step into the complex plane has no difference of two nearly equal
    numbers in it: f'(x) = Im f(x + ih) / h (Squire and Trapp 1998). The
    function must be made of what NumPy continues there: no abs, no float64
    that is written into.
    """

    def derivative(name: str, direction: np.ndarray) -> float:
        moved = params[name] + 1j * _STEP * direction
        return float(np.imag(function(params | {name: moved})) / _STEP)

    return {
        name: np.array([derivative(name, one) for one in each])
        for name, each in along.items()
    }
