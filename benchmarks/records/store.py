"""Records: everything one cell measured, written whole or not at all.

    runs/records/<key>/<attempt>/record.json    and logs, arrays, seal
    runs/invocations/<id>.json                  which records a bench shows

Records are the truth; MLflow is filled from them. Standard library and
NumPy only.
"""

import errno
import fcntl
import hashlib
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

from benchmarks.errors import UserError
from benchmarks.records import checksums
from benchmarks.records.revision import code, code_digest
from benchmarks.records.schema import SCHEMA, check, explain_missing, plain

__all__ = [
    "SCHEMA",
    "all",
    "check",
    "code",
    "code_digest",
    "disk",
    "draft",
    "find",
    "invocations",
    "key",
    "read",
    "write",
    "write_invocation",
]

Record = dict[str, Any]
logger = logging.getLogger("triptych.records")
FULL = (errno.ENOSPC, errno.EDQUOT)
DRAFT = ".draft-"


def key(
    cell: dict[str, Any],
    data_digest: str | None,
    code_digest: str,
    fingerprint: str | None,
) -> str:
    """A readable name and ten hex digits over all that decides a result."""
    decides = [plain(cell), data_digest, code_digest, fingerprint]
    text = json.dumps(decides, sort_keys=True, separators=(",", ":"))
    digits = hashlib.sha256(text.encode()).hexdigest()[:10]
    framework, device = cell["framework"], cell["device"]
    parts = (
        cell["workload"]["name"],
        framework["name"],
        framework["mode"],
        cell["precision"],
        device["name"],
        f"s{cell['seed']}",
        digits,
    )
    return "-".join(re.sub(r"[^\w.]+", "_", str(part)) for part in parts)


@contextmanager
def draft(records: Path) -> Iterator[Path]:
    """A folder to gather one attempt's logs and arrays in.

    On the records' own file system, so that `write` can rename it; gone
    at the end unless written. Sweeps what dead writers left behind.
    """
    with disk(records):
        records.mkdir(parents=True, exist_ok=True)
        with _locked(records):
            _sweep(records)
            folder = records / f"{DRAFT}{os.getpid()}-{secrets.token_hex(4)}"
            folder.mkdir()
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)  # held as long as we live
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def write(records: Path, entry: Record, gathered: Path | None = None) -> Path:
    """Write one attempt; returns its folder `<key>/<attempt>`.

    `gathered` is the folder of `draft`, or None when there are no files.
    Fills `schema`, `id` and, where absent, `logs`, and seals it. A kill at
    any moment leaves nothing or all of it.

    Raises ValueError naming a key that is wrong, UserError on a full disk.
    """
    if gathered is None:
        with draft(records) as empty:
            return write(records, entry, empty)
    logs = sorted(path.name for path in gathered.glob("*.log"))
    entry = {"logs": logs, **entry, "schema": SCHEMA}
    metrics = entry.get("metrics")
    if isinstance(metrics, dict):
        entry["metrics"] = explain_missing(metrics)
    entry = check(plain({**entry, "id": f"{entry.get('key')}/"}))
    with disk(records), _locked(records):
        place = records / entry["key"]
        place.mkdir(exist_ok=True)
        number = max(map(_number, _attempts(place)), default=0) + 1
        entry["id"] = f"{entry['key']}/{number:03}"
        _write_json(gathered / "record.json", entry)
        _write_json(
            gathered / checksums.SEAL, checksums.content(gathered, entry)
        )
        _flush(gathered)
        os.rename(gathered, place / f"{number:03}")
        _sync_folder(place)
        _sync_folder(records)
    return place / f"{number:03}"


def read(path: Path) -> Record | None:
    """The record of one attempt's folder; None if it cannot be used.

    What is broken is named in a warning and left where it is.
    """
    file = path / "record.json"
    try:
        found = json.loads(file.read_bytes())
        return check(found)
    except FileNotFoundError:
        why = "has no record.json"
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except (UnicodeDecodeError, json.JSONDecodeError):
        why = "is not whole JSON"
    except (ValueError, AttributeError, TypeError) as error:
        why = f"is no record of schema {SCHEMA} ({error})"
    logger.warning("ignored: %s %s", file, why)
    return None


def find(records: Path, key: str) -> Record | None:
    """The newest finished attempt of a key, or None."""
    for path in sorted(_attempts(records / key), key=_number, reverse=True):
        entry = read(path)
        if entry and entry["status"] == "finished":
            return entry
    return None


def all(records: Path) -> list[Record]:
    """Every usable record, oldest first."""
    places = [path for path in _listed(records) if path.is_dir()]
    attempts = [path for place in places for path in _attempts(place)]
    entries = [entry for entry in map(read, attempts) if entry]
    return sorted(entries, key=lambda entry: (entry["started"], entry["id"]))


def write_invocation(records: Path, invocation: dict[str, Any]) -> Path:
    """Say which records one call of the bench shows, its own and re-used.

    {id, suite, started, seconds, command, records: [ids], timings: {name:
    seconds of the whole bench}}; `seconds` is null until it has ended.
    May be called after every cell: the file is replaced at once.
    """
    content = plain(invocation)
    for name in ("id", "suite", "started", "command", "records"):
        if name not in content:
            raise ValueError(f"invocation has no {name}")
    folder = records.parent / "invocations"
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{content['id']}.json"
        temporary = folder / f".{content['id']}.{os.getpid()}"
        _write_json(temporary, content)
        os.replace(temporary, path)
        _sync_folder(folder)
    return path


def invocations(records: Path) -> list[dict[str, Any]]:
    """Every call of the bench that can be read, oldest first."""
    found = []
    for path in sorted((records.parent / "invocations").glob("*.json")):
        try:
            content = json.loads(path.read_bytes())
            found.append({**content, "id": path.stem})
        except (OSError, ValueError, TypeError):
            logger.warning("ignored: %s is not whole JSON", path)
    return sorted(found, key=lambda one: (str(one.get("started")), one["id"]))


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Turn a full or forbidden disk into a UserError that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise UserError(
                f"the disk is full: nothing more can be written under"
                f" {folder}. What is recorded stays. Free some space and"
                f" give the same command again: it goes on from there."
            ) from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise UserError(
                f"{error.filename or folder} cannot be written"
                f" ({error.strerror}): expected a folder of your own."
            ) from error
        raise


@contextmanager
def _locked(records: Path) -> Iterator[None]:
    """One writer at a time looks for leftovers or takes a number."""
    with open(records / ".lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


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


def _write_json(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    _sync_file(path)


def _flush(folder: Path) -> None:
    """Force a folder's files and its list of names onto the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            _sync_file(path)
        elif path.is_dir():
            _sync_folder(path)
    _sync_folder(folder)


def _sync_file(path: Path) -> None:
    with open(path, "rb") as handle:
        os.fsync(handle.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _listed(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if not p.name.startswith("."))


def _attempts(place: Path) -> list[Path]:
    return [path for path in _listed(place) if _number(path)]


def _number(path: Path) -> int:
    return int(path.name) if path.name.isdigit() else 0
