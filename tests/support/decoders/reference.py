"""The small models in plain NumPy."""

import numpy as np

from impls.sequences import START


def start(spec, params, source):
    """source (batch, time) -> the first symbol and the state."""
    hidden = params["source.embedding"][source].sum(1)
    return np.full(len(source), START, np.int32), (hidden,)


def start_stream(spec, params, tokens):
    """tokens (batch, time) -> the last of them and the state before it."""
    hidden = np.zeros((len(tokens), spec.hidden))
    for token in tokens[:, :-1].T:
        hidden = step(spec, params, token, (hidden,))[1][0]
    return tokens[:, -1], (hidden,)


def step(spec, params, token, state):
    """Logits of the next symbol (batch, vocab), and the state."""
    again = state[0] @ params["again.kernel"] + params["again.bias"]
    hidden = np.tanh(params["target.embedding"][token] + again)
    return hidden @ params["head.kernel"] + params["head.bias"], (hidden,)


def logits(spec, params, source, target):
    """Logits after each symbol of the target: (batch, time, vocab)."""
    return _read(spec, params, target, start(spec, params, source)[1])[0]


def stream(spec, params, tokens, fresh, state):
    """Logits after each symbol of a window, and the state."""
    state = tuple(x * (1 - fresh[:, None]) for x in state)
    return _read(spec, params, tokens, state)


def _read(spec, params, tokens, state):
    actual = []
    for token in tokens.T:
        one, state = step(spec, params, token, state)
        actual.append(one)
    return np.stack(actual, 1), state
