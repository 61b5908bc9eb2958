"""The store of records: everything that one attempt at a cell measured.

    runs/records/<key>/<attempt>/record.json    and logs, arrays, checksums
    runs/invocations/<id>.json                  which records a bench shows

Records are the truth; MLflow is filled from them.
"""

import fcntl
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.environment import files
from benchmarks.records import checksums
from benchmarks.records.schema import SCHEMA, check, plain

Record = dict[str, Any]
logger = logging.getLogger("triptych.records")
DRAFT = ".draft-"
LOCK = ".lock"  # of whoever looks for drafts or takes a number
INVOCATION = ("id", "suite", "started", "command", "records")  # at least


def key(
    cell: dict[str, Any],
    data_digest: str | None,
    code_digest: str,
    fingerprint: str | None,
) -> str:
    """A readable name and ten hex digits over all that decides a result.

    Not the path of an interpreter: the fingerprint covers its versions.
    """
    framework, device = cell["framework"], cell["device"]
    decisive = plain(cell | {"framework": framework | {"python": None}})
    digest = files.digest([decisive, data_digest, code_digest, fingerprint])
    parts = (
        cell["workload"]["name"],
        framework["name"],
        framework["mode"],
        cell["precision"],
        device["name"],
        f"s{cell['seed']}",
        digest[:10],
    )
    return "-".join(re.sub(r"[^\w.]+", "_", str(part)) for part in parts)


@contextmanager
def draft(records: Path) -> Iterator[Path]:
    """A folder for the logs and arrays of one attempt.

    On the records' own file system, so that `write` can rename it; removed
    at the end unless written. Drafts of dead writers are removed first.
    """
    with files.disk(records):
        records.mkdir(parents=True, exist_ok=True)
        with files.locked(records / LOCK):
            _sweep(records)
            folder = records / f"{DRAFT}{os.getpid()}-{secrets.token_hex(4)}"
            folder.mkdir()
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)  # of a folder, till death
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def write(records: Path, entry: Record, gathered: Path | None = None) -> Path:
    """Write one attempt; returns its folder `<key>/<attempt>`.

    `gathered` is the folder of `draft`, or None when there are no files.
    Fills `schema`, `id` and, where absent, `logs`, and writes checksums. A
    kill at any moment leaves nothing or all of it.

    Raises ValueError naming a key that is wrong, UserError on a full disk.
    """
    if gathered is None:
        with draft(records) as empty:
            return write(records, entry, empty)
    logs = sorted(path.name for path in gathered.glob("*.log"))
    entry = {"logs": logs, **entry, "schema": SCHEMA}
    entry = check(plain({**entry, "id": f"{entry.get('key')}/"}))
    with files.disk(records), files.locked(records / LOCK):
        earlier = attempts(records, entry["key"])
        number = int(earlier[-1].name) + 1 if earlier else 1
        entry["id"] = f"{entry['key']}/{number:03}"
        files.write_json(gathered / checksums.RECORD, entry)
        content = checksums.content(gathered, entry)
        files.write_json(gathered / checksums.FILE, content)
        for path in (*gathered.rglob("*"), gathered):
            files.sync(path)
        place = records / entry["id"]
        place.parent.mkdir(exist_ok=True)
        os.rename(gathered, place)
        files.sync(place.parent)
        files.sync(records)
    return place


def read(path: Path) -> Record | None:
    """The record of one attempt's folder; None if it cannot be used.

    A broken record, or one of a former schema, is ignored with a warning.
    """
    file = path / checksums.RECORD
    try:
        return check(json.loads(file.read_bytes()))
    except (OSError, ValueError) as error:
        logger.warning("ignored: %s %s", file, unusable(error))
        return None


def unusable(error: Exception) -> str:
    """Why a record cannot be used, to be read after the name of its file."""
    if isinstance(error, FileNotFoundError):
        return "is missing: there is no such file"
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror})"
    if isinstance(error, (UnicodeDecodeError, json.JSONDecodeError)):
        return f"is not whole JSON ({error})"
    return f"is no record of schema {SCHEMA} ({error})"


def attempts(records: Path, key: str = "[!.]*") -> list[Path]:
    """The folders of all attempts, or of a key's, by key and number."""
    folders = [p for p in records.glob(f"{key}/*") if p.name.isdigit()]
    return sorted(folders, key=lambda path: (path.parent, int(path.name)))


def find(records: Path, key: str) -> Record | None:
    """The newest finished attempt of a key, or None."""
    for path in reversed(attempts(records, key)):
        entry = read(path)
        if entry and entry["status"] == "finished":
            return entry
    return None


def all(records: Path) -> list[Record]:
    """Every usable record, oldest first."""
    entries = [entry for entry in map(read, attempts(records)) if entry]
    return sorted(entries, key=lambda entry: (entry["started"], entry["id"]))


def write_invocation(records: Path, invocation: dict[str, Any]) -> Path:
    """Write which records an invocation of the bench shows.

    {id, suite, started, seconds, command, records: [ids], timings: {name:
    seconds of the whole bench}}; `seconds` is null until it has ended.
    May be called after every cell.
    """
    content = plain(invocation)
    for name in INVOCATION:
        if name not in content:
            raise ValueError(f"invocation has no {name}")
    folder = records.parent / "invocations"
    path = folder / f"{content['id']}.json"
    with files.disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        files.write_json(path, content)
    return path


def invocations(records: Path) -> list[dict[str, Any]]:
    """Every invocation of the bench that can be read, oldest first."""
    contents = []
    for path in sorted((records.parent / "invocations").glob("*.json")):
        try:
            content = json.loads(path.read_bytes())
            contents.append({**content, "id": path.stem})
        except (OSError, ValueError, TypeError):
            logger.warning("ignored: %s is not whole JSON", path)
    return sorted(
        contents, key=lambda each: (str(each.get("started")), each["id"])
    )


def _sweep(records: Path) -> None:
    """Remove drafts whose writer is dead: nobody holds their lock."""
    for folder in records.glob(DRAFT + "*"):
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # alive, or a file system that cannot tell
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)
