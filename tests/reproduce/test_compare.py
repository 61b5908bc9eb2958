"""What is said of each number of a repeated cell."""

import pytest

from benchmarks.reproduce.compare import (
    DIFFERS,
    IDENTICAL,
    NOT_COMPARED,
    WITHIN,
    Terms,
    compare,
    differences,
)

SAME = {"same_machine": True, "same_code": True, "deterministic": True}
OTHER_CODE = SAME | {"same_code": False, "margin": 0.02}
ELSEWHERE = SAME | {"same_machine": False, "margin": 0.02}
RATE = {"unit": "examples/s", "low": 90.0, "high": 120.0}


def record(curves=None, **metrics):
    shaped = {
        name: each if isinstance(each, dict) else {"value": each, "unit": unit}
        for name, each in metrics.items()
        for unit in ["count" if name.endswith("count") else "fraction"]
    }
    return {"metrics": shaped, "curves": curves or {}}


def verdicts(old, new, terms):
    actual = compare(old, new, Terms(**terms))
    return {each.name: each.verdict for each in actual}


def of(old, new, terms, name="test_accuracy"):
    (actual,) = compare(record(**{name: old}), record(**{name: new}), terms)
    return actual


@pytest.mark.parametrize(
    ("terms", "value", "verdict"),
    [
        (SAME, 0.75, IDENTICAL),
        (SAME, 0.7500000001, DIFFERS),
        (SAME | {"deterministic": False, "margin": 0.02}, 0.76, WITHIN),
        (OTHER_CODE, 0.75, IDENTICAL),
        (OTHER_CODE, 0.7699, WITHIN),
        (OTHER_CODE, 0.7701, DIFFERS),
        (OTHER_CODE, 0.7299, DIFFERS),
        (ELSEWHERE, 0.7301, WITHIN),
        (OTHER_CODE | {"margin": None}, 0.7501, NOT_COMPARED),
    ],
)
def test_quality_of_one_seed(terms, value, verdict):
    assert of(0.75, value, Terms(**terms)).verdict == verdict


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.681, WITHIN), (0.679, DIFFERS), (0.819, WITHIN), (0.821, DIFFERS)],
)
def test_quality_of_several_seeds_is_held_against_their_range(value, verdict):
    peers = [record(test_accuracy=each) for each in (0.70, 0.80)]
    actual = of(0.75, value, Terms(**OTHER_CODE, peers=peers))
    assert actual.verdict == verdict
    assert (actual.low, actual.high) == pytest.approx((0.68, 0.82))
    assert "range of 3 seeds, margin 0.02" in actual.reason


def test_a_loss_has_no_margin_but_its_seeds():
    peers = [record(test_loss=each) for each in (0.4, 0.6)]
    terms = Terms(**OTHER_CODE, peers=peers)
    assert of(0.5, 0.79, terms, "test_loss").verdict == WITHIN
    assert of(0.5, 0.81, terms, "test_loss").verdict == DIFFERS
    alone = Terms(**OTHER_CODE)
    assert of(0.5, 0.51, alone, "test_loss").verdict == NOT_COMPARED


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(60.1, WITHIN), (59.9, DIFFERS), (179.9, WITHIN), (180.1, DIFFERS)],
)
def test_speed_within_the_interval_and_the_noise(value, verdict):
    old, new = RATE | {"value": 100.0}, RATE | {"value": value}
    actual = of(old, new, Terms(**SAME), "training_examples_per_second")
    assert actual.verdict == verdict
    assert "factor of 1.5" in actual.reason


def test_equal_speeds_are_within_never_identical():
    old = RATE | {"value": 100.0}
    actual = of(old, old, Terms(**SAME), "training_examples_per_second")
    assert actual.verdict == WITHIN


def test_speed_elsewhere_is_shown_and_not_judged():
    old, new = RATE | {"value": 100.0}, RATE | {"value": 1.0}
    actual = of(old, new, Terms(**ELSEWHERE), "training_examples_per_second")
    assert actual.verdict == NOT_COMPARED
    assert (actual.recorded, actual.repeated) == (100.0, 1.0)


def test_speed_of_a_machine_that_is_busy_is_not_judged():
    control = {"unit": "GFLOP/s", "low": None, "high": None}
    name = "matmul_gflops_per_second"
    old = {name: control | {"value": 150.0}, "rate": RATE | {"value": 100.0}}
    slow = {name: control | {"value": 99.0}, "rate": RATE | {"value": 20.0}}
    fair = slow | {name: control | {"value": 101.0}}
    findings = compare(record(**old), record(**slow), Terms(**SAME))
    assert {each.verdict for each in findings} == {NOT_COMPARED}
    assert "at 99 GFLOP/s, recorded 150" in findings[1].reason
    findings = verdicts(record(**old), record(**fair), SAME)
    assert findings == {name: NOT_COMPARED, "rate": DIFFERS}


