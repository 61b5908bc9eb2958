"""An invocation of the bench: records, output and exit code."""

import json
import pickle

import pytest

from benchmarks.bench import sweep
from benchmarks.config.schema import PASSES
from benchmarks.errors import UserError
from benchmarks.records import revision, store
from benchmarks.tracking import connect, sync
from tests.support import stubbed_bench
from tests.support.stubbed_measurement import measurement

TORCH = ("workload=cnn", "framework=torch")


def records(folder):
    return store.all(folder / "runs" / "records")


def test_finished_cells_are_kept_and_repeated_only_when_asked(bench, tmp_path):
    assert bench(*TORCH)[0] == 0
    code, output = bench(*TORCH)
    assert code == 0
    assert "1 of 1 cells are recorded already" in output
    assert len(records(tmp_path)) == 1
    code, output = bench(*TORCH, "rerun=true")
    assert code == 0
    assert "recorded already" not in output
    assert len(records(tmp_path)) == 2
    assert len({entry["key"] for entry in records(tmp_path)}) == 1


def test_other_cells_run_beside_what_is_kept(bench, tmp_path):
    bench(*TORCH)
    code, output = bench(*TORCH, "seed=0,1")
    assert "1 of 2 cells are recorded already" in output
    assert "cell 1 of 1  cnn torch eager seed 1" in output
    calls = store.invocations(tmp_path / "runs/records")
    assert sorted(len(call["records"]) for call in calls) == [1, 2]


def test_a_record_holds_the_configuration_and_the_measurements(bench, tmp_path):
    bench(*TORCH, "workload.data.validation=0.25")
    (entry,) = records(tmp_path)
    assert entry["suite"] == "quick"
    assert entry["data"]["sizes"] == {"train": 15, "validation": 5, "test": 20}
    assert entry["cell"]["workload"]["epochs"] == 5
    assert entry["timings"]["training"] == pytest.approx(0.006)  # 3 passes
    assert entry["code"]["digest"] == revision.code_digest()
    assert entry["logs"] == ["stub.log"]


def test_a_failed_cell_fails_the_invocation_but_no_other_cell(
    bench, tmp_path, monkeypatch
):
    monkeypatch.setenv("STUB_FAILS", "torch")
    code, output = bench("workload=cnn", "framework=torch,jax")
    assert code == 1
    assert "failed: quality: killed by signal 9" in output
    states = {e["framework"]: e["status"] for e in records(tmp_path)}
    assert states == {"torch": "failed", "jax": "finished"}
    assert "index.html" in output
    monkeypatch.delenv("STUB_FAILS")
    code, output = bench("workload=cnn", "framework=torch,jax")
    assert code == 0
    assert "1 of 2 cells are recorded already" in output


def test_a_bug_fails_one_cell_with_its_traceback(bench, tmp_path, monkeypatch):
    def broken(*arguments, **named):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(
        "benchmarks.bench.run_cell.Measurement",
        measurement(dict.fromkeys(PASSES, broken)),
    )
    assert bench(*TORCH)[0] == 1
    (entry,) = records(tmp_path)
    assert entry["reason"] == "quality: ZeroDivisionError: by zero"
    assert "Traceback" in entry["log_tail"]


def test_framework_that_cannot_be_imported_is_skipped(
    bench, tmp_path, monkeypatch
):
    monkeypatch.setenv("STUB_MISSING", "torch")
    code, output = bench("workload=cnn", "framework=torch,jax")
    assert code == 0
    assert "skipped: torch cannot be imported" in output


def test_framework_that_is_not_installed_is_skipped_at_once(
    bench, tmp_path, monkeypatch
):
    from benchmarks.environment import describe

    original = describe._interpreter

    def without_torch(python, *frameworks):
        described = original(python, *frameworks)
        if "torch" not in frameworks:
            return described
        return described | {"versions": {"numpy": "2", "torch": None}}

    monkeypatch.setattr(describe, "_interpreter", without_torch)
    code, output = bench("workload=cnn", "framework=torch,jax")
    assert code == 0
    assert "skipped: cnn torch eager seed 0: torch is not installed, " in output
    assert "cell 1 of 1  cnn jax" in output
    states = {e["framework"]: e["status"] for e in records(tmp_path)}
    assert states == {"torch": "skipped", "jax": "finished"}
    assert bench("workload=cnn", "framework=torch")[0] == 1  # nothing ran


def test_bad_input_leaves_nothing_behind(bench, tmp_path):
    code, output = bench("sede=1")
    assert code == 2
    assert output.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_model_that_does_not_fit_the_data(bench, tmp_path):
    code, output = bench(*TORCH, "workload.spec.height=20")
    assert code == 2
    assert "takes 20 x 28 x 1, an example of fashion_mnist is 28 x 28" in output
    assert not records(tmp_path)


