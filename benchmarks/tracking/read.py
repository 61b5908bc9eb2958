"""Records read back from an MLflow store: each run's `record.json`, checked."""

import json
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.records import checksums, schema
from benchmarks.tracking.connect import default_uri
from benchmarks.tracking.run import CHECKSUM
from benchmarks.tracking.store import DIGEST, INVOCATION, RECORD, Store

if TYPE_CHECKING:
    from mlflow.entities import Run

Record = dict[str, Any]
FILE = "invocation.json"
logger = logging.getLogger("triptych.records")


@dataclass(frozen=True)
class Results:
    """One invocation of the bench and its records, as a store holds them.

    invocation: the content of `runs/invocations/<id>.json`; only id, suite,
    started and records of a bench that was killed before it wrote one.
    records: every usable `record.json`, in the invocation's order.
    read: (record id, file name) -> the bytes of one of a record's files;
    raises what the store raises.
    """

    invocation: dict[str, Any]
    records: list[Record]
    read: Callable[[str, str], bytes]


def results(
    runs: Path, uri: str | None = None, invocation: str | None = None
) -> Results:
    """Read an invocation, the latest by default.

    uri: MLflow's address, the SQLite store under `runs` by default. A record
    of another schema, or one that does not match its checksum, is left out
    with a warning. Raises UserError where there is no store, no such
    invocation or no usable record.
    """
    uri = uri or default_uri(runs)
    if uri == default_uri(runs) and not (runs / "mlflow.db").is_file():
        raise UserError(
            f"{runs / 'mlflow.db'} is not there: nothing is recorded yet."
            f" `make bench` measures; `make sync` fills it from records."
        )
    store = Store(uri, runs)
    parent = _parent(store, invocation)
    content: dict[str, Any] = {}
    if DIGEST in parent.data.tags:  # else the bench was killed before it
        content = json.loads(artifact(store, parent, FILE))
    if "runs" in content:
        listed = store.runs(content.pop("runs").values())
    else:
        name = parent.info.run_id
        listed = store.search(f"tags.`mlflow.parentRunId` = '{name}'")
    cells = {run.data.tags[RECORD]: run for run in listed}
    names = [name for name in content.get("records", cells) if name in cells]
    records = [entry for name in names if (entry := record(store, cells[name]))]
    if not records:
        raise UserError(
            f"bench {parent.data.tags[INVOCATION]} has no usable record:"
            f" `make bench` measures them, `make sync` sends what it has."
        )
    content = {
        "id": records[0]["invocation"],
        "suite": records[0]["suite"],
        "started": min(entry["started"] for entry in records),
        "records": [entry["id"] for entry in records],
    } | content

    def read(name: str, file: str) -> bytes:
        return artifact(store, cells[name], file)

    return Results(content, records, read)


def record(store: Store, run: "Run") -> Record | None:
    """The record of a run; None, with a warning, if it cannot be used."""
    name = run.data.tags[RECORD]
    try:
        entry = json.loads(artifact(store, run, checksums.RECORD))
        schema.check(entry)
    except Exception as error:  # of the storage behind MLflow, whichever
        logger.warning("ignored: record %s in MLflow: %s", name, error)
        return None
    for problem in problems(run, entry):
        logger.warning("ignored: record %s: %s", name, problem)
        return None
    return dict(entry)


def problems(run: "Run", entry: Record) -> list[str]:
    """How a record differs from its run's checksum; empty if it does not."""
    actual = files.digest(entry)
    expected = run.data.tags.get(CHECKSUM, actual)
    return checksums.differs(checksums.RECORD, expected, actual, "in MLflow")


def artifact(store: Store, run: "Run", file: str) -> bytes:
    """The bytes of a run's artifact. Raises what the store raises."""
    place = urlsplit(run.info.artifact_uri)
    if store.local and place.scheme == "file":  # MLflow would copy it first
        return Path(unquote(place.path), file).read_bytes()
    with tempfile.TemporaryDirectory() as scratch:
        name = run.info.run_id
        path = store.client.download_artifacts(name, file, scratch)
        return Path(path).read_bytes()


def _parent(store: Store, invocation: str | None) -> "Run":
    parents = store.find(INVOCATION, invocation)
    if not parents and invocation:
        names = ", ".join(sorted(store.find(INVOCATION))[-5:]) or "none"
        raise UserError(
            f"no bench {invocation} in {store.uri}; the latest: {names}"
        )
    if not parents:
        raise UserError(
            f"{store.uri} holds no bench yet: `make bench` measures,"
            f" `make sync` sends what is recorded."
        )
    return max(parents.values(), key=lambda run: run.info.start_time)
