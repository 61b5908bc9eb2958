"""GPT in plain NumPy: the decoder of a Transformer alone (slide 31)."""

import numpy as np

from impls.gpt.spec import Spec
from impls.interface import Params
from impls.multihead.reference import attention, causal, norm, qkv
from impls.training.reference import dropout_factors
from impls.transformer.reference import unit

State = tuple[np.ndarray, ...]
PARTS = ("q", "k", "v", "scores", "weights", "sum")


def logits(spec: Spec, params: Params, tokens: np.ndarray) -> np.ndarray:
    """(batch, time) -> (batch, time, vocab)

    In float64, of the symbol behind each, which depends on no later one.
    """
    return _logits(spec, params, tokens, {})[0]


def training(
    spec: Spec,
    params: Params,
    tokens: np.ndarray,
    masks: Params | None = None,
) -> tuple[np.ndarray, Params]:
    """Logits (batch, time, vocab) in training, and no statistics: {}.

    Raises ValueError where units are dropped and masks are missing.
    """
    return _logits(spec, params, tokens, dropout_factors(spec, masks))[0], {}


def weights(spec: Spec, params: Params, tokens: np.ndarray) -> np.ndarray:
    """(batch, time) -> (batch, layer, head, time, time)

    What each symbol attends to: rows that add up to one, with exactly 0 for
    what is later.
    """
    return _logits(spec, params, tokens, {})[1]


def parts(spec: Spec, params: Params, tokens: np.ndarray) -> Params:
    """Self-attention of the last unit in parts (slides 26 and 27).

    tokens (batch, time). `q`, `k`, `v` and `sum`, the weighted one, are
    (batch, head, time, depth). `scores`, scaled as the model does, and
    `weights` are (batch, head, time, time), NaN and 0 for what is later.
    """
    last = spec.layers - 1
    x, _ = _read(spec, params, tokens, {}, last)
    x = norm(x, params[f"units.{last}.norms.0.scale"])
    q, k, v = qkv(spec, params, f"units.{last}.attention", x)
    keep = causal(tokens.shape[1])
    scores = np.where(keep, q @ k.swapaxes(-1, -2) * spec.scale, np.nan)
    total, weights = attention(q, k, v, keep, spec.scale)
    every = q, k, v, scores, weights, total
    return dict(zip(PARTS, every, strict=True))


def start(
    spec: Spec, params: Params, tokens: np.ndarray
) -> tuple[np.ndarray, State]:
    """The last symbols (batch,) of prompts (batch, time), and the state: the
    number of symbols before them (batch,) and the window of the text.

    Of a prompt longer than the context, its end. There is no cache: each
    step reads the whole window.
    """
    tokens = tokens[:, -spec.time :]
    batch, time = tokens.shape
    window = np.pad(tokens, ((0, 0), (0, spec.time - time)))
    return tokens[:, -1], (np.full(batch, time - 1, np.int32), window)


def step(
    spec: Spec, params: Params, token: np.ndarray, state: State
) -> tuple[np.ndarray, State]:
    """Logits (batch, vocab) of the symbol behind `token`, and the state.

    Where the window is full, its last `spec.kept` symbols become the first.
    """
    position, window = state
    if position[0] == spec.time:
        window = np.roll(window, spec.kept, 1)
        position = np.full_like(position, spec.kept)
    here = np.arange(spec.time) == position[:, None]
    window = np.where(here, token[:, None], window)
    read = logits(spec, params, window[:, : position[0] + 1])
    return read[:, -1], (position + 1, window)


def _logits(
    spec: Spec, params: Params, tokens: np.ndarray, factors: Params
) -> tuple[np.ndarray, np.ndarray]:
    """Logits (batch, time, vocab), weights (batch, layer, head, time, time)."""
    x, weights = _read(spec, params, tokens, factors, spec.layers)
    x = norm(x, params["norm.scale"]) @ params["embedding.embedding"].T
    return spec.logit_scale * x, np.stack(weights, 1)


def _read(
    spec: Spec,
    params: Params,
    tokens: np.ndarray,
    factors: Params,
    units: int,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """x (batch, time, width) behind so many units, and weights of each."""
    time = tokens.shape[1]
    x = params["embedding.embedding"][tokens]
    x = x + params["position.embedding"][:time]
    x, weights = x * factors.get("dropout", 1), []
    for n in range(units):
        x, own = unit(spec, params, f"units.{n}", x, causal(time), factors)
        weights.append(own)
    return x, weights
