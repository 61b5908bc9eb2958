"""Look-up in context: unseen tasks, the ideal learner, the control."""

from itertools import product
from math import comb, factorial

import numpy as np
import pytest

from benchmarks.data.dataset import read_lines
from benchmarks.data.sets import lookup
from benchmarks.data.sets.lookup import INPUTS, LABELS, PAIRS

SPLITS = ("train", "validation", "test", "control")


@pytest.fixture(scope="module")
def arrays():
    return lookup.generate(3)


def pairs(arrays, split):
    """Inputs and labels, each (example, pair)."""
    symbols = arrays[f"{split}_inputs"].reshape(-1, PAIRS, 2)
    return symbols[..., 0], symbols[..., 1] - INPUTS


def maps(arrays, split):
    """The label of each input in each sequence, None where it has none."""
    return [
        tuple(dict(zip(*row, strict=True)).get(n) for n in range(INPUTS))
        for row in zip(
            *(part.tolist() for part in pairs(arrays, split)), strict=True
        )
    ]


def test_a_tenth_of_all_tasks_is_never_trained():
    by_split = lookup.tasks()
    every = [task for own in by_split.values() for task in own]
    count = comb(LABELS, INPUTS) * factorial(INPUTS)
    assert len(every) == len(set(every)) == count == 1_680
    sizes = {split: len(own) for split, own in by_split.items()}
    assert sizes == {"train": 1_520, "validation": 78, "test": 82}


def test_sequences_have_the_tasks_of_their_split(arrays):
    for split, known in lookup.tasks().items():
        whole = {row for row in maps(arrays, split) if None not in row}
        assert whole <= set(known)
        assert len(whole) > 0.9 * len(known)
        inputs, labels = pairs(arrays, split)
        assert len(inputs) == lookup.SIZES[split]
        for pair in range(PAIRS):  # one label an input
            same = inputs == inputs[:, [pair]]
            alike = labels == labels[:, [pair]]
            assert alike[same].all() and not alike[~same].any()


@pytest.mark.parametrize("split", SPLITS)
def test_only_labels_count_each_in_its_group(arrays, split):
    inputs, targets, weights, groups = (
        arrays[f"{split}_{part}"]
        for part in ("inputs", "targets", "weights", "groups")
    )
    assert inputs.shape == targets.shape == weights.shape == groups.shape
    assert inputs.dtype == targets.dtype == np.int32
    assert np.array_equal(targets[:, :-1], inputs[:, 1:])
    assert weights[0].tolist() == [1, 0] * PAIRS
    assert groups[0, ::2].tolist() == list(range(PAIRS))
    assert (groups[:, 1::2] == -1).all()
    counted = targets[weights > 0]
    assert counted.min() == INPUTS and counted.max() == INPUTS + LABELS - 1


def test_names_of_groups(arrays):
    names = read_lines(arrays["groups"])
    assert names == [f"shown_{count}" for count in range(17)]


def test_the_control_has_the_same_labels_and_no_map(arrays):
    (inputs, labels), (same, shuffled) = (
        pairs(arrays, split) for split in ("test", "control")
    )
    assert np.array_equal(inputs, same)
    assert np.array_equal(np.sort(labels, 0), np.sort(shuffled, 0))
    # Where the input was shown just before, its label is still a guess
    again = inputs[:, 1:] == inputs[:, :-1]
    kept = shuffled[:, 1:] == shuffled[:, :-1]
    # Of 32,013 such places the standard deviation is 0.0018
    assert kept[again].mean() == pytest.approx(1 / LABELS, abs=0.01)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (0, 1 / 8),
        (1, 1 / 4 + 3 / 4 / 7),
        # seen: 7 of 16. Else one other twice (3 of 16), or two others (6)
        (2, 7 / 16 + 3 / 16 / 7 + 6 / 16 / 6),
    ],
)
def test_the_ideal_learner_by_hand(shown, expected):
    assert lookup.ideal(shown) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("shown", [3, 5])
def test_the_ideal_learner_by_all_sequences(shown):
    chances = [
        1.0 if query in before else 1 / (LABELS - len(set(before)))
        for *before, query in product(range(INPUTS), repeat=shown + 1)
    ]
    assert lookup.ideal(shown) == pytest.approx(np.mean(chances), abs=1e-14)


def test_the_ideal_learner_by_simulation(arrays):
    """It answers the test split, with a guess where it has to."""
    random = np.random.default_rng(0)
    inputs, labels = pairs(arrays, "test")
    hits = np.zeros(PAIRS)
    for row, own in zip(inputs.tolist(), labels.tolist(), strict=True):
        known: dict[int, int] = {}
        for shown, (query, label) in enumerate(zip(row, own, strict=True)):
            left = sorted(set(range(LABELS)) - set(known.values()))
            answer = known.get(query, random.choice(left))
            hits[shown] += answer == label
            known[query] = label
    measured = hits / len(inputs)
    expected = [lookup.ideal(shown) for shown in range(PAIRS)]
    assert measured == pytest.approx(expected, abs=0.02)