def test_data_folder_that_is_not_there(bench):
    code, output = bench(*TORCH, "data.folder=/nowhere/at/all")
    assert code == 2
    assert output.startswith("DATA=/nowhere/at/all: there is no such folder")


def test_data_folder_that_is_a_file(bench, tmp_path):
    (tmp_path / "file").write_text("")
    code, output = bench(*TORCH, f"data.folder='{tmp_path}/file'")
    assert code == 2
    assert "cannot be read (Not a directory)" in output


def test_a_full_disk_ends_the_invocation(bench, monkeypatch):
    def full(*arguments):
        raise UserError("the disk is full")

    monkeypatch.setattr(store, "write", full)
    code, output = bench(*TORCH, "seed=0,1")
    assert code == 2
    assert "the disk is full" in output
    assert "cell 2" not in output


def test_tracking_that_is_down_is_reported_once(bench, tmp_path, monkeypatch):
    def down(*arguments):
        raise connect.TrackingDown("does not answer")

    monkeypatch.setattr(sync, "sync", down)
    code, output = bench(*TORCH, "seed=0,1")
    assert code == 0
    assert output.count("does not answer") == 1
    assert len(records(tmp_path)) == 2


def test_the_report_is_drawn_anew_after_each_workload(
    bench, tmp_path, monkeypatch
):
    """Between the cells of two workloads, and at the end."""
    drawn = []

    def built(invocation, store, out, runs):
        drawn.append(len(records(tmp_path)))
        return stubbed_bench.built(invocation, store, out, runs)

    monkeypatch.setattr("reports.build", built)
    code, output = bench("workload=cnn,mlp,rnn", "framework=torch,jax")
    assert code == 0
    assert drawn == [2, 4, 6]
    page = f"{tmp_path}/report/index.html"
    assert output.count(page) == 2
    assert output.index(page) < output.index("cell 1 of 6")
    (call,) = store.invocations(tmp_path / "runs/records")
    assert call["timings"]["report"] > 0


def test_a_failing_intermediate_report_is_told_once_and_stops_nothing(
    bench, tmp_path, monkeypatch
):
    calls = []

    def built(*arguments):
        calls.append(len(records(tmp_path)))
        if len(calls) == 1:
            raise KeyError("column")
        return stubbed_bench.built(*arguments)

    monkeypatch.setattr("reports.build", built)
    code, output = bench("workload=cnn,mlp,rnn", "framework=torch")
    assert code == 0
    assert calls == [1, 3]  # not tried again before the end
    assert output.count("`make report` tries again") == 1
    assert "index.html" in output.splitlines()[-1]


def test_a_report_that_fails_changes_the_exit_code(bench, monkeypatch):
    def broken(*arguments):
        raise KeyError("column")

    monkeypatch.setattr("reports.build", broken)
    code, output = bench(*TORCH)
    assert code == 1
    assert "`make report` tries again" in output


def test_seconds_are_accounted_for(bench, tmp_path):
    _, output = bench(*TORCH)
    (invocation,) = store.invocations(tmp_path / "runs/records")
    assert invocation["finished"] is True
    assert invocation["timings"]["training"] == pytest.approx(0.006)
    assert invocation["timings"]["workers"] == pytest.approx(0.001)
    assert sum(invocation["timings"].values()) == pytest.approx(
        invocation["seconds"]
    )
    assert "Time: " in output


def test_only_the_data_is_prepared(bench, tmp_path):
    code, output = bench("prepare_only=true", "workload=cnn,rnn")
    assert code == 0
    assert "imdb: stub\n" in output
    assert not records(tmp_path)


def test_a_job_in_another_process_only_writes_its_record(bench, tmp_path):
    """What joblib or Slurm start finds all it needs in the plan."""
    from omegaconf import OmegaConf

    bench(*TORCH)
    (entry,) = records(tmp_path)
    plan = {
        "about": {"id": "other", "suite": "quick", "code": entry["code"]},
        "data": {"fashion_mnist": stubbed_bench.prepared(
            "fashion_mnist", "", "", tmp_path, str)},
        "jobs": [{"overrides": [], "cell": entry["cell"], "missing": None,
                  "data": "fashion_mnist", "environment": {},
                  "fingerprint": "f", "key": "elsewhere"}],
    }  # fmt: skip
    folder = tmp_path / "runs" / "plans"
    (folder / "other.json").write_text(json.dumps(plan))
    place = {"invocation": "other", "number": 0}
    config = {"place": place, "runs": str(tmp_path / "runs")}
    elsewhere = pickle.loads(pickle.dumps(sweep.Sweep([], print, 0.0)))
    assert elsewhere(OmegaConf.create(config)) == "elsewhere/001"
    assert len(records(tmp_path)) == 2
