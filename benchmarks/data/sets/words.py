"""Vocabularies and padded rows of symbols: what sets of sentences share."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from impls.sequences import END, PADDING, START, UNKNOWN

SIGNS = ("<padding>", "<start>", "<end>", "<unknown>")  # symbols 0 to 3
LEAST = 2  # times that a word must be seen

Sentence = Sequence[str]


def vocabulary(sentences: Iterable[Sentence], least: int = LEAST) -> list[str]:
    """The signs, then words by frequency; who came first wins a tie.

    Symbol n is the n-th of them. Words seen fewer times than `least` are
    left out.
    """
    counts = Counter(word for sentence in sentences for word in sentence)
    common = counts.most_common()
    return [*SIGNS, *(word for word, count in common if count >= least)]


def symbols(
    sentences: Iterable[Sentence], known: Sequence[str]
) -> list[list[int]]:
    """The symbol of each word, UNKNOWN where it has none."""
    # A word may look like a sign, and is none
    first = len(SIGNS)
    numbers = {word: n for n, word in enumerate(known[first:], first)}
    return [
        [numbers.get(word, UNKNOWN) for word in sentence]
        for sentence in sentences
    ]


def padded(rows: Sequence[Sequence[int]], time: int) -> np.ndarray:
    """Filled up behind: (row, time) int32. No row may be longer."""
    filled = np.full((len(rows), time), PADDING, np.int32)
    for out, row in zip(filled, rows, strict=True):
        out[: len(row)] = row
    return filled


def lengths(rows: Sequence[Sequence[object]]) -> np.ndarray:
    """(row,) int32."""
    return np.array([len(row) for row in rows], np.int32)


def ended(rows: Iterable[list[int]]) -> list[list[int]]:
    """With the end sign behind."""
    return [[*row, END] for row in rows]


def started(rows: Iterable[list[int]]) -> list[list[int]]:
    """With the start sign before."""
    return [[START, *row] for row in rows]
