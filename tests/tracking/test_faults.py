"""A store that is down, broken, moved or busy; MLflow's pages."""

import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.records import store
from benchmarks.tracking import connect, read, sync, ui
from benchmarks.tracking.store import RECORD, Store
from tests.support import synthetic

# MLflow's own imports and FastAPI's deprecations are not ours to mend
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder `runs` with one cell in its store."""
    runs = tmp_path_factory.mktemp("faults") / "runs"
    synthetic.fill(runs / "records", [synthetic.entry()])
    sync.sync(runs / "records")
    return runs


def test_a_server_that_is_down_loses_nothing(tmp_path):
    records = tmp_path / "runs" / "records"
    synthetic.fill(records, [synthetic.entry()])
    address = f"http://127.0.0.1:{_free_port()}"
    started = time.monotonic()
    with pytest.raises(connect.TrackingDown, match="records are kept.*make s"):
        sync.sync(records, address)
    assert time.monotonic() - started < 30
    assert len(store.all(records)) == 1


def test_a_store_that_cannot_be_opened_is_said_at_once(tmp_path):
    records = tmp_path / "runs" / "records"
    synthetic.fill(records, [synthetic.entry()])
    (tmp_path / "runs" / "mlflow.db").write_bytes(b"no database at all" * 99)
    with pytest.raises(connect.TrackingDown, match="records are kept"):
        sync.sync(records, "sqlite:////dev/null/none.db")
    messages = []
    assert sync.sync(records, say=messages.append).sent == 1
    assert len(messages) == 1 and "kept as" in messages[0]


def test_a_store_is_made_whole_or_not_at_all(tmp_path, monkeypatch):
    """What a death leaves of MLflow's many steps is never the store."""
    records = tmp_path / "runs" / "records"
    synthetic.fill(records, [synthetic.entry()])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", _die)
        with pytest.raises(KeyboardInterrupt):
            sync.sync(records)
    left = {path.name for path in (tmp_path / "runs").glob("*mlflow*")}
    assert left == {".half-mlflow.db"}
    (tmp_path / "runs" / ".half-mlflow.db-journal").write_bytes(b"torn")
    assert sync.sync(records).sent == 1
    left = {path.name for path in (tmp_path / "runs").glob("*mlflow*")}
    assert left == {"mlflow.db"}


def _die(*arguments):
    raise KeyboardInterrupt


def test_a_wrong_address_is_named(tmp_path):
    with pytest.raises(UserError, match="'localhost:5000': expected http"):
        sync.sync(tmp_path / "records", "localhost:5000")


def test_a_second_sync_waits_and_then_says_so(runs, monkeypatch):
    monkeypatch.setattr(connect, "PATIENCE", 0.2)
    refused = pytest.raises(connect.TrackingDown, match="another sync")
    with files.locked(runs / ".sync.lock"), refused:
        sync.sync(runs / "records")


ODD = "/data/caf\udce9\0"  # a byte of Latin-1, as `os.fsdecode` reads it


def test_a_path_that_is_no_unicode_is_escaped(tmp_path):
    records = tmp_path / "runs" / "records"
    entry = synthetic.failed("cnn", "jax", 1) | {"reason": ODD}
    entry["data"]["source"] = ODD
    entry["cell"]["framework"]["python"] = ODD
    synthetic.fill(records, [entry])
    assert sync.sync(records).sent == 1
    address = connect.default_uri(tmp_path / "runs")
    (run,) = Store(address, tmp_path / "runs").find(RECORD).values()
    escaped = "/data/caf\\udce9\\x00"
    assert run.data.tags["mlflow.note.content"] == escaped
    assert run.data.params["framework.python"] == escaped
    assert run.inputs.dataset_inputs[0].dataset.source == escaped


