"""Groups of reviews by how many words the whole review has."""

from collections.abc import Iterable

import numpy as np

from benchmarks.data.dataset import GROUPS, Arrays, lines
from benchmarks.data.sets import text

LONGEST = (50, 100, 200, 400)  # words of each group but the last
NAMES = (
    "words_1_50",
    "words_51_100",
    "words_101_200",
    "words_201_400",
    "words_401_up",
)


def arrays(train: text.Reviews, test: text.Reviews) -> Arrays:
    """As `text.arrays`, and the group of each test review: (review,) int8."""
    rows = text.orders(train, test)["test"]
    counts = words(told for told, _ in test)
    groups = np.searchsorted(LONGEST, counts).astype(np.int8)
    return text.arrays(train, test) | {
        "test_groups": groups[rows],
        GROUPS: lines(NAMES),
    }


def words(texts: Iterable[str]) -> list[int]:
    """How many words each has."""
    return [len(text.words(told)) for told in texts]
