"""Which record `make reproduce RUN=...` means, and what else is refused."""

import pytest

from benchmarks.tracking import sync
from benchmarks.tracking.connect import default_uri
from benchmarks.tracking.store import RECORD, Store
from tests.support import repeatable
from tests.support.repeatable import edit, measured

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def machine(monkeypatch, tmp_path):
    return repeatable.install(monkeypatch, tmp_path)


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def place(machine, runs):
    """The folder of one record."""
    return measured(runs)


@pytest.fixture
def call(machine, tmp_path, capsys):
    return repeatable.caller(capsys, tmp_path)


def set_accuracy(entry):
    entry["metrics"]["test_accuracy"]["value"] = 0.76


def test_a_record_is_found_by_its_beginning(call, place, machine, runs):
    assert call(place.parent.name[:14])[0] == 0
    assert call(place / "record.json")[0] == 0
    assert call(f"{place.parent.name}/001")[0] == 0
    measured(runs, "seed=1")
    code, output = call("cnn-torch")
    assert code == 2
    assert "may be any of 2 records" in output and "-s1-" in output
    machine.accuracy = 0.5
    measured(runs)  # a second attempt at the first: the newest is meant
    assert call(place.parent.name)[0] == 0
    assert call(f"{place.parent.name}/001")[0] == 1


def test_an_unknown_record_is_said_with_what_is_near(call, place):
    code, output = call(place.parent.name.replace("torch", "troch"))
    assert code == 2
    assert "no such record" in output
    assert f"Near it: {place.parent.name}" in output
    assert output.count("\n") == 1


def test_an_mlflow_run_is_a_name_too(call, place, runs, machine):
    sync.sync(runs / "records")
    store = Store(default_uri(runs), runs)
    (run,) = store.find(RECORD).values()
    code, output = call(run.info.run_id)
    assert code == 0, output
    assert f"from MLflow run {run.info.run_id}" in output
    edit(place, set_accuracy)
    (place / "checksums.json").unlink()  # a careful hand; MLflow knows better
    code, output = call(run.info.run_id[:12])
    assert code == 1
    assert "not as in MLflow" in output
    place.rename(runs / "away")  # lost: the store has kept a copy
    code, output = call(run.info.run_id)
    assert code == 0, output
    assert call("f" * 32)[0] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not whole JSON"),
        ("[]", "is no record"),
        ('{"schema": 2}', "record has no id"),
        ('{"schema": 1}', "is no record"),
        ('{"schema": 3}', "schema is 3: expected 2"),
        (None, "no such record"),
    ],
)
def test_bad_files_are_one_message(call, tmp_path, text, message):
    path = tmp_path / "record.json"
    if text is not None:
        path.write_text(text)
    code, output = call(path)
    assert code == 2
    assert message in output
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), "Expected the record to reproduce: make reproduce RUN=<id>"),
        (("x", "seed=3"), "seed=3: a reproduction has the record's"),
        (("x", "--noise", "0.5"), "expected a factor from 1"),
        (("--published", "nothing-of-the-kind"), "no such published set"),
    ],
)
def test_a_wrong_command_line_is_one_message(call, given, message):
    code, output = call(*given)
    assert code == 2
    assert message in output
    assert output.count("\n") == 1
