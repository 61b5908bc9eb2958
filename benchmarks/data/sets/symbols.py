"""Words and characters as symbols: vocabularies, padded rows, streams."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.data.dataset import Arrays, lines
from impls.sequences import END, PADDING, UNKNOWN

SIGNS = ("<padding>", "<start>", "<end>", "<unknown>")  # symbols 0 to 3
LEAST = 2  # occurrences of a word that has a symbol
TEST = 10  # the last tenth of a text

Sentence = Sequence[str]


def vocabulary(sentences: Iterable[Sentence], least: int = LEAST) -> list[str]:
    """The signs, then words by frequency; of equal ones the first first.

    Symbol n is the n-th of them. Words that occur fewer than `least` times
    are left out.
    """
    counts = Counter(word for sentence in sentences for word in sentence)
    common = counts.most_common()
    return [*SIGNS, *(word for word, count in common if count >= least)]


def encode(
    sentences: Iterable[Sentence], vocabulary: Sequence[str]
) -> list[list[int]]:
    """The symbol of each word, UNKNOWN for a word without."""
    # A word that looks like a sign is none
    first = len(SIGNS)
    numbers = {word: n for n, word in enumerate(vocabulary[first:], first)}
    return [
        [numbers.get(word, UNKNOWN) for word in sentence]
        for sentence in sentences
    ]


def padded(rows: Sequence[Sequence[int]], time: int) -> np.ndarray:
    """Rows filled up at the end: (row, time) int32. No row may be longer."""
    filled = np.full((len(rows), time), PADDING, np.int32)
    for out, row in zip(filled, rows, strict=True):
        out[: len(row)] = row
    return filled


def lengths(rows: Sequence[Sequence[object]]) -> np.ndarray:
    """(row,) int32."""
    return np.array([len(row) for row in rows], np.int32)


def ended(rows: Iterable[list[int]]) -> list[list[int]]:
    """Rows with the end sign behind."""
    return [[*row, END] for row in rows]


def characters(text: str) -> Arrays:
    """A stream: inputs and targets (character,) int32, each and its next.

    `test` is the last tenth, `train` what precedes it. Symbols are the
    characters of the text in the order of their codes.
    """
    vocabulary = sorted(set(text))
    numbers = {character: n for n, character in enumerate(vocabulary)}
    stream = np.array([numbers[character] for character in text], np.int32)
    cut = len(stream) - len(stream) // TEST
    arrays = {}
    for split, part in (("train", stream[:cut]), ("test", stream[cut:])):
        arrays[f"{split}_inputs"] = part[:-1]
        arrays[f"{split}_targets"] = part[1:]
    shown = [character.replace("\n", "\\n") for character in vocabulary]
    return arrays | {"words_target": lines(shown)}
