"""The machine's peak is measured at the ends of an invocation."""

import pytest

from benchmarks.bench.machine_peak import MachinePeaks


def cell(framework, precision="float32", passes=("quality", "speed")):
    return {
        "framework": {"name": framework},
        "precision": precision,
        "device": {"name": "cpu"},
        "passes": passes,
    }


def run(cells, peaks):
    """Which cells measure, and the summary; each finds the next of `peaks`."""
    state, measured = MachinePeaks(), []
    for number in range(len(cells)):
        ahead = cells[number:]
        known = state.known(ahead)
        measured.append(known is None)
        value = {"value": peaks[number], "unit": "GFLOP/s"}
        state.add(ahead, {"matmul_gflops_per_second": known or value})
    return measured, state.summary()


def test_first_and_last_cell_of_a_framework_measure_it():
    cells = [cell(name) for name in ("torch", "jax", "torch", "torch", "jax")]
    measured, summary = run(cells, [100.0, 50.0, 1.0, 90.0, 55.0])
    assert measured == [True, True, False, True, True]
    assert summary == [
        {
            "of": "jax float32 cpu",
            "first": 50.0,
            "last": 55.0,
            "drift": pytest.approx(0.1),
        },
        {
            "of": "torch float32 cpu",
            "first": 100.0,
            "last": 90.0,
            "drift": pytest.approx(-0.1),
        },
    ]


def test_a_cell_alone_measures_once_and_shows_no_drift():
    measured, summary = run([cell("torch"), cell("torch", "float64")], [9, 5])
    assert measured == [True, True]
    assert [row["drift"] for row in summary] == [None, None]


def test_cells_that_time_nothing_are_not_waited_for():
    cells = [cell("jax"), cell("jax"), cell("jax", passes=("quality",))]
    assert run(cells, [9.0, 6.0, None])[0][:2] == [True, True]


def test_a_peak_that_could_not_be_measured_is_measured_by_the_next_cell():
    measured, summary = run([cell("jax")] * 3, [None, 8.0, 6.0])
    assert measured == [True, True, True]
    assert summary[0]["drift"] == -0.25


def test_the_slides_program_multiplies_with_its_backend():
    slides = []
    for mode in ("torch", "jax"):
        slides.append(cell("slide"))
        slides[-1]["framework"]["mode"] = mode
    cells = [cell("torch"), *slides, cell("torch"), cell("jax")]
    measured, summary = run(cells, [100.0, 1.0, 50.0, 90.0, 55.0])
    assert measured == [True, False, True, True, True]
    assert [row["of"] for row in summary] == [
        "jax float32 cpu",
        "torch float32 cpu",
    ]
