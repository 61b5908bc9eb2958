"""The deep network of dense layers in plain NumPy (slide 4)."""

from collections.abc import Mapping

import numpy as np

from impls.interface import Params
from impls.mlp.spec import Spec
from impls.training.reference import dropout_factors


def logits(spec: Spec, params: Params, image: np.ndarray) -> np.ndarray:
    """(batch, height, width, channel) -> (batch, class), float64."""
    return _logits(spec, params, image, {})


def training(
    spec: Spec,
    params: Params,
    image: np.ndarray,
    masks: Params | None = None,
) -> tuple[np.ndarray, Params]:
    """Logits (batch, class) in training, and no statistics: {}.

    The slide disables units in training and scales by the share that was
    kept in use; here training divides by it, which is the same expectation
    and leaves use alone. A mask of each layer (batch, hidden) is 1 where a
    unit stays. Raises ValueError where units are dropped and masks missing.
    """
    return _logits(spec, params, image, dropout_factors(spec, masks)), {}


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0), element by element."""
    return np.where(x.real > 0, x, 0)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-x), element by element."""
    return 1 / (1 + np.exp(-x))


def _logits(
    spec: Spec,
    params: Params,
    image: np.ndarray,
    factors: Mapping[str, np.ndarray],
) -> np.ndarray:
    activation = {"relu": relu, "sigmoid": sigmoid}[spec.activation]
    x = np.asarray(image, np.float64).reshape(len(image), -1)
    for n in range(spec.depth):
        kernel, bias = params[f"hidden.{n}.kernel"], params[f"hidden.{n}.bias"]
        x = activation(x @ kernel + bias) * factors.get(f"dropout.{n}", 1)
    return x @ params["head.kernel"] + params["head.bias"]
