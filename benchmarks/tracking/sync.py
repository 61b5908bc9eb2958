"""Records into MLflow: everything that a store has not got yet.

Records are the truth. A store is filled from them as often as wanted, and
a store that is down, deleted or moved loses nothing.
"""

import fcntl
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.errors import UserError
from benchmarks.records import store as record
from benchmarks.tracking import run as tracking_run
from benchmarks.tracking.store import (
    DIGEST,
    RECORD,
    SENT,
    Store,
    default_uri,
    digest,
    set_aside_if_moved,
)

RECORDS = Path("runs/records")
PATIENCE = 60.0  # seconds to wait for another sync
# By store: the run ids of records that this process knows to be there, so
# that a bench which syncs after every cell asks for the new one only
_known: dict[str, dict[str, str]] = {}
BACKENDS = ("mlflow", "sqlalchemy", "requests", "urllib3", "sqlite3")
SCHEMES = ("http", "https", "sqlite", "postgresql", "mysql", "mssql")
Say = Callable[[str], None]


class TrackingDown(UserError):
    """The store does not answer; every record is kept."""


class Sent(NamedTuple):
    """What a sync did."""

    sent: int  # records sent now
    kept: int  # records that were there already
    uri: str


def sync(
    records: Path = RECORDS,
    uri: str | None = None,
    only: str | None = None,
    say: Say = print,
) -> Sent:
    """Send every record that the store has not got yet.

    `uri` is the SQLite store beside the records unless given; `only` the
    id of one call of the bench, then only what it shows is sent. Can be
    cut off at any moment and called again: nothing is doubled.

    Raises TrackingDown when the store does not answer; records are kept.
    UserError for an address that is none.
    """
    runs = records.parent
    uri = check_uri(uri or default_uri(runs))
    calls = record.invocations(records)
    entries = record.all(records)
    if only is not None:
        calls = [call for call in calls if call["id"] == only]
        shown = {name for call in calls for name in call["records"]}
        entries = [
            entry
            for entry in entries
            if entry["id"] in shown or entry["invocation"] == only
        ]
    runs.mkdir(parents=True, exist_ok=True)
    with alone(runs), answering(uri), record.disk(runs):
        aside = set_aside_if_moved(uri, runs)
        if aside:
            say(
                f"{runs / 'mlflow.db'} was of another folder or not whole:"
                f" kept as {aside.name}; the records fill a new one"
            )
        store = Store(uri, runs)
        if only is None:
            _known.pop(uri, None)  # look again: a run may be deleted
        there = _known.setdefault(uri, {})
        new = [entry for entry in entries if entry["id"] not in there]
        begun = _begun(store, new, only)
        there |= {
            name: run.info.run_id
            for name, run in begun.items()
            if SENT in run.data.tags
        }
        number = 0
        for entry in [one for one in new if one["id"] not in there]:
            parent = _parent(store, entry, calls)
            run, folder = begun.get(entry["id"]), records / entry["id"]
            there[entry["id"]] = store.send(entry, folder, parent, run)
            number += 1
        _send_calls(store, calls, there)
    return Sent(number, len(entries) - number, uri)


def check_uri(uri: str) -> str:
    """The address of a store as given; UserError if it is none."""
    if uri.split(":")[0].split("+")[0] not in SCHEMES:
        raise UserError(
            f"tracking address {uri!r}: expected http://host:port of an"
            f" MLflow server, or sqlite:////absolute/path.db"
        )
    return uri


def _begun(
    store: Store, entries: list[record.Record], only: str | None
) -> dict[str, Any]:
    """The runs of records that were sent, or begun to be, by record id."""
    if only is None:
        return store.find(RECORD) if entries else {}
    found: dict[str, Any] = {}
    for entry in entries:
        found |= store.find(RECORD, entry["id"])
    return found


def _parent(
    store: Store, entry: record.Record, calls: list[dict[str, Any]]
) -> str:
    """The run id of the call of the bench that measured a record."""
    name = entry["invocation"]
    starts = {str(call["id"]): str(call["started"]) for call in calls}
    start = starts.get(name, str(entry["started"]))
    return store.call(name, str(entry["suite"]), start)


def _send_calls(
    store: Store, calls: list[dict[str, Any]], there: dict[str, str]
) -> None:
    """Tell each call's run which runs it shows, where that has changed."""
    for call in calls:
        run_id = store.call(call["id"], call["suite"], call["started"])
        run = store.client.get_run(run_id)
        runs = {name: there[name] for name in call["records"] if name in there}
        content = call | {"runs": runs}
        if run.data.tags.get(DIGEST) == digest(content):
            continue
        tags = tracking_run.invocation_tags(call, len(runs))
        store.describe(run_id, {"suite": call["suite"]}, tags)
        start = tracking_run.milliseconds(call["started"])
        end = start + round(1000 * (call.get("seconds") or 0))
        points = tracking_run.invocation_points(call)
        store.log(run_id, points, end)
        store.client.log_dict(run_id, content, "invocation.json")
        if tracking_run.ended(call):
            store.client.set_terminated(run_id, "FINISHED", end)
        store.client.set_tag(run_id, DIGEST, digest(content))


@contextmanager
def alone(runs: Path) -> Iterator[None]:
    """One sync of a folder at a time; waits for the other a while."""
    with open(runs / ".sync.lock", "w") as handle:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise TrackingDown(
                        f"another sync of {runs} has not ended in"
                        f" {PATIENCE:.0f} s. The records are kept:"
                        f" `make sync` sends them later."
                    ) from None
                time.sleep(0.1)
        yield


@contextmanager
def answering(uri: str) -> Iterator[None]:
    """Turn whatever a store says when it is down into TrackingDown."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(BACKENDS):
            raise
        logging.getLogger("mlflow").exception("sync to %s failed", uri)
        text = (
            f"the MLflow store {uri} does not answer ({_why(error)})."
            f" The records are kept: `make sync` sends them later."
        )
        if uri.startswith("sqlite:"):
            text += " If it stays so, move the file away: a new one is filled."
        raise TrackingDown(text) from error


def _why(error: Exception) -> str:
    """The heart of an error's long text."""
    text = " ".join(str(error).split()) or type(error).__name__
    found = re.search(r"\[Errno -?\d+\] ([^'\"()]+)", text)
    return found[1].strip() if found else text[:240]
