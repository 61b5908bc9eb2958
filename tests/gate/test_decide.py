"""The sequential test: outcomes, confirmation, error rates."""

import itertools
import math

import pytest

from benchmarks.gate.decide import Rule, Trial, estimate, holm
from benchmarks.records.verdict import (
    IMPROVED,
    REGRESSED,
    UNCHANGED,
)
from benchmarks.studies.gate_power.trials import detected, simulated

RULE = Rule(floor=0.02, tests=45)


def feed(trial, values):
    """Add values with alternating orders; the outcome and the pairs it took."""
    for number, value in enumerate(values, 1):
        if outcome := trial.add(value, 1 if number % 2 else -1):
            return outcome, number
    return None, len(values)


def test_the_mean_is_corrected_for_the_order():
    values = [0.03 + 0.01, 0.03 - 0.01, 0.03 + 0.01, 0.03 - 0.01]
    result = estimate(values, [1, -1, 1, -1])
    assert result.mean == pytest.approx(0.03)
    assert result.spread == pytest.approx(0.0, abs=1e-12)


def test_unequal_numbers_of_either_order_do_not_shift_the_mean():
    values = [0.03 + 0.01 * o for o in (1, 1, 1, -1)]
    result = estimate(values, [1, 1, 1, -1])
    assert result.mean == pytest.approx(0.03)


def test_error_and_limits_by_hand():
    values, orders = [0.01, 0.02, 0.03, 0.06], [1, -1, 1, -1]
    result = estimate(values, orders)
    # residuals of the two orders' means, 0.02 and 0.04: two degrees left
    left = 0.01**2 + 0.01**2 + 0.02**2 + 0.02**2
    spread = math.sqrt(left / 2)
    assert result.mean == pytest.approx(0.03)
    assert result.spread == pytest.approx(spread)
    low, high = result.limits(0.025)
    assert high - result.mean == pytest.approx(4.3027 * spread / 2, rel=1e-4)
    assert low + high == pytest.approx(2 * result.mean)


def test_no_estimate_is_more_exact_than_the_known_noise():
    values = [0.031, 0.03, 0.03, 0.031]
    assert estimate(values, [1, -1, -1, 1], noise=0.05).spread == 0.05


def test_equal_pairs_are_unchanged_at_the_first_look():
    values = [0.001, -0.001, 0.002, -0.002]
    assert feed(Trial(RULE), values) == (UNCHANGED, 4)


@pytest.mark.parametrize(("sign", "outcome"), [(1, REGRESSED), (-1, IMPROVED)])
def test_an_effect_is_flagged_and_then_confirmed(sign, outcome):
    noise = itertools.cycle([0.001, -0.002, 0.0015, -0.0005, 0.0005])
    trial = Trial(RULE)
    result, pairs = feed(trial, [sign * 0.05 + next(noise) for _ in range(20)])
    assert result == outcome
    assert trial.confirmed is True
    assert pairs >= 8  # four to flag, four fresh ones


def test_an_unconfirmed_flag_is_no_regression():
    noise = itertools.cycle([0.001, -0.002, 0.0015, -0.0005, 0.0005])
    first = [0.05 + next(noise) for _ in range(4)]
    later = [next(noise) for _ in range(30)]
    trial = Trial(RULE)
    outcome, _ = feed(trial, first + later)
    assert outcome == UNCHANGED
    assert trial.confirmed is False


def test_an_effect_below_the_floor_is_no_regression():
    noise = itertools.cycle([0.0005, -0.0005, 0.001, -0.001])
    values = [0.012 + next(noise) for _ in range(20)]
    assert feed(Trial(RULE), values)[0] == UNCHANGED


def test_an_effect_on_the_floor_stays_open():
    noise = itertools.cycle([0.004, -0.004, 0.003, -0.003])
    trial = Trial(RULE)
    outcome, _ = feed(trial, [0.0199 + next(noise) for _ in range(24)])
    assert outcome is None
    assert 2 <= trial.more_pairs() <= 100
    assert "floor of 2 %" in trial.reason()


def test_many_comparisons_take_more_pairs():
    noise = [0.01, -0.012, 0.009, -0.006, 0.004]
    values = [0.03 + n for n in itertools.islice(itertools.cycle(noise), 60)]
    few = feed(Trial(Rule(floor=0.02, tests=1)), values)
    many = feed(Trial(Rule(floor=0.02, tests=10_000)), values)
    assert few[0] == many[0] == REGRESSED
    assert many[1] > few[1]


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx(
        [0.03, 0.06, 0.06, 0.02]
    )
    assert holm([]) == []


@pytest.mark.parametrize("tail", [False, True])
@pytest.mark.parametrize("spread", [0.006, 0.02, 0.05])
def test_false_alarms_of_the_whole_rule(spread, tail):
    """At most 1 % of A/A decisions, whatever the noise."""
    trials = simulated(RULE, 30, repeats=1000, spread=spread, tail=tail)
    assert len(trials) == 1000
    assert detected(trials, 0) <= 10
    right = sum(trial.outcome in (UNCHANGED, None) for trial in trials)
    assert right == 1000 - detected(trials, 0)


@pytest.mark.parametrize(
    ("effect", "spread", "least"), [(0.05, 0.02, 0.95), (0.03, 0.02, 0.8)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_power_of_the_whole_rule(effect, spread, least, sign):
    trials = simulated(RULE, 30, 300, spread, sign * effect)
    assert detected(trials, sign) >= least * 300