@pytest.mark.parametrize(
    ("then", "now", "message"),
    [
        (3.1, 0.5, "load 3.1 on 2 cores when recorded"),
        (0.5, 3.1, "load 3.1 on 2 cores now"),
        (2.9, 2.9, "factor of 1.5"),
    ],
)
def test_load_makes_times_tell_nothing(then, now, message):
    old, new = (
        record(rate=RATE | {"value": value}, peak=once("bytes", 1.0))
        | {"environment": {"load_average": [load, 0, 0], "cores": 2}}
        for value, load in ((100.0, then), (30.0, now))
    )
    rate, _ = compare(old, new, Terms(**SAME))
    assert message in rate.reason


def once(unit, value):
    return {"unit": unit, "value": value, "low": None, "high": None}


def test_one_measurement_has_no_interval_but_three_seeds_have():
    once = {"unit": "seconds", "low": None, "high": None}
    old, new = once | {"value": 2.0}, once | {"value": 2.5}
    alone = of(old, new, Terms(**SAME), "import_seconds")
    assert alone.verdict == NOT_COMPARED
    assert "no interval" in alone.reason
    peers = [record(import_seconds=once | {"value": v}) for v in (1.0, 3.0)]
    terms = Terms(**SAME, peers=peers)
    assert of(old, new, terms, "import_seconds").verdict == WITHIN
    new = once | {"value": 4.6}
    assert of(old, new, terms, "import_seconds").verdict == DIFFERS


def test_counts_are_equal_everywhere():
    for terms in (SAME, OTHER_CODE, ELSEWHERE):
        chosen = Terms(**terms)
        name = "parameters_count"
        assert of(5, 5, chosen, name).verdict == IDENTICAL
        assert of(5, 6, chosen, name).verdict == DIFFERS
    # Another version of a compiler may compile another number of times
    actual = of(1, 2, Terms(**ELSEWHERE), "compilations_count")
    assert actual.verdict == NOT_COMPARED
    assert of(1, 2, Terms(**SAME), "compilations_count").verdict == DIFFERS


def test_what_is_missing_has_its_reason():
    gone = {"value": None, "reason": "came out as nan", "unit": "nats"}
    actual = of(0.5, gone, Terms(**SAME), "test_loss")
    assert (actual.verdict, actual.reason) == (DIFFERS, "came out as nan")
    assert of(gone, 0.5, Terms(**SAME), "test_loss").verdict == DIFFERS
    assert of(gone, gone, Terms(**SAME), "test_loss").verdict == NOT_COMPARED
    (actual,) = compare(record(test_loss=0.5), record(), Terms(**SAME))
    assert "was not run again" in actual.reason


@pytest.mark.parametrize(
    ("new", "terms", "verdict", "message"),
    [
        ([0.5, 0.25], SAME, IDENTICAL, "2 points, bit for bit"),
        ([0.5, 0.26], SAME, DIFFERS, "point 1 was 0.25, is 0.26"),
        ([0.5, 0.26], OTHER_CODE, NOT_COMPARED, "other code; largest"),
        ([0.5], OTHER_CODE, DIFFERS, "2 points recorded, 1 now"),
        ([0.5, None], SAME, DIFFERS, "is None"),
    ],
)
def test_curves(new, terms, verdict, message):
    old = record({"epoch": {"test_loss": [0.5, 0.25], "seconds": [1, 2]}})
    again = record({"epoch": {"test_loss": new, "seconds": [3, 4]}})
    (actual,) = compare(old, again, Terms(**terms))
    assert actual.name == "curve epoch/test_loss"
    assert actual.verdict == verdict
    assert message in actual.reason


def test_differences_by_dotted_key():
    old = {"cpu": "A", "flags": {"OMP": "2", "MKL": "2"}, "os": "Linux"}
    new = {"cpu": "B", "flags": {"OMP": "4", "MKL": "2", "TF": "1"}}
    assert differences(old, new | {"os": "Linux", "gpu": None}) == {
        "cpu": ["A", "B"],
        "flags.OMP": ["2", "4"],
        "flags.TF": [None, "1"],
    }
