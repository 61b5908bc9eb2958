"""Objectives, optimizers and derivatives in plain NumPy, float64.

Together with a model's `reference.py`, which computes logits, these are the
reference of everything that a Runner computes.
"""

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any

import numpy as np

from impls.interface import Batch, Params, Setting, decayed

_STEP = 1e-30  # of a derivative; its square vanishes beside one


def objective(
    logits: np.ndarray,
    batch: Batch,
    kind: str | None = None,
    smoothing: float = 0.0,
) -> tuple[Any, float]:
    """Loss and accuracy: means over valid targets, by `batch.weights`.

    logits (batch, class) or (batch, time, class): softmax cross-entropy;
    the prediction is the first maximum. (batch, 1): sigmoid cross-entropy;
    a logit above zero predicts 1. kind `mse`: mean squared error of an
    example's entries; the accuracy is NaN. smoothing: share of a label that
    is spread evenly over all classes (Szegedy 2016, section 7).
    """
    usual = "binary_cross_entropy" if logits.shape[-1] == 1 else "cross_entropy"
    rule = {
        "binary_cross_entropy": _binary,
        "cross_entropy": _classes,
        "mse": _reconstruction,
    }[kind or usual]
    losses, right = rule(logits, batch.targets)
    if smoothing:
        spread = _classes_mean(logits)
        losses = (1 - smoothing) * losses + smoothing * spread
    weights = np.asarray(batch.weights, np.float64)
    total = weights.sum()
    accuracy = float((right * weights).sum() / total)
    return (losses * weights).sum() / total, accuracy


def _classes(
    logits: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    shifted = logits - logits.real.max(-1, keepdims=True)
    total = np.log(np.exp(shifted).sum(-1))
    chosen = np.take_along_axis(shifted, np.asarray(targets)[..., None], -1)
    return total - chosen[..., 0], logits.real.argmax(-1) == targets


def _classes_mean(logits: np.ndarray) -> np.ndarray:
    """Mean of the cross-entropy over all classes as the target."""
    shifted = logits - logits.real.max(-1, keepdims=True)
    mean: np.ndarray = np.log(np.exp(shifted).sum(-1)) - shifted.mean(-1)
    return mean


def _binary(
    logits: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    logits = logits[:, 0]
    yes = logits.real > 0
    losses = np.where(yes, logits, 0) - logits * targets
    losses = losses + np.log1p(np.exp(np.where(yes, -logits, logits)))
    return losses, yes == (targets > 0)


def _reconstruction(
    logits: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    squares = (logits - targets) ** 2
    losses = squares.reshape(len(logits), -1).mean(1)
    return losses, np.full(len(logits), np.nan)


def train(
    params: Params,
    gradients: Iterable[Params],
    setting: Setting,
    rates: Iterable[float] | None = None,
) -> Params:
    """Parameters after one optimizer step for each set of gradients.

    Adam as in Kingma 2015, algorithm 1: epsilon is added after bias
    correction. AdamW as in Loshchilov 2019, algorithm 2, its schedule the
    learning rate: what is `decayed` shrinks by it. SGD is the plain rule.
    Gradients whose common norm exceeds `max_grad_norm` are scaled down to it
    (Pascanu 2013). rates: one a step; the setting's by default.
    """
    params = {name: np.array(v, np.float64) for name, v in params.items()}
    mean = {name: np.zeros_like(value) for name, value in params.items()}
    square = {name: np.zeros_like(value) for name, value in params.items()}
    beta1, beta2 = setting.beta1, setting.beta2
    rates = repeat(setting.learning_rate) if rates is None else rates
    steps = zip(gradients, rates, strict=False)
    for number, (step, rate) in enumerate(steps, 1):
        factor = clipped(step, setting.max_grad_norm)
        for name in params:
            gradient = np.asarray(step[name], np.float64) * factor
            if setting.optimizer == "sgd":
                params[name] = params[name] - rate * gradient
                continue
            mean[name] = beta1 * mean[name] + (1 - beta1) * gradient
            square[name] = beta2 * square[name] + (1 - beta2) * gradient**2
            corrected = mean[name] / (1 - beta1**number)
            root = np.sqrt(square[name] / (1 - beta2**number))
            decay = setting.weight_decay if decayed(name) else 0.0
            shrinking = decay * params[name]
            update = corrected / (root + setting.epsilon)
            params[name] = params[name] - rate * (update + shrinking)
    return params


def clipped(gradients: Params, max_norm: float | None) -> float:
    """The factor of a step's gradients: min(1, max_norm / their norm)."""
    if max_norm is None:
        return 1.0
    squares = sum((np.float64(g) ** 2).sum() for g in gradients.values())
    return min(1.0, max_norm / float(np.sqrt(squares)))


def directions(params: Params, count: int, seed: int) -> Params:
    """Name -> (count, *shape): random unit vectors."""
    drawn = {}
    for number, (name, value) in enumerate(params.items()):
        random = np.random.default_rng((seed, number))
        normal = random.normal(size=(count, value.size))
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        drawn[name] = normal.reshape(count, *np.shape(value))
    return drawn


def project(gradients: Params, directions: Params) -> Params:
    """Name -> (count,): the gradient of each array along its directions."""
    return {
        name: np.array([(gradients[name] * vector).sum() for vector in vectors])
        for name, vectors in directions.items()
    }


def derivatives(
    function: Callable[[Params], Any], params: Params, directions: Params
) -> Params:
    """Directional derivatives, as `project` returns, exact to rounding.

    Complex-step differentiation, f'(x) = Im f(x + ih) / h, subtracts no
    nearly equal numbers (Squire and Trapp 1998). The function must accept
    complex arrays: no abs, no assignment into float64 arrays.
    """

    def derivative(name: str, direction: np.ndarray) -> float:
        moved = params[name] + 1j * _STEP * direction
        return float(np.imag(function(params | {name: moved})) / _STEP)

    return {
        name: np.array([derivative(name, vector) for vector in vectors])
        for name, vectors in directions.items()
    }
