"""Attention, layer normalization and GELU in plain NumPy, float64.

Every function accepts complex numbers, for complex-step differentiation.
"""

import math
from typing import Any

import numpy as np

from impls.interface import Params
from impls.multihead import EPSILON

_erf = np.vectorize(math.erf, otypes=[float])


def attention(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, keep: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """The mean of the values v, weighted, and the weights (slide 27).

    q (batch, head, query, depth), k (batch, head, key, depth), v likewise;
    weights (batch, head, query, key): softmax of q k^T scale over the keys
    where `keep`, broadcast to them, is True.
    """
    scores = q @ k.swapaxes(-1, -2) * scale
    weights = softmax(scores, np.broadcast_to(keep, scores.shape))
    return weights @ v, weights


def softmax(scores: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """exp(score) / sum of exp(score), of entries where `keep` is True."""
    highest = np.where(keep, scores.real, -np.inf).max(-1, keepdims=True)
    powers = np.where(keep, np.exp(np.where(keep, scores - highest, 0)), 0)
    return powers / powers.sum(-1, keepdims=True)


def causal(time: int) -> np.ndarray:
    """(time, time): whether a symbol (row) reads another (column)."""
    return np.arange(time)[:, None] >= np.arange(time)


def self_attention(
    spec: Any, params: Params, name: str, x: np.ndarray, keep: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """q, k and v of the same symbols: x (batch, time, width), and weights."""
    q, k, v = qkv(spec, params, name, x)
    x, weights = attention(q, k, v, keep, spec.scale)
    return join(x) @ params[f"{name}.merge.kernel"], weights


def qkv(
    spec: Any, params: Params, name: str, x: np.ndarray
) -> list[np.ndarray]:
    """x (batch, time, width) -> q, k, v (batch, head, time, depth)"""
    depths = spec.key, spec.key, spec.value
    return heads(spec, x @ params[f"{name}.qkv.kernel"], depths)


def source_attention(
    spec: Any,
    params: Params,
    name: str,
    x: np.ndarray,
    memory: np.ndarray,
    keep: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """q of the target x, k and v of the encoder's output (slide 30)."""
    (q,) = heads(spec, x @ params[f"{name}.q.kernel"], (spec.key,))
    kv = memory @ params[f"{name}.kv.kernel"]
    k, v = heads(spec, kv, (spec.key, spec.value))
    x, weights = attention(q, k, v, keep, spec.scale)
    return join(x) @ params[f"{name}.merge.kernel"], weights


def heads(
    spec: Any, x: np.ndarray, depths: tuple[int, ...]
) -> list[np.ndarray]:
    """(batch, time, ...) -> several (batch, head, time, depth).

    The columns are those of q, k and v, each of them head by head.
    """
    ends = np.cumsum([spec.heads * depth for depth in depths])[:-1]
    return [
        part.reshape(*part.shape[:2], spec.heads, depth).swapaxes(1, 2)
        for part, depth in zip(np.split(x, ends, -1), depths, strict=True)
    ]


def join(x: np.ndarray) -> np.ndarray:
    """(batch, head, time, depth) -> (batch, time, head * depth)"""
    x = x.swapaxes(1, 2)
    return x.reshape(*x.shape[:2], -1)


def norm(x: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Mean 0 and variance 1 over the last axis, then scaled (Ba 2016)."""
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred * centred).mean(-1, keepdims=True)
    return centred / np.sqrt(variance + EPSILON) * scale


def gelu(x: np.ndarray) -> np.ndarray:
    """x times the normal distribution's P(X <= x) (Hendrycks 2016)."""
    return x * (1 + erf(x / math.sqrt(2))) / 2


def erf(x: np.ndarray) -> np.ndarray:
    """Real error function; of x + ih its derivative times h as well."""
    if not np.iscomplexobj(x):
        return _erf(x)
    slope = 2 / math.sqrt(math.pi) * np.exp(-(x.real**2))
    return _erf(x.real) + 1j * slope * x.imag