def test_a_record_that_is_refused_blocks_no_other(tmp_path, monkeypatch):
    records = tmp_path / "runs" / "records"
    entries = [synthetic.entry("rnn"), synthetic.entry("cnn")]
    synthetic.fill(records, entries)
    send = Store.send

    def picky(self, entry, *rest):
        if entry["id"].startswith("rnn"):
            raise UnicodeEncodeError("utf-8", ODD, 9, 10, "not allowed")
        return send(self, entry, *rest)

    monkeypatch.setattr(Store, "send", picky)
    messages = []
    done = sync.sync(records, say=messages.append)
    assert (done.sent, done.kept) == (1, 0)
    assert "MLflow does not take this record ('utf-8' codec" in messages[0]
    monkeypatch.undo()
    done = sync.sync(records)
    assert (done.sent, done.kept) == (1, 1)


def test_a_moved_folder_gets_a_new_store(runs, tmp_path):
    moved = tmp_path / "elsewhere, 100 %"
    synthetic.fill(moved / "records", [synthetic.entry()])
    (moved / "mlflow.db").write_bytes((runs / "mlflow.db").read_bytes())
    messages = []
    done = sync.sync(moved / "records", say=messages.append)
    assert done.sent == 1 and "of another folder" in messages[0]
    assert len(list(moved.glob("mlflow-set-aside-*.db"))) == 1
    assert list((moved / "artifacts").glob("*/artifacts/record.json"))


UNKNOWN = "UPDATE alembic_version SET version_num = 'abc'"


@pytest.mark.parametrize(
    "changes",
    [
        [UNKNOWN],
        [UNKNOWN, "DROP TABLE trace_tags"],  # of a newer one, renamed
        ["UPDATE alembic_version SET version_num = '451aebb31d03'"],
        ["DROP TABLE alembic_version"],
    ],
)
def test_a_store_of_another_mlflow_is_set_aside(runs, tmp_path, changes):
    synthetic.fill(tmp_path / "records", [synthetic.entry()])
    (tmp_path / "mlflow.db").write_bytes((runs / "mlflow.db").read_bytes())
    artifacts = (tmp_path / "artifacts").as_uri()
    moved = f"UPDATE experiments SET artifact_location = '{artifacts}'"
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        for change in (moved, *changes):
            database.execute(change)
        database.commit()
    with pytest.raises(UserError, match=r"another version of MLflow \(.*sync"):
        read.results(tmp_path)
    messages = []
    assert sync.sync(tmp_path / "records", say=messages.append).sent == 1
    (aside,) = tmp_path.glob("mlflow-set-aside-*.db")
    (text,) = messages
    assert f"was of another version of MLflow: kept as {aside.name}" in text
    assert len(read.results(tmp_path).records) == 1


def test_a_taken_port_is_said_with_another(runs):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"make ui PORT={port + 1}"):
            ui.ui(runs, None, port)
    with pytest.raises(UserError, match="from 1 to 65535"):
        ui.check_port(70000)


def test_without_a_store_the_pages_say_what_to_do(tmp_path):
    with pytest.raises(UserError, match="make bench"):
        ui.ui(tmp_path, None, _free_port())


def test_the_pages_open_on_loopback_alone(runs):
    port = _free_port()
    # A shell may have us ignore Ctrl-C; `preexec_fn` would fork, of which
    # JAX, loaded by other tests, warns
    program = (
        "import signal, sys; from benchmarks.commands import tracking\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.exit(tracking.main())"
    )
    command = [sys.executable, "-c", program, "ui"]
    command += ["--records", str(runs / "records"), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        for line in server.stdout:
            if f"http://127.0.0.1:{port}/" in line:
                break
        for host, status in (("127.0.0.1", 200), ("evil.example", 403)):
            assert _status(port, host) == status
        assert _listening(port) == {"127.0.0.1"}
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=20) == 0
        server.stdout.close()
    assert _listening(port) == set()


def _status(port: int, host: str) -> int:
    address = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search"
    request = urllib.request.Request(
        f"{address}?max_results=1", headers={"Host": f"{host}:{port}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def _listening(port: int) -> set[str]:
    psutil = pytest.importorskip("psutil")
    return {
        each.laddr.ip
        for each in psutil.net_connections("tcp")
        if each.laddr.port == port and each.status == psutil.CONN_LISTEN
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
