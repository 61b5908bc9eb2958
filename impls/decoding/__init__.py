"""Greedy decoding, sampling and beam search.

A decoder has `start`, which returns the first symbol and the state, and
`step(token, state) -> (logits, state)`. Each framework runs the algorithm of
`reference` as one program.
"""

from typing import NamedTuple

from impls.sequences import PADDING


class Rule(NamedTuple):
    """The parameters of decoding, for all frameworks."""

    length: int  # largest number of symbols
    width: int = 1  # hypotheses of a beam; 1: greedy
    end: int = -1  # the symbol that ends a sequence; -1: none
    padding: int = PADDING  # the symbol after the end
    dtype: str = "float64"  # of logits
