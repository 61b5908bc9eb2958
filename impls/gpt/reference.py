"""GPT in plain NumPy: the decoder of a Transformer alone (slide 31)."""

import numpy as np

from impls.gpt.spec import Spec
from impls.interface import Params
from impls.multihead.reference import causal, norm
from impls.training.reference import dropout_factors
from impls.transformer.reference import unit

State = tuple[np.ndarray, ...]


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
    time = tokens.shape[1]
    x = params["embedding.embedding"][tokens]
    x = x + params["position.embedding"][:time]
    x = x * factors.get("dropout", 1)
    found = []
    for n in range(spec.layers):
        x, w = unit(spec, params, f"units.{n}", x, causal(time), factors)
        found.append(w)
    x = norm(x, params["norm.scale"]) @ params["embedding.embedding"].T
    return spec.logit_scale * x, np.stack(found, 1)
