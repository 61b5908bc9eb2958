"""A long short-term memory over a review in plain NumPy (slides 17-19)."""

import numpy as np

from impls.bilstm.reference import sigmoid
from impls.interface import Params
from impls.lstm.spec import Spec


def logits(spec: Spec, params: Params, tokens: np.ndarray) -> np.ndarray:
    """(batch, time) -> (batch, 1), float64: from the last h."""
    x = params["embedding.embedding"][tokens]  # (batch, time, width)
    h = read(x, params, "lstm")[:, -1]  # (batch, hidden)
    return h @ params["head.kernel"] + params["head.bias"]


def read(
    x: np.ndarray,
    params: Params,
    name: str,
    lengths: np.ndarray | None = None,
    backward: bool = False,
) -> np.ndarray:
    """x (batch, time, feature) -> (batch, time, hidden): every h in turn.

    From the last step to the first where `backward`. lengths (batch,):
    where a sentence is over, or has not begun, the state stays as it was.
    """
    h = c = np.zeros((len(x), len(params[f"{name}.recurrent_kernel"])))
    states = {}
    for t in range(x.shape[1])[:: -1 if backward else 1]:
        new_h, new_c = step(x[:, t], h, c, params, name)
        within = True if lengths is None else (t < lengths)[:, None]
        h, c = np.where(within, new_h, h), np.where(within, new_c, c)
        states[t] = h
    return np.stack([states[t] for t in sorted(states)], 1)


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
