"""The chapter's simple recurrent network in plain NumPy (slides 14, 22)."""

import numpy as np

from impls.interface import Params
from impls.rnn.spec import Spec


def logits(spec: Spec, params: Params, tokens: np.ndarray) -> np.ndarray:
    """(batch, time) -> (batch, 1), float64.

    h[t] = tanh(W [h[t-1], x[t]] + b), the logit from the last h. The
    slide ends in a sigmoid; here it belongs to the objective.
    """
    x = params["embedding.embedding"][tokens]  # (batch, time, width)
    state = np.zeros((len(x), spec.hidden))
    for t in range(x.shape[1]):
        state = np.tanh(
            x[:, t] @ params["rnn.kernel"]
            + state @ params["rnn.recurrent_kernel"]
            + params["rnn.bias"]
        )
    return state @ params["head.kernel"] + params["head.bias"]
