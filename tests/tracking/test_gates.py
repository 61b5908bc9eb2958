"""Gates are kept: as files always, in MLflow once, whatever happens."""

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.commands import tracking
from benchmarks.records import verdicts
from benchmarks.records.verdict import CellResult, Decision, Numerics
from benchmarks.tracking import gates
from benchmarks.tracking.connect import default_uri
from benchmarks.tracking.store import SENT, Store
from tests.support.synthetic_history import moment, revision, verdict

# MLflow's own imports and FastAPI's deprecations are not ours to mend
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder `runs` in which one gate is kept, twice."""
    runs = tmp_path_factory.mktemp("gates") / "runs"
    messages: list[str] = []
    for _ in range(2):
        gates.keep(verdict(), runs, say=messages.append)
    assert messages == []
    return runs


@pytest.fixture
def store(runs) -> Store:
    return Store(default_uri(runs), runs, gates.EXPERIMENT)


def test_a_gate_is_one_file(runs):
    (path,) = verdicts.place(runs).iterdir()
    assert path.name == "20261001T090000-00000000cccc.json"
    (gate,) = verdicts.all(runs)
    assert gate["id"] == path.stem
    assert gate["cells"][0]["decisions"][0]["log_ratios"] == [0.077] * 8


def test_a_gate_kept_twice_is_one_run(store):
    (parent,) = store.find(gates.GATE).values()
    (cell,) = store.find(gates.CELL).values()
    assert cell.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert parent.data.tags["triptych.base.label"] == "origin/main"
    assert parent.data.tags["triptych.head.dirty"] == "True"
    assert parent.data.metrics["gate_seconds"] == 90.25
    assert parent.info.status == cell.info.status == "FINISHED"
    points = store.client.get_metric_history(
        cell.info.run_id, "training_step_milliseconds_ratio"
    )
    assert len(points) == 1


def test_every_number_and_outcome_arrives(store):
    (cell,) = store.find(gates.CELL).values()
    name = "training_step_milliseconds"
    wanted = {"ratio": 1.08, "low": 1.06, "high": 1.1, "pairs": 8.0}
    wanted |= {"base": 10 / 1.08, "head": 10.0, "noise": 0.02}
    for part, value in wanted.items():
        assert cell.data.metrics[f"{name}_{part}"] == value
    assert cell.data.metrics["numerics_largest"] == 3e-15
    assert not any("decoding" in each for each in cell.data.metrics)
    tags = cell.data.tags
    assert tags[f"triptych.outcome.{name}"] == "regressed"
    assert tags["triptych.outcome"] == "regressed"
    assert tags["triptych.outcome.numerics"] == "unchanged"
    reason = "triptych.reason.decoding_tokens_per_second"
    assert tags[reason] == "this model does not decode"
    assert tags["triptych.base.revision"] == "b" * 40
    assert tags["triptych.head.revision"] == revision(0)
    assert tags["triptych.fingerprint.head"] == "0f1e2d3c4b5a"
    assert cell.data.params["workload.name"] == "cnn"
    assert cell.info.run_name == "cnn torch eager"


def test_a_store_that_is_down_is_said_once_and_filled_later(runs, store):
    messages: list[str] = []
    path = gates.keep(
        verdict(1), runs, "sqlite:////dev/null/none.db", messages.append
    )
    assert path.is_file()
    (text,) = messages
    assert str(path) in text and "make sync" in text
    before = len(store.find(gates.GATE))
    assert tracking.main(["sync", "--records", str(runs / "records")]) == 0
    assert len(store.find(gates.GATE)) == before + 1
    assert gates.sync(runs) == 0


def test_a_sync_cut_off_is_completed(runs, store, monkeypatch):
    class Cut(Exception):
        """Stands for a death after the cell, before the gate."""

    def die(*arguments):
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(type(store.client), "log_dict", die)
        gates.keep(verdict(2), runs, say=lambda text: None)
    gate = verdicts.name(verdict(2).plain())
    assert SENT not in store.find(gates.GATE, gate)[gate].data.tags
    assert gates.sync(runs) == 0  # its cell is there already
    assert SENT in store.find(gates.GATE, gate)[gate].data.tags
    assert f"{gate}/002" not in store.find(gates.CELL)


def test_an_address_that_is_none_loses_nothing(tmp_path):
    messages: list[str] = []
    gates.keep(verdict(), tmp_path, "nowhere", messages.append)
    assert len(messages) == 1 and "expected http" in messages[0]
    assert len(verdicts.all(tmp_path)) == 1


def test_a_store_of_another_folder_is_set_aside(runs, tmp_path):
    moved = tmp_path / "runs"
    shutil.copytree(runs, moved)
    messages: list[str] = []
    gates.keep(verdict(9), moved, say=messages.append)
    (text,) = messages
    assert "of another folder" in text
    assert len(list(moved.glob("mlflow-set-aside-*.db"))) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "is not whole JSON"),
        (b"3", "an object"),
        (b'{"schema": 99}', "schema is 99"),
        (b'{"schema": 2, "started": 3}', "gate.json has no"),
        (b"\xff", "is not whole JSON"),
    ],
)
def test_a_broken_file_is_named(tmp_path, caplog, content, words):
    gates.keep(verdict(), tmp_path, "nowhere", lambda text: None)
    (verdicts.place(tmp_path) / "broken.json").write_bytes(content)
    assert len(verdicts.all(tmp_path)) == 1
    assert "broken.json" in caplog.text and words in caplog.text


def test_a_decision_without_an_outcome_is_named(tmp_path, caplog):
    path = gates.keep(verdict(), tmp_path, "nowhere", lambda text: None)
    gate = json.loads(path.read_text())
    del gate["cells"][0]["decisions"][0]["outcome"]
    path.write_text(json.dumps(gate))
    assert verdicts.all(tmp_path) == []
    assert "no cells[0].decisions[0].outcome" in caplog.text


@pytest.mark.parametrize(
    ("outcomes", "numerics", "failure", "wanted"),
    [
        (["unchanged", "improved"], "unchanged", None, "improved"),
        (["improved", "regressed"], "changed", None, "regressed"),
        (["improved"], "changed", None, "changed"),
        (["unchanged", "inconclusive"], "unchanged", None, "inconclusive"),
        (["unchanged", "not measured"], "not measured", None, "unchanged"),
        (["regressed"], "unchanged", "killed", "not measured"),
        ([], None, None, "not measured"),
    ],
)
def test_a_cell_is_called_by_its_worst(outcomes, numerics, failure, wanted):
    decisions = [Decision("m", "s", outcome) for outcome in outcomes]
    comparison = Numerics(numerics) if numerics else None
    cell = CellResult("a", {}, decisions, comparison, failure=failure)
    plain = verdict(cells=[cell]).plain()["cells"][0]
    assert gates.outcome(plain) == wanted


def test_the_name_is_the_moment_and_the_revision():
    gate = verdict(3).plain()
    assert verdicts.name(gate) == "20261004T090000-00000003cccc"
    gate["head"]["revision"] = None
    assert verdicts.name(gate).endswith("-unknown")
    assert gate["started"] == moment(3)
