"""Facts of a bench, from what its invocation holds."""

from reports.sections.facts import _peaks


def test_the_drift_of_the_machine_is_told_where_it_was_measured_twice():
    peaks = [
        {"of": "jax float32 cpu", "first": 151.6, "last": 148.57,
         "drift": -0.02},
        {"of": "torch float32 cpu", "first": 99.5, "last": 99.5,
         "drift": None},
    ]  # fmt: skip
    assert _peaks(peaks) == (
        "jax float32 cpu 152 GFLOP/s (-2.0 % at the end);"
        " torch float32 cpu 100 GFLOP/s"
    )
    assert _peaks([]) == ""
