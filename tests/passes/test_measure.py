"""The passes as the bench calls them: fresh workers, real frameworks."""

import json
from importlib.util import find_spec
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.config.compose import compose
from benchmarks.environment import describe
from benchmarks.passes import measure
from benchmarks.passes.measure import Measurement, training_splits
from benchmarks.passes.process import FrameworkMissing, WorkerFailed
from benchmarks.passes.remote_runner import initialize, open_worker
from benchmarks.records.metric import metric
from benchmarks.worker.request import spec
from impls import init
from tests.support.noise import cell, noise

FRAMEWORKS = [n for n in ("torch", "tensorflow", "jax") if find_spec(n)]

# The metrics of a record, by pass: the columns of every table
QUALITY = {
    *("test_accuracy", "test_loss", "train_accuracy", "train_loss"),
    *("validation_accuracy", "validation_loss"),
    *("training_seconds", "time_to_target_seconds"),
}
SPEED = {
    *("import_seconds", "build_seconds", "compile_seconds"),
    *("first_step_seconds", "training_examples_per_second"),
    *("training_step_milliseconds", "inference_examples_per_second"),
    *("inference_latency_milliseconds", "compilations_count"),
    *("flops_per_example_count", "parameters_count"),
    *("matmul_gflops_per_second", "peak_share_fraction"),
}
MEMORY = {
    *("host_peak_bytes", "allocator_peak_bytes"),
    *("allocator_reserved_bytes", "driver_process_bytes"),
}


PASSES = {"quality": QUALITY, "speed": SPEED, "memory": MEMORY}
STARTING = {"worker_start", "import", "build"}
PEAK = metric(1e-3, "GFLOP/s", over="products")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return noise(tmp_path_factory.mktemp("data"))


def measured(chosen, data, files, *passes, peak=PEAK):
    """Metrics by pass, curves, and the measurement when it is over."""
    metrics, curves = {}, {}
    chosen = chosen | {"passes": list(passes)}
    with Measurement(chosen, data, files, peak=peak) as measurement:
        for name, step in measurement.steps():
            result = step()
            json.dumps(result, allow_nan=False)
            assert all(seconds >= 0 for seconds in result["timings"].values())
            metrics.setdefault(name, {}).update(result["metrics"])
            curves |= result.get("curves") or {}
    return metrics, curves, measurement


@pytest.mark.parametrize(
    ("framework", "backend"),
    [*product(FRAMEWORKS, [None]), *product(["slide"], FRAMEWORKS)],
)
def test_passes_share_a_worker_and_train_as_in_one_of_their_own(
    data, tmp_path, framework, backend
):
    mode = [f"framework.mode={backend}"] if backend else []
    chosen = cell(framework, *mode)
    together, curves, shared = measured(chosen, data, tmp_path, *PASSES)
    for name, names in PASSES.items():
        assert set(together[name]) == names
        for each in together[name].values():
            assert (each["value"] is None) == bool(each["reason"])
            assert each["unit"]
    assert [path.name for path in tmp_path.iterdir()] == ["worker.log"]
    assert set(shared.workers.timings) == STARTING
    mark = describe.fingerprint(describe.describe(chosen))
    assert describe.fingerprint(shared.environment()) == mark
    loaded = set(shared.environment()["loaded"])
    assert loaded >= ({"keras", backend} if backend else {framework})
    alone, own_curves, _ = measured(chosen, data, tmp_path, "quality")
    # 48 of 60 examples are trained on: six batches, twice
    steps = 0 if framework == "slide" else 12
    assert len(curves["step"]["train_loss"]) == steps
    assert len(curves["epoch"]["validation_accuracy"]) == 2
    assert curves["step"] == own_curves["step"]
    timeless = {"seconds"}
    for name in set(curves["epoch"]) - timeless:
        assert curves["epoch"][name] == own_curves["epoch"][name], name
    for name in ("test_loss", "test_accuracy", "train_loss"):
        assert together["quality"][name] == alone["quality"][name]


def test_speed_alone_measures_the_machine_unless_its_peak_is_given(
    data, tmp_path
):
    chosen = cell("torch")
    metrics, curves, _ = measured(chosen, data, tmp_path, "speed", peak=None)
    own = metrics["speed"]
    assert (set(own), curves) == (SPEED, {})
    assert own["parameters_count"]["value"] == 1_292_417
    assert own["training_examples_per_second"]["repeats"] == 6
    metrics, _, _ = measured(chosen, data, tmp_path, "speed")
    given = metrics["speed"]
    over = "products; measured in an earlier cell of the invocation"
    assert given["matmul_gflops_per_second"] == PEAK | {"over": over}
    rate = given["training_examples_per_second"]["value"]
    flops = given["flops_per_example_count"]["value"]
    assert given["peak_share_fraction"]["value"] == pytest.approx(
        3 * flops * rate / 1e6
    )


