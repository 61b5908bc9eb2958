"""The chapter's convolutional network in plain NumPy (slides 7-11)."""

from collections.abc import Callable

import numpy as np

from impls.cnn.spec import Spec
from impls.interface import Params


def logits(spec: Spec, params: Params, image: np.ndarray) -> np.ndarray:
    """(batch, height, width, channel) -> (batch, class), float64.

    The slide ends in a softmax; here it belongs to the objective.
    """
    x = np.asarray(image, np.float64)
    pool = {"max": max_pool, "average": average_pool}[spec.pooling]
    for layer in ("first", "second"):
        kernel, bias = params[f"{layer}.kernel"], params[f"{layer}.bias"]
        x = pool(relu(convolve(x, kernel) + bias), spec.pool)
    x = x.reshape(len(x), -1)  # (batch, feature): height, width, channel
    x = relu(x @ params["hidden.kernel"] + params["hidden.bias"])
    return x @ params["head.kernel"] + params["head.bias"]


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0), element by element: (...) -> (...)."""
    return np.where(x > 0, x, 0)


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Inner product of every patch with every filter (slide 7).

    image (batch, height, width, channel), kernel (row, column, channel,
    filter) -> (batch, height - row + 1, width - column + 1, filter).
    """
    rows, columns = kernel.shape[:2]
    height = image.shape[1] - rows + 1
    width = image.shape[2] - columns + 1
    shape = len(image), height, width, kernel.shape[3]
    out = np.zeros(shape, np.result_type(image, kernel))
    for y in range(height):
        for x in range(width):
            patch = image[:, y : y + rows, x : x + columns]
            out[:, y, x] = np.tensordot(patch, kernel, 3)
    return out


def max_pool(image: np.ndarray, size: int) -> np.ndarray:
    """The largest of every size x size window (slide 9).

    Windows do not overlap; what does not fill one is dropped.
    """
    return _pooled(image, size, np.max)


def average_pool(image: np.ndarray, size: int) -> np.ndarray:
    """The mean of every size x size window (slide 9), as `max_pool`."""
    return _pooled(image, size, np.mean)


def _pooled(
    image: np.ndarray, size: int, one_of: Callable[..., np.ndarray]
) -> np.ndarray:
    height, width = image.shape[1] // size, image.shape[2] // size
    out = np.zeros((len(image), height, width, image.shape[3]), image.dtype)
    for y in range(height):
        for x in range(width):
            rows = slice(y * size, (y + 1) * size)
            columns = slice(x * size, (x + 1) * size)
            out[:, y, x] = one_of(image[:, rows, columns], (1, 2))
    return out
