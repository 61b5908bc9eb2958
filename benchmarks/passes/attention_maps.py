"""Attention weights of one sentence, computed by the reference.

From the trained parameters, in float64: no framework gives out the weights
of its fused kernels.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from impls.interface import Params, Spec


class Map(NamedTuple):
    """What each symbol of one side attends to on the other."""

    of: str  # which attention, layer and head; empty: the model has but one
    down: list[str]  # symbols that attend, a row each
    across: list[str]  # symbols attended to, a column each
    weights: np.ndarray  # (down, across)


class Words(NamedTuple):
    """The symbols of a pair in writing."""

    source: list[str]
    read: list[str]  # by the decoder: the start sign and what precedes
    written: list[str]


def maps(
    reference: Any,
    spec: Spec,
    params: Params,
    inputs: tuple[np.ndarray, ...],
    words: Words,
    every_head: bool,
) -> Iterator[Map]:
    """Maps of a pair: inputs are (1, time), (1,) and (1, step).

    The first one is that of the target to the source; of a model with heads,
    the mean of the last layer's. every_head: each of its heads follows, of
    the encoder's and the decoder's attention to themselves as well.
    """
    count = len(words.source)
    to_source = reference.weights(spec, params, *inputs)[0, ..., :count]
    if to_source.ndim == 2:
        yield Map("", words.written, words.source, to_source)
        return
    layers = len(to_source)
    of = f"mean of the heads, layer {layers} of {layers}"
    yield Map(of, words.written, words.source, to_source[-1].mean(0))
    if not every_head:
        return
    every = reference.maps(spec, params, *inputs)
    for kind, down, across in (
        ("source", words.written, words.source),
        ("encoder", words.source, words.source),
        ("decoder", words.written, words.read),
    ):
        weights = every[kind][0][..., : len(down), : len(across)]
        for layer, head in np.ndindex(weights.shape[:2]):
            of = f"{kind}, layer {layer + 1}, head {head + 1}"
            yield Map(of, down, across, weights[layer, head])
