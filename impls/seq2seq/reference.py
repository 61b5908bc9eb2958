"""Encoder and decoder in plain NumPy (slide 24; cells: slides 18-19)."""

from collections.abc import Iterable

import numpy as np

from impls.bilstm.reference import sigmoid
from impls.interface import Params
from impls.seq2seq.spec import Spec

State = tuple[np.ndarray, ...]


def scores(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
) -> np.ndarray:
    """(batch, time), (batch,), (batch, step) -> (batch, step, vocab)

    In float64. What stands in a source behind its length is not read.
    """
    return _scores(spec, params, source, lengths, target, {})


def training(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
    masks: Params | None = None,
) -> tuple[np.ndarray, Params]:
    """Scores (batch, step, vocab) in training, and no statistics: {}.

    Raises ValueError where units are dropped and masks are missing.
    """
    factors = kept(spec, masks)
    return _scores(spec, params, source, lengths, target, factors), {}


def start(
    spec: Spec, params: Params, source: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, State]:
    """The first symbols (batch,), and h and c (batch, hidden)."""
    memory = encode(params, source, lengths)
    first = np.full(len(source), spec.first, np.int32)
    return first, opening(params, memory, lengths)


def step(
    spec: Spec, params: Params, token: np.ndarray, state: State
) -> tuple[np.ndarray, State]:
    """Scores (batch, vocab) of the symbol behind `token`, and h and c."""
    x = params["target.embedding"][token]
    h, c = cell(x, *state, layer(params, "decoder"))
    return head(params, h), (h, c)


def kept(spec: Spec, masks: Params | None) -> Params:
    """What each dropout multiplies by: 0, or 1 over the share kept.

    Raises ValueError where units are dropped and masks are missing.
    """
    wanted = spec.masks()
    if wanted and masks is None:
        raise ValueError(f"masks: expected {list(wanted)}, came None")
    given = {name: np.asarray((masks or {})[name], float) for name in wanted}
    return {name: mask / (1 - spec.dropout) for name, mask in given.items()}


def encode(
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    factor: np.ndarray | float = 1,
) -> np.ndarray:
    """source (batch, time), lengths (batch,) -> (batch, time, hidden)

    For each word the state of the LSTM that has read up to it from the
    left, and of the one that has from the right.
    """
    x = params["source.embedding"][source] * factor
    steps = range(source.shape[1])
    forward = read(x, lengths, layer(params, "encoder.forward"), steps)
    backward = read(x, lengths, layer(params, "encoder.backward"), steps[::-1])
    return np.concatenate([forward, backward], -1)


def read(
    x: np.ndarray, lengths: np.ndarray, weights: Params, steps: Iterable[int]
) -> np.ndarray:
    """x (batch, time, width), lengths (batch,) -> (batch, time, hidden)

    One state after another, in the order of `steps`; where a sentence is
    over, or has not begun, the state stays what it was.
    """
    h = c = np.zeros((len(x), len(weights["recurrent_kernel"])))
    states = {}
    for t in steps:
        within = (t < lengths)[:, None]
        new_h, new_c = cell(x[:, t], h, c, weights)
        h, c = np.where(within, new_h, h), np.where(within, new_c, c)
        states[t] = h
    return np.stack([states[t] for t in sorted(states)], 1)


def opening(params: Params, memory: np.ndarray, lengths: np.ndarray) -> State:
    """The decoder's first h, a tanh of both last states, and c = 0."""
    half = memory.shape[-1] // 2
    rows = np.arange(len(memory))
    last, first = memory[rows, lengths - 1, :half], memory[:, 0, half:]
    summary = np.concatenate([last, first], -1)
    h = np.tanh(summary @ params["bridge.kernel"] + params["bridge.bias"])
    return h, np.zeros_like(h)


def cell(
    x: np.ndarray, h: np.ndarray, c: np.ndarray, weights: Params
) -> tuple[np.ndarray, np.ndarray]:
    """The next h and c (batch, hidden) of an LSTM (slides 18-19)."""
    gates = x @ weights["kernel"] + h @ weights["recurrent_kernel"]
    i, f, g, o = np.split(gates + weights["bias"], 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def head(
    params: Params, x: np.ndarray, factor: np.ndarray | float = 1
) -> np.ndarray:
    """(batch, feature) -> (batch, vocab)"""
    x = np.tanh(x @ params["combine.kernel"] + params["combine.bias"]) * factor
    return x @ params["head.kernel"] + params["head.bias"]


def layer(params: Params, name: str) -> Params:
    """Kernels and bias of one LSTM, by their last names."""
    leaves = ("kernel", "recurrent_kernel", "bias")
    return {leaf: params[f"{name}.{leaf}"] for leaf in leaves}


def _scores(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
    factors: Params,
) -> np.ndarray:
    memory = encode(params, source, lengths, factors.get("dropout.0", 1))
    state, found = opening(params, memory, lengths), []
    ones = np.ones((1, target.shape[1], 1))
    words, units = (factors.get(f"dropout.{n}", ones) for n in (1, 2))
    for t in range(target.shape[1]):
        x = params["target.embedding"][target[:, t]] * words[:, t]
        state = cell(x, *state, layer(params, "decoder"))
        found.append(head(params, state[0], units[:, t]))
    return np.stack(found, 1)
