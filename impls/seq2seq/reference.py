"""Encoder and decoder in plain NumPy (slide 24; cells: slides 18-19)."""

import numpy as np

from impls.interface import Params
from impls.lstm import reference as lstm
from impls.seq2seq.spec import Spec
from impls.training.reference import dropout_factors

State = tuple[np.ndarray, ...]


def logits(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
) -> np.ndarray:
    """(batch, time), (batch,), (batch, step) -> (batch, step, vocab)

    In float64. What stands in a source behind its length is not read.
    """
    return _logits(spec, params, source, lengths, target, {})


def training(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
    masks: Params | None = None,
) -> tuple[np.ndarray, Params]:
    """Logits (batch, step, vocab) in training, and no statistics: {}.

    Raises ValueError where units are dropped and masks are missing.
    """
    factors = dropout_factors(spec, masks)
    return _logits(spec, params, source, lengths, target, factors), {}


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
    """Logits (batch, vocab) of the symbol behind `token`, and h and c."""
    x = params["target.embedding"][token]
    h, c = lstm.step(x, *state, params, "decoder")
    return head(params, h), (h, c)


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
    left = lstm.read(x, params, "encoder.forward", lengths)
    right = lstm.read(x, params, "encoder.backward", lengths, backward=True)
    return np.concatenate([left, right], -1)


def opening(params: Params, memory: np.ndarray, lengths: np.ndarray) -> State:
    """The decoder's first h, a tanh of both last states, and c = 0."""
    half = memory.shape[-1] // 2
    rows = np.arange(len(memory))
    last, first = memory[rows, lengths - 1, :half], memory[:, 0, half:]
    summary = np.concatenate([last, first], -1)
    h = np.tanh(summary @ params["bridge.kernel"] + params["bridge.bias"])
    return h, np.zeros_like(h)


def head(
    params: Params, x: np.ndarray, factor: np.ndarray | float = 1
) -> np.ndarray:
    """(batch, feature) -> (batch, vocab)"""
    x = np.tanh(x @ params["combine.kernel"] + params["combine.bias"]) * factor
    return x @ params["head.kernel"] + params["head.bias"]


def _logits(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
    factors: Params,
) -> np.ndarray:
    memory = encode(params, source, lengths, factors.get("dropout.0", 1))
    state, steps = opening(params, memory, lengths), []
    ones = np.ones((1, target.shape[1], 1))
    words, units = (factors.get(f"dropout.{n}", ones) for n in (1, 2))
    for t in range(target.shape[1]):
        x = params["target.embedding"][target[:, t]] * words[:, t]
        state = lstm.step(x, *state, params, "decoder")
        steps.append(head(params, state[0], units[:, t]))
    return np.stack(steps, 1)
