"""MLflow is filled from records: once, completely, whatever happens."""

import json
import os
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.commands import tracking
from benchmarks.errors import UserError
from benchmarks.records import store as record
from benchmarks.tracking import read, sync
from benchmarks.tracking import run as tracking_run
from benchmarks.tracking.connect import default_uri
from benchmarks.tracking.store import RECORD, SENT, Store
from tests.support import synthetic, synthetic_phases

# MLflow's own imports and FastAPI's deprecations are not ours to mend
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder `runs` with three cells sent: one finished, failed, skipped."""
    runs = tmp_path_factory.mktemp("tracking") / "runs"
    synthetic.fill(runs / "records", _entries())
    done = sync.sync(runs / "records")
    assert (done.sent, done.kept) == (3, 0)
    return runs


def _entries():
    return [
        synthetic.entry("rnn", "torch", 1),
        synthetic.failed("bilstm", "jax", 4),
        synthetic.skipped("cnn", "tensorflow", 1),
    ]


@pytest.fixture
def store(runs) -> Store:
    return Store(default_uri(runs), runs)


def _run(store: Store, workload: str):
    runs = store.find(RECORD)
    return next(run for name, run in runs.items() if name.startswith(workload))


def test_every_number_arrives(store):
    run, entry = _run(store, "rnn"), _entries()[0]
    for name, metric in entry["metrics"].items():
        if metric["value"] is None:
            assert name not in run.data.metrics
            continue
        assert run.data.metrics[name] == metric["value"]
        for part in ("low", "high", "repeats"):
            if metric.get(part) is not None:
                assert run.data.metrics[f"{name}_{part}"] == metric[part]
    assert (
        run.data.metrics["timing/timing_seconds"] == entry["timings"]["timing"]
    )


def test_curves_arrive_by_step(store):
    run, entry = _run(store, "rnn"), _entries()[0]
    for curve, kind, steps in (
        ("epoch/validation_loss", entry["curves"]["epoch"], [1, 2]),
        (
            "step/train_loss",
            entry["curves"]["step"],
            entry["curves"]["step"]["step"],
        ),
    ):
        history = store.client.get_metric_history(run.info.run_id, curve)
        actual = sorted((point.step, point.value) for point in history)
        values = kind[curve.split("/")[1]]
        assert actual == list(zip(steps, values, strict=True))


def test_what_is_no_number_arrives(store):
    run = _run(store, "rnn")
    tags, params = run.data.tags, run.data.params
    assert params["workload.data.batch_size"] == "32" and params["seed"] == "1"
    assert params["deterministic"] == "true"
    assert tags["triptych.environment.cores"] == "2"
    reason = tags["triptych.missing.allocator_peak_bytes"]
    assert reason.startswith("this device has no")
    assert tags["triptych.data.synthetic"] == "false"
    assert tags["triptych.status"] == "finished"
    assert run.info.status == "FINISHED"
    failed = _run(store, "bilstm")
    assert failed.info.status == "FAILED"
    assert "signal 9" in failed.data.tags["triptych.reason"]
    assert _run(store, "cnn").data.tags["triptych.status"] == "skipped"


def test_the_data_set_arrives(store):
    (used,) = _run(store, "bilstm").inputs.dataset_inputs
    assert used.dataset.name == "synthetic_imdb"
    assert used.dataset.source_type == "synthetic"
    assert len(used.dataset.digest) == 36


def test_artifacts_arrive(store, runs):
    run = _run(store, "rnn")
    names = {each.path for each in store.client.list_artifacts(run.info.run_id)}
    assert names == {"record.json", "quality.log"}
    assert run.info.artifact_uri.startswith((runs / "artifacts").as_uri())


def test_cells_hang_under_their_bench(store):
    (parent,) = store.find("triptych.invocation").values()
    cells = store.find(RECORD).values()
    assert {run.data.tags["mlflow.parentRunId"] for run in cells} == {
        parent.info.run_id
    }
    assert parent.data.tags["triptych.records"] == "3"
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["bench_seconds"] == 2103.5


def test_nothing_is_printed(runs, capfd):
    entry = synthetic.entry("cnn", "jax", 9)
    record.write(runs / "records", entry)
    sync.sync(runs / "records")
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert (
        "Creating initial MLflow" in (runs / "logs" / "mlflow.log").read_text()
    )


def test_syncing_again_sends_nothing(runs, store):
    before = len(store.find(RECORD))
    assert sync.sync(runs / "records").sent == 0
    assert sync.sync(runs / "records", only=synthetic.INVOCATION).sent == 0
    assert len(store.find(RECORD)) == before


class Cut(Exception):
    """Stands for a death in the middle of a sync."""


def test_a_sync_cut_off_anywhere_is_completed(runs, store, monkeypatch):
    """Every call to the store is once the last one; then all is whole."""
    entry = synthetic.entry("rnn", "jax", 5)
    names = ("create_run", "log_batch", "log_inputs", "log_artifact")
    names += ("set_terminated", "set_tag")
    moments = 0
    for moment in range(40):
        again = {**entry, "key": f"{entry['key']}{moment:02}"}
        record.write(runs / "records", again)
        with monkeypatch.context() as patch:
            if not _dies(patch, names, moment, runs):
                break
        moments += 1
        assert sync.sync(runs / "records").sent == 1
    assert moments >= 8
    _assert_each_once(store, entry)


def _dies(patch, names, moment, runs) -> bool:
    from mlflow import MlflowClient

    left = [moment]
    for name in names:
        real = getattr(MlflowClient, name)

        def call(*arguments, real=real, **options):
            left[0] -= 1
            if left[0] < 0:
                raise Cut
            return real(*arguments, **options)

        patch.setattr(MlflowClient, name, call)
    try:
        sync.sync(runs / "records")
    except Cut:
        return True
    return False


def _assert_each_once(store, entry):
    actual = store.client.search_runs([store.experiment], max_results=200)
    records = Counter(run.data.tags.get(RECORD) for run in actual)
    assert records.pop(None) == 1  # the bench itself
    assert set(records.values()) == {1}
    for run in actual:
        if run.data.tags.get(RECORD, "").startswith(entry["key"]):
            assert SENT in run.data.tags
            history = store.client.get_metric_history(
                run.info.run_id, "step/train_loss"
            )
            assert len(history) == len(entry["curves"]["step"]["step"])


def test_a_reused_record_is_shown_by_the_later_bench(runs, store):
    first = next(iter(store.find(RECORD)))
    synthetic.fill(runs / "records", [], "20261125T090000-cd34", (first,))
    assert sync.sync(runs / "records", only="20261125T090000-cd34") == (
        0,
        1,
        default_uri(runs),
    )
    actual = read.results(runs, None, "20261125T090000-cd34")
    assert [entry["id"] for entry in actual.records] == [first]
    assert actual.records[0]["invocation"] == synthetic.INVOCATION


def test_a_bench_that_goes_on_is_told_again(runs, store):
    call = {
        "id": "20261126T090000-ef56",
        "suite": "quick",
        "started": "2026-11-26T09:00:00+00:00",
        "seconds": None,
        "command": "make bench",
        "records": [],
        "cells": ["a", "b"],
    }
    record.write_invocation(runs / "records", call)
    sync.sync(runs / "records")
    parent = store.find("triptych.invocation")[call["id"]]
    assert parent.info.status == "RUNNING"
    assert parent.data.tags["triptych.planned"] == "2"
    record.write_invocation(runs / "records", {**call, "seconds": 2.0})
    sync.sync(runs / "records")
    parent = store.find("triptych.invocation")[call["id"]]
    assert parent.info.status == "FINISHED"


def test_long_texts_are_cut_in_tags_and_parameters():
    entry = synthetic.failed("cnn", "jax", 1)
    entry["cell"]["workload"]["spec"]["names"] = "x" * 9000
    tags = tracking_run.tags(entry | {"reason": "x" * 9000})
    assert max(len(value) for value in tags.values()) < 6000
    parameters = tracking_run.parameters(entry)
    assert len(parameters["workload.spec.names"]) < 6000


def test_the_command_says_what_it_did(runs, capsys):
    records = str(runs / "records")
    assert tracking.main(["sync", "--records", records]) == 0
    assert "0 sent" in capsys.readouterr().out
    assert tracking.main(["sync", "--uri", "nowhere"]) == 2
    assert "expected http" in capsys.readouterr().err
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_what_phases_add_arrives(tmp_path):
    """Their metrics, curves and pictures."""
    entry = synthetic_phases.entry("filters", "torch", 1)
    runs = tmp_path / "runs"
    synthetic_phases.fill(runs / "records", [entry], "20261128T090000-abcd")
    sync.sync(runs / "records")
    store = Store(default_uri(runs), runs)
    run = _run(store, "filters")
    accuracy = entry["metrics"]["cnn.test_accuracy"]["value"]
    assert run.data.metrics["cnn.test_accuracy"] == accuracy
    history = store.client.get_metric_history(
        run.info.run_id, "cnn.epoch/test_accuracy"
    )
    assert [(point.step, point.value) for point in history] == list(
        enumerate(entry["curves"]["cnn.epoch"]["test_accuracy"], 1)
    )
    actual = store.client.list_artifacts(run.info.run_id, "pictures")
    assert [each.path for each in actual] == sorted(entry["pictures"])


def test_records_are_read_back_as_they_were_written(runs):
    actual = read.results(runs, None, synthetic.INVOCATION)
    (call,) = [
        call
        for call in record.invocations(runs / "records")
        if call["id"] == synthetic.INVOCATION
    ]
    assert actual.invocation == call
    written = {entry["id"]: entry for entry in record.all(runs / "records")}
    assert [e["id"] for e in actual.records] == call["records"]
    assert all(entry == written[entry["id"]] for entry in actual.records)
    name = call["records"][0]
    assert actual.read(name, "quality.log") == b"started\nended\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 7}, "not as in MLflow .expected sha256"),
        ({"schema": 1}, "schema is 1"),
    ],
)
def test_a_record_that_changed_in_the_store_is_left_out(
    tmp_path, caplog, change, message
):
    runs = tmp_path / "runs"
    entries = [synthetic.entry(), synthetic.entry("rnn")]
    ids = synthetic.fill(runs / "records", entries)
    sync.sync(runs / "records")
    store = Store(default_uri(runs), runs)
    run = store.find(RECORD, ids[0])[ids[0]]
    path = Path(urlsplit(run.info.artifact_uri).path, "record.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    actual = read.results(runs)
    assert [entry["id"] for entry in actual.records] == ids[1:]
    assert re.search(f"ignored: record {ids[0]}.*{message}", caplog.text)


def test_without_a_usable_record_it_is_an_error(tmp_path):
    with pytest.raises(UserError, match=r"mlflow.db is not there"):
        read.results(tmp_path)
    runs = tmp_path / "runs"
    synthetic.fill(runs / "records", [])
    sync.sync(runs / "records")
    with pytest.raises(UserError, match="has no usable record"):
        read.results(runs)
    with pytest.raises(UserError, match="no bench nine.*the latest: 2026"):
        read.results(runs, None, "nine")
