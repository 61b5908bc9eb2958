"""The passes as the bench calls them: fresh workers, real frameworks."""

import json

import numpy as np
import pytest

from benchmarks.environment import describe
from benchmarks.passes import measure
from benchmarks.passes.process import FrameworkMissing, WorkerFailed
from benchmarks.passes.remote_runner import initialize, open_worker
from benchmarks.worker.request import spec
from impls import init
from tests.support.noise import cell, noise

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


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return noise(tmp_path_factory.mktemp("data"))


def check(result, names, cell):
    assert set(result["metrics"]) == names
    for metric in result["metrics"].values():
        assert (metric["value"] is None) == bool(metric["reason"])
        assert metric["unit"]
    assert all(seconds >= 0 for seconds in result["timings"].values())
    assert {"worker_start", "import", "build"} <= set(result["timings"])
    mark = describe.fingerprint(describe.describe(cell))
    assert describe.fingerprint(result["environment"]) == mark
    assert result["environment"]["loaded"]
    json.dumps(result, allow_nan=False)


def test_quality(data, tmp_path):
    chosen = cell("torch")
    result = measure.quality(chosen, data, tmp_path)
    check(result, QUALITY, chosen)
    curves = result["curves"]
    # 48 of 60 examples are trained on: six batches, twice
    assert len(curves["step"]["train_loss"]) == 12
    assert len(curves["epoch"]["validation_accuracy"]) == 2
    assert (tmp_path / "quality.log").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["quality.log"]


def test_speed(data, tmp_path):
    chosen = cell("torch")
    result = measure.speed(chosen, data, tmp_path)
    check(result, SPEED, chosen)
    metrics = result["metrics"]
    assert metrics["parameters_count"]["value"] == 1_292_417
    assert metrics["training_examples_per_second"]["repeats"] == 6


def test_memory(data, tmp_path):
    chosen = cell("torch")
    result = measure.memory(chosen, data, tmp_path)
    check(result, MEMORY, chosen)
    assert result["metrics"]["host_peak_bytes"]["value"] > 50e6


@pytest.mark.parametrize(
    ("name", "names"),
    [("quality", QUALITY), ("speed", SPEED), ("memory", MEMORY)],
)
def test_the_slides_program_has_the_same_columns(data, tmp_path, name, names):
    chosen = cell("slide")
    result = getattr(measure, name)(chosen, data, tmp_path)
    check(result, names, chosen)
    if name == "quality":
        assert len(result["curves"]["epoch"]["validation_loss"]) == 2


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
        measure.memory(chosen, data, tmp_path)


def test_a_missing_interpreter_is_a_missing_framework(data, tmp_path):
    chosen = cell("torch")
    chosen["framework"]["python"] = "/no/python"
    with pytest.raises(FrameworkMissing, match="/no/python"):
        measure.quality(chosen, data, tmp_path)
