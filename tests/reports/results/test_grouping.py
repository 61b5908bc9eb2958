"""What is joined into a row, and what a row is compared with."""

from collections import Counter
from dataclasses import replace

import pytest

from reports.results import frame, grouping, seconds
from reports.results.format import ACCURACY, RATE
from reports.sections import measures
from tests.support import synthetic, synthetic_rows, synthetic_store

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def workloads():
    return grouping.workloads(synthetic_store.bench())


def _row(workload, framework):
    return next(r for r in workload.rows if r.framework == framework)


def test_one_row_for_five_seeds(workloads):
    assert [w.name for w in workloads] == ["cnn", "rnn", "bilstm"]
    for each in workloads:
        assert [row.title for row in each.rows] == [
            "PyTorch eager",
            "TensorFlow graph",
            "JAX jit",
            "Keras 3 on TensorFlow",
        ]
        assert all(row.variant == "" for row in each.rows)
    assert [w.synthetic for w in workloads] == [False, False, True]


def test_an_estimate_is_over_the_seeds_that_finished(workloads):
    cnn, rnn, bilstm = workloads
    values = [
        synthetic.entry("cnn", "torch", seed)["metrics"][
            "training_examples_per_second"
        ]["value"]
        for seed in synthetic.SEEDS
    ]
    result = _row(cnn, "torch").estimate(RATE)
    assert result.value == pytest.approx(sum(values) / 5)
    assert result.repeats == 5 and "5 seeds, 95 % t" in result.over
    assert result.low < result.value < result.high
    assert _row(rnn, "torch").estimate(RATE).repeats == 4
    assert len(_row(rnn, "torch").lost) == 1
    assert len(_row(bilstm, "jax").lost) == 1


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_startup_adds_up_the_parts_there_are(workloads, framework):
    parts = ("import", "build", "compile", "first_step")
    sums = []
    for seed in synthetic.SEEDS:
        metrics = synthetic.entry("cnn", framework, seed)["metrics"]
        sums.append(sum(metrics[f"{p}_seconds"]["value"] or 0 for p in parts))
    result = _row(workloads[0], framework).estimate("startup_seconds")
    assert result.value == pytest.approx(sum(sums) / 5)
    eager = "no compile: eager: nothing is compiled"
    assert result.remark == (eager if framework == "torch" else "")


def test_without_an_import_there_is_no_startup(workloads):
    row = _row(workloads[0], "torch")
    cells = row.cells.assign(import_seconds=float("nan"))
    result = replace(row, cells=cells).estimate("startup_seconds")
    assert result.value is None and result.reason == "not measured"


def test_a_missing_value_brings_its_reason(workloads):
    result = _row(workloads[0], "jax").estimate("allocator_peak_bytes")
    assert result.value is None
    assert result.reason == "this device has no allocator statistics"


def test_pairs_are_by_seed_and_inside_a_data_set(workloads):
    rnn = workloads[1]
    pair = next(c for c in rnn.comparisons if c.row.framework == "torch")
    assert sorted(pair.pairs) == [1, 2, 3, 4]  # the fifth was skipped
    for seed, difference in pair.pairs.items():
        mine = pair.row.by_seed(ACCURACY)[seed]
        theirs = rnn.slide.by_seed(ACCURACY)[seed]
        assert difference == pytest.approx(mine - theirs)
    assert pair.ratio.count == 4 and pair.margin == 0.02


def test_the_worse_implementation_is_different(workloads):
    verdicts = {
        (c.row.workload, c.row.framework): c.verdict.kind
        for w in workloads
        for c in w.comparisons
    }
    assert verdicts[("rnn", "tensorflow")] == "different"
    assert Counter(verdicts.values())["equivalent"] >= 6


def test_settings_and_environments_are_never_joined():
    bench = synthetic_store.bench(synthetic_store.SWEEP)
    (cnn,) = grouping.workloads(bench)
    assert [row.title for row in cnn.rows] == [
        "PyTorch eager (batch size 100)",
        "PyTorch eager (batch size 200)",
        "JAX jit (environment 1111)",
        "JAX jit (environment 2222)",
    ]
    assert {row.seeds for row in cnn.rows} == {1}


def test_what_sets_rows_apart_is_named_once_for_all_phases():
    key = "optimizer.learning_rate"
    first = {f"workload.{key}": "1", f"workload.phases.skips.{key}": "1"}
    second = dict.fromkeys(first, "2")
    assert grouping.variant(second, [first, second]) == ["learning rate 2"]
    del first[f"workload.{key}"], second[f"workload.{key}"]
    assert grouping.variant(second, [first, second]) == [
        "skips learning rate 2"
    ]


