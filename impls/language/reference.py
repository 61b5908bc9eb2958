"""A model of language in plain NumPy (slide 15; cells: slides 18-19)."""

import numpy as np

from impls.interface import Params
from impls.language.spec import Spec
from impls.lstm import reference as lstm

State = tuple[np.ndarray, ...]


def logits(
    spec: Spec,
    params: Params,
    tokens: np.ndarray,
    fresh: np.ndarray,
    state: State | None = None,
) -> np.ndarray:
    """(batch, time), (batch,) -> (batch, time, vocab)

    float64, of each next character. Where `fresh` is 1, the stream starts from
    a zero state.
    """
    return _read(spec, params, tokens, fresh, state)[0]


def final_state(
    spec: Spec,
    params: Params,
    tokens: np.ndarray,
    fresh: np.ndarray,
    state: State | None = None,
) -> State:
    """h and c, both (batch, hidden), after the window's last character."""
    return _read(spec, params, tokens, fresh, state)[1]


def start(
    spec: Spec, params: Params, tokens: np.ndarray
) -> tuple[np.ndarray, State]:
    """The last character of a prompt (batch, time), and h and c before it."""
    fresh = np.ones(len(tokens))
    return tokens[:, -1], final_state(spec, params, tokens[:, :-1], fresh)


def step(
    spec: Spec, params: Params, token: np.ndarray, state: State
) -> tuple[np.ndarray, State]:
    """Logits (batch, vocab) of what follows a character, and h and c."""
    x = params["embedding.embedding"][token]
    h, c = lstm.step(x, state[0], state[1], params, "lstm")
    return h @ params["head.kernel"] + params["head.bias"], (h, c)


def _read(
    spec: Spec,
    params: Params,
    tokens: np.ndarray,
    fresh: np.ndarray,
    state: State | None,
) -> tuple[np.ndarray, State]:
    zeros = np.zeros((len(tokens), spec.hidden))
    goes_on = (1 - np.asarray(fresh, float))[:, None]
    h, c = (x * goes_on for x in state or (zeros, zeros))
    logits = np.zeros((len(tokens), 0, spec.vocab))
    for t in range(tokens.shape[1]):
        following, (h, c) = step(spec, params, tokens[:, t], (h, c))
        logits = np.concatenate([logits, following[:, None]], 1)
    return logits, (h, c)
