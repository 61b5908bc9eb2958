"""The chapter's bidirectional LSTM in plain NumPy (slides 17-20, 23)."""

import numpy as np

from impls.bilstm.spec import Spec
from impls.interface import Params


def logits(spec: Spec, params: Params, tokens: np.ndarray) -> np.ndarray:
    """(batch, time) -> (batch, 1), float64.

    One LSTM reads from the left, one from the right; the logit comes
    from their last states side by side.
    """
    x = params["embedding.embedding"][tokens]  # (batch, time, width)
    forward = lstm(x, _layer(params, "lstm.forward"))
    backward = lstm(x[:, ::-1], _layer(params, "lstm.backward"))
    state = np.concatenate([forward, backward], -1)  # (batch, feature)
    return state @ params["head.kernel"] + params["head.bias"]


def lstm(x: np.ndarray, layer: Params) -> np.ndarray:
    """(batch, time, width) -> (batch, hidden): the last h (slides 18-19)."""
    hidden = len(layer["recurrent_kernel"])
    h = c = np.zeros((len(x), hidden))
    for t in range(x.shape[1]):
        gates = x[:, t] @ layer["kernel"]
        gates = gates + h @ layer["recurrent_kernel"] + layer["bias"]
        i, f, cell, o = np.split(gates, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(cell)
        h = sigmoid(o) * np.tanh(c)
    return h


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), written so that exp cannot overflow."""
    return 0.5 * (np.tanh(0.5 * x) + 1)


def _layer(params: Params, name: str) -> Params:
    leaves = ("kernel", "recurrent_kernel", "bias")
    return {leaf: params[f"{name}.{leaf}"] for leaf in leaves}
