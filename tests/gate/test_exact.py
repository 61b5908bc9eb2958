"""Metrics that repeat exactly are compared without statistics."""

import pytest

from benchmarks.gate import settings
from benchmarks.gate.exact import EXACT, exact

BOUNDS = {m.name: settings.read().floors[m.name] for m in EXACT}

NAMES = {
    "parameters_count",
    "flops_per_example_count",
    "compilations_count",
    "compiled_static_bytes",
    "allocator_peak_bytes",
}


def sample(**values):
    result = {name: {"value": 100, "reason": None} for name in NAMES}
    return result | {
        name: {"value": value, "reason": None} for name, value in values.items()
    }


def decided(base, head, **bounds):
    return {one.metric: one for one in exact(base, head, BOUNDS | bounds)}


def test_counts_may_not_move_and_bytes_by_a_hundredth():
    assert {
        name: 0.01 if name.endswith("bytes") else 0.0 for name in NAMES
    } == BOUNDS


@pytest.mark.parametrize(
    ("metric", "old", "new", "outcome"),
    [
        ("parameters_count", 1000, 1001, "regressed"),
        ("parameters_count", 1000, 999, "improved"),
        ("parameters_count", 1000, 1000, "unchanged"),
        ("compiled_static_bytes", 1000, 1010, "unchanged"),
        ("compiled_static_bytes", 1000, 1011, "regressed"),
        ("compiled_static_bytes", 1000, 990, "unchanged"),
        ("compiled_static_bytes", 1000, 989, "improved"),
    ],
)
def test_growth_beyond_the_bound_is_a_regression(metric, old, new, outcome):
    result = decided(sample(**{metric: old}), sample(**{metric: new}))
    assert set(result) == NAMES
    one = result.pop(metric)
    assert (one.outcome, one.base, one.head) == (outcome, old, new)
    assert one.ratio == one.low == one.high == new / old
    assert one.floor == BOUNDS[metric] and one.pairs == 1
    assert {other.outcome for other in result.values()} == {"unchanged"}


def test_bounds_are_the_callers():
    old, new = sample(parameters_count=100), sample(parameters_count=110)
    result = decided(old, new, parameters_count=0.2)["parameters_count"]
    assert (result.outcome, result.floor) == ("unchanged", 0.2)


def test_growth_from_zero_has_no_ratio():
    none, several = sample(compilations_count=0), sample(compilations_count=2)
    result = decided(none, several)["compilations_count"]
    assert (result.outcome, result.ratio, result.low) == (
        "regressed",
        None,
        None,
    )
    assert decided(none, none)["compilations_count"].outcome == "unchanged"
    assert decided(several, none)["compilations_count"].ratio == 0


def test_a_missing_value_has_a_reason_and_a_side():
    lacking = {"value": None, "reason": "eager"}
    old = sample() | {"compilations_count": lacking}
    new = sample() | {"compilations_count": lacking}
    result = decided(old, new)["compilations_count"]
    assert (result.outcome, result.reason) == ("not measured", "eager")
    result = decided(sample(), new)["compilations_count"]
    assert (result.outcome, result.reason) == ("not measured", "head: eager")
    assert (result.base, result.head, result.ratio) == (100, None, None)
    del old["compilations_count"]
    result = decided(old, sample())["compilations_count"]
    assert result.reason == "base: not reported"
    assert decided(old, new)["compilations_count"].reason == (
        "base: not reported; head: eager"
    )
