"""Encoder and decoder with attention in plain NumPy (slide 25)."""

import numpy as np

from impls.attention.spec import Spec
from impls.interface import Params
from impls.lstm import reference as lstm
from impls.multihead.reference import softmax
from impls.seq2seq.reference import State, encode, head, opening
from impls.training.reference import dropout_factors


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
    return _decoded(spec, params, source, lengths, target, {})[0]


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
    return _decoded(spec, params, source, lengths, target, factors)[0], {}


def weights(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
) -> np.ndarray:
    """(batch, time), (batch,), (batch, step) -> (batch, step, time)

    What each step of the decoder attends to: rows that add up to one.
    """
    return _decoded(spec, params, source, lengths, target, {})[1]


def start(
    spec: Spec, params: Params, source: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, State]:
    """The first symbols (batch,); memory (batch, time, hidden), which of it
    to keep (batch, time), h and c (batch, hidden)."""
    memory = encode(params, source, lengths)
    first = np.full(len(source), spec.first, np.int32)
    keep = np.arange(source.shape[1]) < lengths[:, None]
    return first, (memory, keep, *opening(params, memory, lengths))


def step(
    spec: Spec, params: Params, token: np.ndarray, state: State
) -> tuple[np.ndarray, State]:
    """Logits (batch, vocab) of the symbol behind `token`, and the state."""
    memory, keep, h, c = state
    x = params["target.embedding"][token]
    h, c = lstm.step(x, h, c, params, "decoder")
    x = attended(h, memory, align(h, memory, keep))
    return head(params, x), (memory, keep, h, c)


def align(q: np.ndarray, memory: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """(batch, hidden), (batch, time, hidden), (batch, time) -> (batch, time)

    How much each state of the encoder weighs: softmax over the words of the
    sentence, of the dot product with the decoder's (Luong 2015, eq. 7, 8).
    """
    return softmax((q[:, None] * memory).sum(-1), keep)


def attended(q: np.ndarray, memory: np.ndarray, w: np.ndarray) -> np.ndarray:
    """(batch, hidden), (batch, time, hidden), (batch, time) -> (batch, both)

    The decoder's state, and beside it the mean of the encoder's, weighted.
    """
    context = (w[:, :, None] * memory).sum(1)
    return np.concatenate([q, context], -1)


def _decoded(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
    factors: Params,
) -> tuple[np.ndarray, np.ndarray]:
    """Logits (batch, step, vocab) and weights (batch, step, time)."""
    memory = encode(params, source, lengths, factors.get("dropout.0", 1))
    keep = np.arange(source.shape[1]) < lengths[:, None]
    state, steps = opening(params, memory, lengths), []
    ones = np.ones((1, target.shape[1], 1))
    words, units = (factors.get(f"dropout.{n}", ones) for n in (1, 2))
    for t in range(target.shape[1]):
        x = params["target.embedding"][target[:, t]] * words[:, t]
        state = h, _ = lstm.step(x, *state, params, "decoder")
        w = align(h, memory, keep)
        x = attended(h, memory, w)
        steps.append((head(params, x, units[:, t]), w))
    logits, weights = zip(*steps, strict=True)
    return np.stack(logits, 1), np.stack(weights, 1)
