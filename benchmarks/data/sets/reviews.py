"""Reviews as word numbers, in the way of `keras.datasets.imdb`.

Source: slide 21 (10,000 words, last 50 of each review), keras 3.15
`datasets/imdb.py` and `legacy/preprocessing/text.py`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.data.dataset import GROUPS, Arrays, lines

Reviews = Sequence[tuple[str, int]]  # text, 1 where positive

VOCAB = 10_000  # word numbers are below
LENGTH = 50
PADDING, START, UNKNOWN, INDEX_FROM = 0, 1, 2, 3
SHUFFLE_SEED = 113
LONGEST = (50, 100, 200, 400)  # words of each group by length but the last
GROUP_NAMES = (
    "words_1_50",
    "words_51_100",
    "words_101_200",
    "words_201_400",
    "words_401_up",
)

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_BLANKS = str.maketrans(dict.fromkeys(_FILTERS, " "))


def words(text: str) -> list[str]:
    """Lower-case words between blanks and signs, apostrophes kept.

    The signs are those of the Keras tokenizer. It splits at the common blank
    only; here every Unicode blank separates (the corpus has no-break spaces
    and next-line signs), which gives the 88,075 words of the reference.
    """
    return text.lower().translate(_BLANKS).split()


def ranks(texts: Iterable[str]) -> dict[str, int]:
    """Word -> rank by frequency, from 1; of equal ones the first first."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words(text))
    return {
        word: rank for rank, (word, _) in enumerate(counts.most_common(), 1)
    }


def numbers(ranked: dict[str, int]) -> dict[str, int]:
    """Word -> number below VOCAB; UNKNOWN for a word too rare."""
    return {
        word: rank + INDEX_FROM if rank + INDEX_FROM < VOCAB else UNKNOWN
        for word, rank in ranked.items()
    }


def encode(text: str, numbered: dict[str, int]) -> list[int]:
    """The start sign, then the number of each word.

    A word that does not occur in training is left out, as in Keras.
    """
    return [
        START,
        *(numbered[word] for word in words(text) if word in numbered),
    ]


def pad(sequences: Sequence[list[int]], length: int = LENGTH) -> np.ndarray:
    """Cut and fill in FRONT: (review, length) int32."""
    padded = np.full((len(sequences), length), PADDING, np.int32)
    for row, sequence in zip(padded, sequences, strict=True):
        last = sequence[-length:]
        row[length - len(last) :] = last
    return padded


def orders(train: Reviews, test: Reviews) -> dict[str, np.ndarray]:
    """The order in which each split is prepared: (review,).

    Each is shuffled once, by one stream.
    """
    stream = np.random.RandomState(SHUFFLE_SEED)
    order = {}
    for name, split in (("train", train), ("test", test)):
        order[name] = np.arange(len(split))
        stream.shuffle(order[name])
    return order


def arrays(train: Reviews, test: Reviews) -> Arrays:
    """Both splits: inputs (review, LENGTH) int32, targets (review,) int32.

    Ranks come from `train`.
    """
    numbered = numbers(ranks(text for text, _ in train))
    order = orders(train, test)
    prepared = {}
    for name, split in (("train", train), ("test", test)):
        inputs = pad([encode(text, numbered) for text, _ in split])
        targets = np.array([label for _, label in split], np.int32)
        prepared[f"{name}_inputs"] = inputs[order[name]]
        prepared[f"{name}_targets"] = targets[order[name]]
    return prepared


def arrays_by_length(train: Reviews, test: Reviews) -> Arrays:
    """As `arrays`, and the group of each test review: (review,) int8.

    Groups count all words of a review, not only the last LENGTH.
    """
    rows = orders(train, test)["test"]
    counts = [len(words(text)) for text, _ in test]
    groups = np.searchsorted(LONGEST, counts).astype(np.int8)
    return arrays(train, test) | {
        "test_groups": groups[rows],
        GROUPS: lines(GROUP_NAMES),
    }
