"""Change points: found where they were planted, and nowhere else."""

import random

import pytest

from reports.trend import changes as trend_changes
from reports.trend.changes import changes, needed
from tests.support.synthetic_history import flat, noisy, slower


@pytest.mark.parametrize("seed", range(8))
def test_a_planted_change_is_found_where_it_is(seed):
    (step,) = changes(noisy(slower, seed=seed))
    assert abs(step.index - 17) <= 1
    assert step.magnitude == pytest.approx(-0.1, abs=0.02)
    assert step.p < 0.001


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_found_in_noise(seed):
    assert changes(noisy(flat, seed=seed)) == []


def test_slow_days_are_no_change():
    draws = random.Random(2)
    values = noisy(flat)
    for at in draws.sample(range(30), 4):
        values[at] *= 0.7
    assert changes(values) == []


def test_two_changes_are_both_found():
    def level(number: int) -> float:
        return (1.0, 1.1, 0.95)[number // 15]

    steps = changes(noisy(level, 45))
    assert [change.index for change in steps] == [15, 30]
    spans = trend_changes.levels(noisy(level, 45), steps)
    assert [(low, high) for low, high, _ in spans] == [
        (0, 14),
        (15, 29),
        (30, 44),
    ]


def test_what_repeats_exactly_may_change_too():
    (step,) = changes([5.0] * 9 + [5.5] * 9)
    assert (step.index, step.before, step.after) == (9, 5.0, 5.5)
    assert changes([5.0] * 30) == []


def test_a_small_step_is_told_if_asked_for():
    values = [100.0] * 15 + [100.4] * 15
    assert changes(values) == []
    assert [change.index for change in changes(values, 0.003)] == [15]


def test_too_short_is_what_could_never_be_significant():
    least = needed()
    shift = [1.0] * (least // 2) + [2.0] * (least - least // 2)
    distinct = [value + n / 1e6 for n, value in enumerate(shift)]
    assert len(changes(distinct)) == 1
    assert changes(distinct[:-1]) == []


def test_a_level_of_zero_is_refused():
    with pytest.raises(ValueError, match="not above zero"):
        changes([0.0] * 30)