def test_a_key_that_was_added_since_sets_no_rows_apart():
    """Unless it has an effect: older records have none of it."""
    settings = []
    for more in ({}, {"label_smoothing": 0.0}, {"label_smoothing": 0.1}):
        record = synthetic.entry("cnn", "torch", 0)
        record["cell"]["workload"] |= more
        config = frame._details(record)["config"]
        settings.append(grouping.setting(config))
    assert settings[0] == settings[1] != settings[2]


def test_a_skipped_cell_joins_the_cells_of_its_setting():
    """It has neither a data set nor an environment."""
    bench = synthetic_store.bench(synthetic_store.SWEEP)
    (cnn,) = grouping.workloads(bench)
    assert sum(len(row.lost) for row in cnn.rows) == 1
    assert len(grouping.lost(bench)) == 1


def test_without_the_slide_there_is_a_reason():
    bench = synthetic_store.bench(synthetic_store.SWEEP)
    (cnn,) = grouping.workloads(bench)
    assert cnn.slide is None
    for pair in cnn.comparisons:
        assert pair.ratio is None and pair.verdict is None
        assert "no cell of the slide's program" in pair.reason


def test_one_seed_keeps_the_interval_of_its_blocks():
    bench = synthetic_store.bench(synthetic_store.SWEEP)
    row = grouping.workloads(bench)[0].rows[0]
    result = row.estimate(RATE)
    metric = synthetic.entry()["metrics"]["training_examples_per_second"]
    assert (result.value, result.low, result.high, result.repeats) == (
        metric["value"],
        metric["low"],
        metric["high"],
        10,
    )
    assert "one seed, median of 10 (blocks of one process)" in result.over
    assert row.estimate(ACCURACY).low is None


def test_seconds_are_of_the_cells_this_bench_measured():
    bench = synthetic_store.bench(synthetic_store.REUSED)
    assert len(bench.cells) == 21 and len(seconds.measured(bench)) == 1
    result = {part.name: part.seconds for part in seconds.of_cells(bench)}
    timings = synthetic.entry("rnn", "torch", 5)["timings"]
    assert result["training"] == pytest.approx(timings["training"])
    assert sum(p.share for p in seconds.of_cells(bench)) == pytest.approx(1)


def test_what_no_phase_accounts_for_is_other():
    result = {
        part.name: part.seconds
        for part in seconds.of_bench(synthetic_store.bench())
    }
    assert result["other"] == pytest.approx(2103.5 - 4.2 - 2051.0 - 9.1)


def test_the_cost_of_the_bench_itself():
    bench = synthetic_store.bench()
    work = sum(
        synthetic.entry(*cell)["timings"][phase]
        for cell in _measured(bench)
        for phase in ("training", "evaluation", "compile", "timing")
    )
    own = seconds.own_cost(bench)
    assert own.seconds == pytest.approx(2103.5 - work)
    assert own.share == pytest.approx(own.seconds / 2103.5)


def _measured(bench):
    cells = bench.cells[bench.cells["status"] != "skipped"]
    return cells[["workload", "framework", "seed"]].itertuples(index=False)


def _rated(framework, mode, *rates):
    values = {"training_examples_per_second": [*rates]}
    return replace(synthetic_rows.row(values, framework), mode=mode)


def _ratios(*rows):
    """Title of a column of ratios -> its cells."""
    compared = [grouping._compare(r, rows) for r in rows if not r.baseline]
    made = synthetic_rows.workload("cnn", *rows)
    made = replace(made, comparisons=compared)
    table = measures.measures(made)
    return {
        column.title: [line.cells[number].text for line in table.lines]
        for number, column in enumerate(table.columns[1:])
        if column.title.startswith("Against")
    }


@pytest.mark.parametrize("book", ["tensorflow", "fit"])
def test_throughput_is_beside_keras_on_the_same_framework(book):
    rows = [
        _rated("torch", "eager", 30.0, 33.0),
        _rated("jax", "jit", 20.0, 22.0),
        _rated("slide", "torch", 10.0, 11.0),
        _rated("slide", book, 15.0, 16.5),
    ]
    assert [r.title for r in rows[2:]] == [
        "Keras 3 on PyTorch",
        "Keras 3 on TensorFlow",
    ]
    assert _ratios(*rows) == {
        "Against the slide": ["2.00", "1.33", "0.67", "1.00"],
        "Against Keras 3": ["3.00", "–", "1.00", "1.00"],
    }
    assert list(_ratios(*rows[:2], rows[3])) == ["Against the slide"]
