"""A long short-term memory over a review in plain NumPy (slides 17-19)."""

import numpy as np

from impls.interface import Params
from impls.lstm.spec import Spec


def scores(spec: Spec, params: Params, tokens: np.ndarray) -> np.ndarray:
    """(batch, time) -> (batch, 1), float64: from the last h."""
    x = params["embedding.embedding"][tokens]  # (batch, time, width)
    h = c = np.zeros((len(x), spec.hidden))
    for t in range(x.shape[1]):
        h, c = step(x[:, t], h, c, params, "lstm")
    return h @ params["head.kernel"] + params["head.bias"]


def step(
    x: np.ndarray, h: np.ndarray, c: np.ndarray, params: Params, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """The next h and c, both (batch, hidden), of the LSTM called `name`.

    Slide 18: what is forgotten, what is added and what is shown are each a
    share, a sigmoid of [h, x]; slide 19: c keeps what is not forgotten.
    """
    gates = (
        x @ params[f"{name}.kernel"]
        + h @ params[f"{name}.recurrent_kernel"]
        + params[f"{name}.bias"]
    )
    add, keep, new, show = np.split(gates, 4, -1)
    c = sigmoid(keep) * c + sigmoid(add) * np.tanh(new)
    return sigmoid(show) * np.tanh(c), c


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), written so that exp cannot overflow."""
    return 0.5 * (np.tanh(0.5 * x) + 1)
