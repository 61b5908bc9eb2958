"""A label for every word of a sentence in plain NumPy (slides 14, 23)."""

import numpy as np

from impls.interface import Params
from impls.lstm.reference import read
from impls.tagger.spec import Spec
from impls.training.reference import dropout_factors

EMBEDDINGS = "words", "suffixes", "forms"


def logits(
    spec: Spec,
    params: Params,
    words: np.ndarray,
    suffixes: np.ndarray,
    forms: np.ndarray,
    lengths: np.ndarray,
) -> np.ndarray:
    """words (batch, time), lengths (batch,) -> (batch, time, class)

    In float64. Behind the end of a sentence stand logits, too: of what
    stands there, with no weight in any loss.
    """
    return _logits(spec, params, (words, suffixes, forms), lengths, {})


def training(
    spec: Spec,
    params: Params,
    words: np.ndarray,
    suffixes: np.ndarray,
    forms: np.ndarray,
    lengths: np.ndarray,
    masks: Params | None = None,
) -> tuple[np.ndarray, Params]:
    """Logits (batch, time, class) in training, and no statistics: {}.

    Raises ValueError where units are dropped and masks are missing.
    """
    symbols = words, suffixes, forms
    factors = dropout_factors(spec, masks)
    return _logits(spec, params, symbols, lengths, factors), {}


def order(lengths: np.ndarray, time: int) -> np.ndarray:
    """Each sentence from its last word to its first: (batch,) -> (batch, time)

    Behind it stand the places of padding, as they were.
    """
    return np.array([[*range(n)][::-1] + [*range(n, time)] for n in lengths])


def _logits(
    spec: Spec,
    params: Params,
    symbols: tuple[np.ndarray, ...],
    lengths: np.ndarray,
    factors: Params,
) -> np.ndarray:
    pairs = zip(EMBEDDINGS, symbols, strict=True)
    parts = [params[f"{name}.embedding"][symbol] for name, symbol in pairs]
    x = np.concatenate(parts, -1) * factors.get("dropout.0", 1)
    rows = np.arange(len(x))[:, None]
    turned = order(lengths, x.shape[1])
    left = read(x, params, "lstm.forward")
    right = read(x[rows, turned], params, "lstm.backward")[rows, turned]
    x = np.concatenate([left, right], -1) * factors.get("dropout.1", 1)
    return x @ params["head.kernel"] + params["head.bias"]
