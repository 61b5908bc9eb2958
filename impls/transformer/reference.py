"""The Transformer in plain NumPy (slides 28 to 30)."""

from typing import Any

import numpy as np

from impls.interface import Params
from impls.multihead.reference import (
    causal,
    gelu,
    norm,
    self_attention,
    source_attention,
)
from impls.training.reference import dropout_factors
from impls.transformer.spec import Spec

State = tuple[np.ndarray, ...]
Maps = dict[str, np.ndarray]


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
    return _logits(spec, params, source, lengths, target, {})[0]


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
    return _logits(spec, params, source, lengths, target, factors)[0], {}


def weights(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
) -> np.ndarray:
    """(batch, time), (batch,), (batch, step)
    -> (batch, layer, head, step, time)

    What each step of the decoder attends to in the source: rows that add up
    to one. See `maps` for the units' self-attention.
    """
    return maps(spec, params, source, lengths, target)["source"]


def maps(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
) -> Maps:
    """All weights, each (batch, layer, head, query, key).

    `encoder`: of the source to itself; `decoder`: of the target to itself;
    `source`: of the target to the source.
    """
    return _logits(spec, params, source, lengths, target, {})[1]


def start(
    spec: Spec, params: Params, source: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, State]:
    """The first symbols (batch,); memory (batch, time, width), which of it to
    keep (batch, time), the number of symbols read (batch,) and the symbols.

    There is no cache: each step reads all that has been written.
    """
    memory, _ = _encode(spec, params, source, lengths, {})
    batch = len(source)
    keep = np.arange(source.shape[1]) < lengths[:, None]
    target = np.zeros((batch, spec.max_new_tokens), np.int32)
    first = np.full(batch, spec.first, np.int32)
    return first, (memory, keep, np.zeros(batch, np.int32), target)


def step(
    spec: Spec, params: Params, token: np.ndarray, state: State
) -> tuple[np.ndarray, State]:
    """Logits (batch, vocab) of the symbol behind `token`, and the state."""
    memory, keep, position, target = state
    here = np.arange(target.shape[1]) == position[:, None]
    target = np.where(here, token[:, None], target)
    read = target[:, : position[0] + 1]
    x, _ = _decode(spec, params, read, memory, keep, {})
    return x[:, -1], (memory, keep, position + 1, target)


def unit(
    spec: Any,
    params: Params,
    name: str,
    x: np.ndarray,
    keep: np.ndarray,
    factors: Params,
    between: Any = None,
) -> tuple[np.ndarray, np.ndarray]:
    """x (batch, time, width), and the weights of its self-attention.

    x + attention(norm(x)), then x + feed_forward(norm(x)); the slide's norm
    stands behind the skip connection, here it stands before the part, which
    trains without warm-up (Xiong 2020). between: what happens to x between
    them.
    """
    drop = [factors.get(f"{name}.dropout.{n}", 1) for n in range(2)]
    y = norm(x, params[f"{name}.norms.0.scale"])
    y, weights = self_attention(spec, params, f"{name}.attention", y, keep)
    x = x + y * drop[0]
    x = between(x) if between else x
    y = norm(x, params[f"{name}.norms.1.scale"])
    y = gelu(y @ params[f"{name}.feed_forward.inner.kernel"])
    y = y @ params[f"{name}.feed_forward.outer.kernel"]
    return x + y * drop[1], weights


def positions(time: int, width: int) -> np.ndarray:
    """(time, width): sines and cosines in turn (Vaswani 2017, section 3.5)."""
    feature = np.arange(width)
    angle = np.arange(time)[:, None] / 10000 ** (
        (feature - feature % 2) / width
    )
    return np.where(feature % 2, np.cos(angle), np.sin(angle))


def _embedded(
    spec: Spec, table: np.ndarray, tokens: np.ndarray, factor: Any
) -> np.ndarray:
    x = table[tokens] * np.sqrt(spec.width)
    return (x + positions(tokens.shape[1], spec.width)) * factor


def _encode(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    factors: Params,
) -> tuple[np.ndarray, np.ndarray]:
    keep = (np.arange(source.shape[1]) < lengths[:, None])[:, None, None]
    factor = factors.get("dropout.0", 1)
    x = _embedded(spec, params["source.embedding"], source, factor)
    weights = []
    for n in range(spec.layers):
        x, own = unit(spec, params, f"encoder.{n}", x, keep, factors)
        weights.append(own)
    return norm(x, params["encoder_norm.scale"]), np.stack(weights, 1)


def _decode(
    spec: Spec,
    params: Params,
    target: np.ndarray,
    memory: np.ndarray,
    keep: np.ndarray,
    factors: Params,
) -> tuple[np.ndarray, Maps]:
    """Logits (batch, step, vocab) after each symbol, and weights."""
    factor = factors.get("dropout.1", 1)
    x = _embedded(spec, params["target.embedding"], target, factor)
    own, other = [], []
    for n in range(spec.layers):
        name = f"decoder.{n}"

        def between(x: np.ndarray, name: str = name) -> np.ndarray:
            y = norm(x, params[f"{name}.source_norm.scale"])
            y, weights = source_attention(
                spec, params, f"{name}.source", y, memory, keep[:, None, None]
            )
            other.append(weights)
            return x + y * factors.get(f"{name}.source_dropout", 1)

        past = causal(target.shape[1])
        x, weights = unit(spec, params, name, x, past, factors, between)
        own.append(weights)
    x = norm(x, params["decoder_norm.scale"])
    maps = {"decoder": np.stack(own, 1), "source": np.stack(other, 1)}
    return x @ params["target.embedding"].T, maps


def _logits(
    spec: Spec,
    params: Params,
    source: np.ndarray,
    lengths: np.ndarray,
    target: np.ndarray,
    factors: Params,
) -> tuple[np.ndarray, Maps]:
    memory, weights = _encode(spec, params, source, lengths, factors)
    keep = np.arange(source.shape[1]) < lengths[:, None]
    x, maps = _decode(spec, params, target, memory, keep, factors)
    return x, {"encoder": weights, **maps}
