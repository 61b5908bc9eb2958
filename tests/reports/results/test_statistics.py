"""Intervals and verdicts against values worked out by hand."""

import math

import pytest

from reports.results import statistics
from reports.results.format import (
    between,
    decimals,
    duration,
    fixed,
    listed,
    plural,
    tiny,
)


@pytest.mark.parametrize(
    ("probability", "degrees", "value"),
    [  # from a printed table of Student's t
        (0.975, 1, 12.706),
        (0.975, 4, 2.776),
        (0.95, 4, 2.132),
        (0.95, 1, 6.314),
        (0.80, 9, 0.883),
        (0.975, 120, 1.980),
    ],
)
def test_quantiles(probability, degrees, value):
    result = statistics.quantile(probability, degrees)
    assert result == pytest.approx(value, abs=6e-4)


def test_the_interval_of_a_mean():
    # s = sqrt(10 / 4) = 1.5811, t = 2.7764, 2.7764 x 1.5811 / sqrt(5)
    result = statistics.interval([1, 2, 3, 4, 5])
    assert result.mean == 3 and result.count == 5
    assert result.low == pytest.approx(3 - 1.96324, abs=1e-4)
    assert result.high == pytest.approx(3 + 1.96324, abs=1e-4)


def test_ninety_per_cent_is_narrower():
    result = statistics.interval([1, 2, 3, 4, 5], level=0.90)
    assert result.high == pytest.approx(
        3 + 2.13185 * 1.58114 / 5**0.5, abs=1e-4
    )


def test_one_value_has_no_interval():
    result = statistics.interval([3.0])
    assert (result.mean, result.low, result.high) == (3.0, None, None)
    with pytest.raises(ValueError, match="no values"):
        statistics.interval([])


def test_ratios_are_over_pairs_by_seed():
    # logs: ln 2 and ln 4; seed 9 has no partner
    pairs = statistics.ratios({1: 2, 2: 8, 9: 1}, {2: 2, 1: 1, 7: 5})
    result = statistics.geometric([*pairs.values()])
    assert result.mean == pytest.approx(2 * 2**0.5)
    reach = 12.7062 * (math.log(2) / 2**0.5) / 2**0.5
    assert result.high == pytest.approx(2 * 2**0.5 * math.exp(reach), rel=1e-4)
    assert result.low == pytest.approx(2 * 2**0.5 / math.exp(reach), rel=1e-4)
    assert result.count == 2
    assert statistics.ratios({1: 2.0}, {2: 2.0}) == {}


def test_differences_keep_their_sign_and_seed():
    result = statistics.differences({2: 0.5, 1: 0.25}, {1: 0.5, 2: 0.5, 3: 1})
    assert result == {1: -0.25, 2: 0.0}


PAIRS = {1: 0.001, 2: -0.001, 3: 0.002, 4: 0.0, 5: -0.002}  # mean 0


def test_equivalent_inside_the_margin():
    # s = sqrt(2.5) / 1000, half of the 90 % interval 0.0015074
    verdict = statistics.equivalence(PAIRS, 0.0016)
    assert verdict.words == verdict.kind == "equivalent"
    assert verdict.difference.level == 0.90
    assert verdict.difference.high == pytest.approx(0.0015074, abs=1e-6)


def test_a_quotient_has_an_interval_of_both():
    """Ends 10 % off on one side alone: the ratio is off by as much."""
    left = statistics.Interval(100.0, 90.0, 110.0, 1, 0.95)
    right = statistics.Interval(50.0, 50.0, 50.0, 1, 0.95)
    own = statistics.quotient(left, right)
    assert (own.mean, own.low, own.high) == pytest.approx((2.0, 1.8, 2.2))
    both = statistics.quotient(left, left)
    below = math.hypot(math.log(1 / 0.9), math.log(1.1))
    assert both.low == pytest.approx(math.exp(-below))
    assert both.high == pytest.approx(math.exp(below))
    bare = statistics.Interval(50.0, None, None, 1, 0.95)
    assert statistics.quotient(left, bare).low is None


def test_inconclusive_across_the_margin():
    verdict = statistics.equivalence(PAIRS, 0.0014)
    assert verdict.kind == "open"
    assert verdict.words.startswith("inconclusive: ")
    assert verdict.words.endswith(" more seeds")


@pytest.mark.parametrize("sign", [1, -1])
def test_different_beyond_the_margin(sign):
    pairs = {seed: sign * (0.05 + value) for seed, value in PAIRS.items()}
    assert statistics.equivalence(pairs, 0.02).words == "different"
    # beyond zero is not beyond the margin
    assert statistics.equivalence(pairs, 0.06).words == "equivalent"
    assert statistics.equivalence(pairs, 0.0505).kind == "open"


def test_one_seed_decides_nothing():
    verdict = statistics.equivalence({1: 0.0}, 0.01)
    assert verdict.kind == "open" and "one seed" in verdict.words
    assert statistics.equivalence({}, 0.01) is None


def test_how_many_seeds_decide():
    values = list(PAIRS.values())
    margin = 0.0014
    count = statistics.seeds_to_decide(values, margin)
    spread = (2.5e-6) ** 0.5

    def reach(seeds):
        quantiles = statistics.quantile(0.95, seeds - 1)
        quantiles += statistics.quantile(0.80, seeds - 1)
        return quantiles * spread / seeds**0.5

    assert reach(count) < margin <= reach(count - 1)
    words = statistics.equivalence(PAIRS, margin).words
    assert words == f"inconclusive: {count - 5} more seeds"


def test_a_difference_as_large_as_the_margin_cannot_be_decided():
    pairs = {1: 0.009, 2: 0.011, 3: 0.010}
    words = statistics.equivalence(pairs, 0.010).words
    assert words == (
        "inconclusive: the difference is about as large as the margin"
    )


def test_figures_in_print():
    assert fixed(1234.5, 1) == "1,234.5"
    assert fixed(-0.5, 2, sign=True) == "−0.50"
    assert fixed(None, 2) == fixed(float("nan"), 0) == "–"
    assert between(1, 2, 1) == "[1.0, 2.0]" and between(None, 2, 1) == ""
    assert decimals([12345.0, 0.5]) == 3 and decimals([12345.0]) == 0
    assert decimals([None, 0.0]) == 0 and decimals([1e-9]) == 4
    assert tiny(3.14e-15) == "3.1e-15" and tiny(0) == "0"
    assert duration(4.21) == "4.2 s" and duration(372) == "6 min 12 s"
    assert duration(7500) == "2 h 05 min" and duration(None) == "–"
    assert listed(["a"]) == "a" and listed("abc") == "a, b and c"
    assert plural(1, "seed") == "1 seed" and plural(2, "seed") == "2 seeds"
