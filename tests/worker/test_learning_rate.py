"""Shares of the learning rate, update by update."""

import math

import pytest

from benchmarks.config.workload import SCHEDULES
from benchmarks.worker.learning_rate import share


def shares(schedule, updates, warmup=0, final=0.0):
    return [share(schedule, t, updates, warmup, final) for t in range(updates)]


def test_linear_decay_without_warm_up_is_bit_for_bit_what_it_was():
    for updates in (1, 7, 1000, 3333):
        was = [1 - update / updates for update in range(updates)]
        assert shares("linear", updates) == was


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_first_update_is_at_the_peak_without_warm_up(schedule):
    assert share(schedule, 0, 10, 0, 0.1) == 1


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_warm_up_rises_in_equal_steps_to_the_peak(schedule):
    actual = shares(schedule, 9, warmup=3, final=0.25)
    assert actual[:4] == [0.25, 0.5, 0.75, 1]


def test_a_constant_rate_stays_at_the_peak():
    assert shares("constant", 6, warmup=1) == [0.5, 1, 1, 1, 1, 1]


def test_linear_decay_begins_after_the_warm_up():
    actual = shares("linear", 6, warmup=2, final=0.5)
    assert actual == pytest.approx([1 / 3, 2 / 3, 1, 0.875, 0.75, 0.625])


def test_a_cosine_is_half_way_down_in_the_middle():
    actual = shares("cosine", 8, final=0.1)
    assert actual[4] == pytest.approx(0.55, rel=1e-15)
    # Symmetric about it; the end would be the update after the last
    last = 0.1 + 0.9 * (1 + math.cos(math.pi * 7 / 8)) / 2
    assert actual[7] == pytest.approx(last, rel=1e-15)
    assert actual[7] - 0.1 == pytest.approx(1 - actual[1], rel=1e-12)


def test_a_cosine_is_that_of_nanogpt():
    """Its `get_lr`, copied, at the rates of its recipe for a CPU."""
    rate, warmup, updates, lowest = 1e-3, 100, 2000, 1e-4
    for update in (0, 1, 99, 100, 101, 1050, 1999):
        if update < warmup:
            expected = rate * (update + 1) / (warmup + 1)
        else:
            done = (update - warmup) / (updates - warmup)
            left = 0.5 * (1.0 + math.cos(math.pi * done))
            expected = lowest + left * (rate - lowest)
        actual = rate * share("cosine", update, updates, warmup, 0.1)
        assert actual == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("warmup", [5, 6, -1])
def test_a_warm_up_that_leaves_no_update_is_refused(warmup):
    with pytest.raises(ValueError, match=f"{warmup} updates of 5: expected"):
        share("constant", 0, 5, warmup, 0.0)