@pytest.mark.parametrize("framework", ["torch", "slide"])
def test_memory_alone_trains_a_few_steps(data, tmp_path, framework):
    metrics, _, _ = measured(cell(framework), data, tmp_path, "memory")
    assert set(metrics["memory"]) == MEMORY
    assert metrics["memory"]["host_peak_bytes"]["value"] > 50e6


def test_the_slide_is_given_what_its_fit_holds_out(data):
    few = "workload.data.train_examples=40", "workload.data.test_examples=20"
    own = training_splits(cell("torch", *few), data)
    sizes = {name: split["size"] for name, split in own.items()}
    assert sizes == {"train": 40, "validation": 12, "test": 20}
    # Of 50 `fit` holds 10 out
    slides = training_splits(cell("slide", *few), data)
    sizes = {name: split["size"] for name, split in slides.items()}
    assert sizes == {"train": 50, "test": 20}
    whole = training_splits(cell("slide"), data)
    assert {s["size"] for s in whole.values()} == {60}


def test_peaks_of_memory_are_read_right_after_the_timed_training():
    names = [
        step.__name__
        for _, step in Measurement(
            cell("torch") | {"passes": ["quality", "speed", "memory"]}, {}, ""
        ).steps()
    ]
    assert names == ["training", "peaks", "phases", "inference", "quality"]


def test_a_worker_begins_with_the_parameters_that_the_seed_draws(tmp_path):
    starts = []
    for seed in (1, 2):
        chosen = cell("torch", f"seed={seed}")
        with open_worker(chosen, tmp_path) as worker:
            starts.append(initialize(worker, chosen).params())
        drawn = init.draw(spec(chosen), seed)
        for name, array in drawn.items():
            np.testing.assert_array_equal(
                starts[-1][name], array.astype(np.float32)
            )
    assert not np.array_equal(*(start["rnn.kernel"] for start in starts))


def test_a_worker_may_be_silent_for_the_cells_patience():
    assert open_worker(cell("torch", "patience_seconds=7")).limit == 7


def test_an_error_of_a_framework_fails_the_pass(data, tmp_path):
    chosen = cell("torch")
    chosen["framework"]["mode"] = "quick"
    with pytest.raises(WorkerFailed, match="raised ValueError: .*quick"):
        measured(chosen, data, tmp_path, "memory")


def test_a_missing_interpreter_is_a_missing_framework(data, tmp_path):
    chosen = cell("torch")
    chosen["framework"]["python"] = "/no/python"
    with pytest.raises(FrameworkMissing, match="/no/python"):
        measured(chosen, data, tmp_path, "quality")


class Asked:
    """A worker that notes what it is asked for and measures nothing."""

    def __init__(self):
        self.verbs, self.pid, self.start_seconds = [], 1, 0.0
        self.scratch = None

    def ask(self, verb, on_progress=None, **given):
        self.verbs.append(verb)
        if verb == "ceiling":
            return {
                "metrics": {"matmul_gflops_per_second": METRIC},
                "timings": {},
            }
        metrics = {"training_examples_per_second": METRIC}
        empty = {"curves": {}, "timings": {}, "failure": None}
        return empty | {"metrics": metrics}


METRIC = {"value": 1.0, "low": 1.0, "high": 1.0, "reason": None}
SECONDS = {"import_seconds": 0.0, "build_seconds": 0.0}


def test_each_pass_starts_where_its_figures_are_defined(tmp_path, monkeypatch):
    """Peaks right after the timed training; the rest from the beginning.

    The length of a decoded text, and its time, depend on the parameters.
    """
    worker = Asked()
    runner = SimpleNamespace(worker=worker, seconds=SECONDS)
    cell, _ = compose("workload=cnn", "framework=torch")
    with Measurement(cell, {"groups": None}, tmp_path) as measured:
        monkeypatch.setattr(measured.workers, "build", lambda cell: runner)
        monkeypatch.setattr(measured.workers, "of", lambda cell: worker)
        monkeypatch.setattr(
            measure, "reset", lambda *given: worker.verbs.append("reset")
        )
        monkeypatch.setattr(measure, "training_splits", lambda *given: {})
        monkeypatch.setattr(measure, "_driver_bytes", lambda *given: METRIC)
        monkeypatch.setattr(
            measure.PostTraining, "measure", lambda self: self.result
        )
        monkeypatch.setattr(measure.splits, "divide", lambda *given: {})
        for _, step in measured.steps():
            step()
    assert worker.verbs == [
        *("reset", "training", "peaks", "reset", "inference", "ceiling"),
        *("reset", "quality"),
    ]
