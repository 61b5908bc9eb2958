"""Accuracy of short trainings: decisions, and real trainings."""

import numpy as np
import pytest

from benchmarks.gate import accuracy
from benchmarks.worker import arrays
from tests.support.small_cells import HERE, cell


@pytest.mark.parametrize(
    ("head", "outcome"),
    [
        ([0.80, 0.82, 0.84], "unchanged"),
        ([0.79, 0.81, 0.83], "regressed"),  # the same step down, every time
        ([0.81, 0.83, 0.85], "improved"),
        ([0.796, 0.816, 0.836], "unchanged"),  # surely worse, by too little
        ([0.70, 0.82, 0.86], "inconclusive"),
    ],
)
def test_differences_of_accuracy_have_an_outcome(head, outcome):
    base = [0.80, 0.82, 0.84]
    result = accuracy.decide(base, head, 0.012)
    assert (result.outcome, result.pairs, result.floor) == (outcome, 3, 0.012)
    assert result.base == pytest.approx(0.82)
    assert result.head == pytest.approx(np.mean(head))
    assert result.ratio == pytest.approx((1 - np.mean(head)) / 0.18)
    assert result.low <= result.ratio <= result.high
    assert (result.reason is None) == (outcome != "inconclusive")


def test_the_interval_is_students():
    result = accuracy.decide([0.5, 0.5, 0.5], [0.4, 0.5, 0.6], 0.01)
    reach = 4.302652729911275 * 0.1 / 3**0.5  # t of 2 degrees, 97.5 %
    assert result.high == pytest.approx((0.5 + reach) / 0.5)
    assert result.low == pytest.approx((0.5 - reach) / 0.5)


def test_no_errors_on_base_have_no_ratio():
    result = accuracy.decide([1.0, 1.0], [0.5, 0.5], 0.01)
    assert result.outcome == "regressed"
    assert (result.ratio, result.low, result.high) == (None, None, None)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Good reviews have other words than bad ones."""
    random = np.random.default_rng(0)
    splits = {}
    for name, size in (("train", 1280), ("test", 200)):
        targets = random.integers(0, 2, size, np.int32)
        words = random.integers(0, 30, (size, 6), np.int32)
        words += 30 * targets[:, None]
        folder = tmp_path_factory.mktemp(name)
        paths = arrays.save(folder, {"words": words, "targets": targets})
        splits[name] = {
            "inputs": [paths["words"]],
            "targets": paths["targets"],
            "size": size,
        }
    return {"name": "words", "splits": splits}


def test_a_model_that_no_longer_learns_has_regressed(data, tmp_path):
    base, head = (
        cell("torch", learning_rate=0.01),
        cell("torch", learning_rate=1e-9),
    )
    result = accuracy.accuracy(HERE, (base, head), data, tmp_path)
    assert (result.metric, result.outcome) == (accuracy.METRIC, "regressed")
    assert result.base > 0.95 and result.head < 0.7
    assert result.pairs == 3


def test_the_same_seeds_give_the_same_accuracies(data, tmp_path):
    same = cell(
        "torch", learning_rate=1e-9
    )  # what is drawn differs from seed to seed
    result = accuracy.accuracy(HERE, (same, same), data, tmp_path, (0, 1))
    assert result.outcome == "unchanged" and 0 < result.base == result.head < 1
    assert (result.ratio, result.low, result.high, result.pairs) == (1, 1, 1, 2)


def test_a_training_that_diverges_is_reported(data, tmp_path):
    # Sums beyond what float32 holds
    base, head = (
        cell("torch"),
        cell("torch", optimizer="sgd", learning_rate=1e38),
    )
    arguments = data, tmp_path, (0, 1)
    result = accuracy.accuracy(HERE, (base, head), *arguments)
    assert result.outcome == "regressed" and result.head is None
    assert result.reason.startswith("head: seed 0: diverged")
    result = accuracy.accuracy(HERE, (head, base), *arguments)
    assert result.outcome == "not measured"
    assert result.reason.startswith("base: seed 0: diverged")
