"""Reviews as word numbers, in the way of `keras.datasets.imdb`.

Source: slide 21 (10,000 words, last 50 of each review), keras 3.15
`datasets/imdb.py` and `legacy/preprocessing/text.py`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.data.dataset import Arrays

Reviews = Sequence[tuple[str, int]]  # text, 1 where positive

VOCAB = 10_000  # word numbers are below
LENGTH = 50
PADDING, START, UNKNOWN, INDEX_FROM = 0, 1, 2, 3
SHUFFLE_SEED = 113

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
    """Word -> rank by frequency, from 1; who came first wins a tie."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words(text))
    return {
        word: rank for rank, (word, _) in enumerate(counts.most_common(), 1)
    }


def numbers(ranked: dict[str, int]) -> dict[str, int]:
    """Word -> number below VOCAB: too rare a word is UNKNOWN."""
    return {
        word: rank + INDEX_FROM if rank + INDEX_FROM < VOCAB else UNKNOWN
        for word, rank in ranked.items()
    }


def encode(text: str, numbered: dict[str, int]) -> list[int]:
    """The start sign, then the number of each word.

    A word that the training split never had is left out, as Keras does.
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
    found = {}
    for name, split in (("train", train), ("test", test)):
        found[name] = np.arange(len(split))
        stream.shuffle(found[name])
    return found


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
