"""What is generated step by step: the best symbol, or a beam of them.

A decoder has `start`, which gives the first symbol and the state, and
`step(token, state) -> (logits, state)`; what stands in `reference` in plain
NumPy is done by each framework in one program.
"""

from typing import NamedTuple

from impls.sequences import PADDING


class Rule(NamedTuple):
    """How far and how wide: the same words in all columns."""

    length: int  # most symbols
    width: int = 1  # hypotheses of a beam; 1: the best symbol, each time
    end: int = -1  # the symbol that ends; -1: none does
    padding: int = PADDING  # what stands behind the end
    dtype: str = "float64"  # of logits
