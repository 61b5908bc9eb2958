"""Look-up in context: which label did this input have in the examples?

A synthetic task of its own, no stand-in (slide 31: few-shot learning). Each
sequence is one task: an injective map, drawn at random, of 4 inputs to 8
labels. It shows 17 pairs of an input and its label; only a label's place
counts. A tenth of the 1,680 tasks, by hash, is never trained, so that the
labels of these can only be read from the pairs before.

It is look-up in context, and no generalization to unseen inputs: a learner
can answer an input that was shown, and exclude the labels of the others.
"""

from itertools import permutations
from math import comb
from random import Random
from zlib import crc32

import numpy as np

from benchmarks.data.dataset import GROUPS, Arrays, Synthetic, lines

INPUTS = 4  # symbols 0 to 3
LABELS = 8  # symbols 4 to 11
PAIRS = 17  # of a sequence: 0 to 16 are shown before the last one's label
SIZES = {"train": 16_000, "validation": 1_000, "test": 8_000}
SHARE = 20  # of so many hash values, one is validation's and one is test's
WORDS = (*"ABCD", *"12345678")  # of the symbols: inputs, then labels
NAMES = tuple(f"shown_{count}" for count in range(PAIRS))

Task = tuple[int, ...]  # the label of each input


def tasks() -> dict[str, list[Task]]:
    """Every map of inputs to labels, by the split that has it."""
    by_split: dict[str, list[Task]] = {split: [] for split in SIZES}
    held_out = {0: "validation", 1: "test"}
    for task in permutations(range(LABELS), INPUTS):
        place = crc32(bytes(task)) % SHARE
        by_split[held_out.get(place, "train")].append(task)
    return by_split


def ideal(shown: int) -> float:
    """Expected accuracy of an ideal learner after so many examples.

    It answers an input that was shown with its label, and guesses another
    one's among the labels that no input shown has. With n examples and k of
    the other 3 inputs among them, all inputs equally likely, it is

        1 - (3/4)^n + sum_k C(3, k) onto(n, k) / 4^n / (8 - k)

    where onto(n, k) counts the sequences of n that have each of k inputs.
    """
    guessed = sum(
        comb(INPUTS - 1, k) * _onto(shown, k) / (LABELS - k)
        for k in range(INPUTS)
    )
    unseen: float = (INPUTS - 1) ** shown - guessed
    return 1 - unseen / INPUTS**shown


def _onto(count: int, kinds: int) -> int:
    """Sequences of `count` that have each of `kinds` inputs, and no other."""
    return sum(
        (-1) ** (kinds - j) * comb(kinds, j) * j**count
        for j in range(kinds + 1)
    )


def generate(seed: int) -> Arrays:
    """Inputs, targets, weights and groups: (example, 34), symbols int32.

    A target is the next symbol; its weight is 1 where that is a label. The
    group of a label is how many pairs precede it. `control` is `test` with
    the labels of each place shuffled among the sequences: nothing can be
    read from the pairs, and the accuracy of any learner is 1/8.
    """
    random = Random(seed)
    prepared: Arrays = {}
    for split, known in tasks().items():
        size = SIZES[split]
        drawn = [known[int(random.random() * len(known))] for _ in range(size)]
        inputs = np.array(
            [int(random.random() * INPUTS) for _ in range(size * PAIRS)],
            np.int32,
        ).reshape(size, PAIRS)
        labels = np.take_along_axis(np.array(drawn, np.int32), inputs, 1)
        prepared |= _split(split, inputs, labels)
        if split == "test":
            shuffled = [_shuffled(column, random) for column in labels.T]
            prepared |= _split("control", inputs, np.stack(shuffled, 1))
    return prepared | {GROUPS: lines(NAMES), "words_target": lines(WORDS)}


def _shuffled(column: np.ndarray, random: Random) -> np.ndarray:
    order = np.argsort([random.random() for _ in column])
    return column[order]


def _split(name: str, inputs: np.ndarray, labels: np.ndarray) -> Arrays:
    """The arrays of one split: inputs and labels (example, pair)."""
    size = len(inputs)
    symbols = np.stack([inputs, INPUTS + labels], -1).reshape(size, -1)
    targets = np.roll(symbols, -1, 1)  # nothing follows the last one
    weights = np.tile(np.array([1, 0], np.int8), (size, PAIRS))
    shown = np.arange(2 * PAIRS, dtype=np.int8) // 2
    groups = np.where(weights, shown, np.int8(-1))
    return {
        f"{name}_inputs": symbols,
        f"{name}_targets": targets,
        f"{name}_weights": weights,
        f"{name}_groups": groups,
    }


SET = Synthetic(
    "lookup", version=1, seed=20_267, generate=generate, stands_in=False
)
