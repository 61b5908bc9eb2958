"""Prepared arrays: `.npy` files in a folder, with a digest beside them.

A folder appears under its final name by one rename, once all in it is on the
disk; so whoever is killed, at whatever moment, leaves nothing that is trusted.
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
from numpy.lib import format as form

from benchmarks.data.dataset import Arrays, BrokenFile, Say
from benchmarks.errors import UserError

MANIFEST = "prepared.json"
_NO_MANIFEST = (ValueError, LookupError, TypeError, AttributeError)
_FULL = (errno.ENOSPC, errno.EDQUOT)


def load(folder: Path, say: Say) -> dict[str, Any] | None:
    """The manifest of a prepared folder; None if absent or broken.

    A file whose size, times and place on the disk are as they were when last
    verified is trusted; any other is read and compared with its digest.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        stamps = {
            name: _verified(folder / name, told)
            for name, told in manifest["files"].items()
        }
        if manifest["digest"] != _digest(manifest["files"]):
            raise BrokenFile(f"{MANIFEST}: digest of other files")
    except (FileNotFoundError, NotADirectoryError) as missing:
        if folder.is_dir():
            say(f"{missing.filename} is missing: preparing anew")
        return None
    except (OSError, BrokenFile, *_NO_MANIFEST) as error:
        say(f"{folder} is broken ({error}): preparing anew")
        return None
    if any(manifest["files"][name]["stamp"] != stamps[name] for name in stamps):
        _stamp_again(folder, manifest, stamps)
    return manifest


def save(folder: Path, arrays: Arrays, about: dict[str, Any]) -> None:
    """Write arrays and their manifest, and rename the whole into place.

    Raises UserError, saying how many bytes are needed, if the disk is full.
    """
    needed = sum(array.nbytes for array in arrays.values())
    fresh = folder.with_name(f".{folder.name}-{token_hex(4)}.tmp")
    with room(folder.parent, needed):
        try:
            fresh.mkdir(parents=True)
            files = {
                f"{name}.npy": _write(fresh / f"{name}.npy", array)
                for name, array in arrays.items()
            }
            _write_json(
                fresh / MANIFEST,
                about | {"digest": _digest(files), "files": files},
            )
            _into_place(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def lock(cache: Path, name: str, say: Say) -> Iterator[None]:
    """One process at a time prepares `name`; a dead one holds no lock.

    What killed processes left behind is swept away.
    """
    with room(cache, 0):
        cache.mkdir(parents=True, exist_ok=True)
        handle = (cache / f".{name}.lock").open("ab")
    with handle:
        if _locked(handle, name, say):
            for left in cache.glob(f".{name}-*.tmp"):
                shutil.rmtree(left, ignore_errors=True)
        yield


@contextmanager
def room(folder: Path, needed: int) -> Iterator[None]:
    """Turn a full or forbidden disk into a message that helps.

    needed: bytes about to be written below `folder`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise UserError(
                f"The disk is full: {folder} needs {needed:,} bytes, "
                f"{_free(folder):,} are free. Make room, or choose another "
                "folder for prepared data."
            ) from error
        raise UserError(
            f"Cannot write in {folder}: {error.strerror or error}. Expected "
            "a folder that may be written; mend its permissions or choose "
            "another one for prepared data."
        ) from error


def checksum(path: Path, kind: str) -> str:
    """The hex digest of a file; kind: `sha256` or `md5`."""
    with path.open("rb") as file:
        return file_digest(file, kind).hexdigest()


def _digest(files: dict[str, dict[str, Any]]) -> str:
    """One for all arrays: of their names and digests."""
    told = (f"{name} {file['sha256']}\n" for name, file in files.items())
    return sha256("".join(sorted(told)).encode()).hexdigest()


def _verified(path: Path, told: dict[str, Any]) -> list[int]:
    """The stamp of a file that is what the manifest tells."""
    status = path.stat()
    if status.st_size != told["bytes"]:
        raise BrokenFile(
            f"{path.name}: {status.st_size:,} bytes, expected {told['bytes']:,}"
        )
    stamp = _stamp(status)
    moved = stamp != told["stamp"]
    if moved and checksum(path, "sha256") != told["sha256"]:
        raise BrokenFile(f"{path.name}: other content than prepared")
    return stamp


def _stamp(status: os.stat_result) -> list[int]:
    return [status.st_ino, status.st_mtime_ns, status.st_ctime_ns]


def _stamp_again(
    folder: Path, manifest: dict[str, Any], stamps: dict[str, list[int]]
) -> None:
    """Remember what was verified; a read-only folder stays as it is."""
    for name, stamp in stamps.items():
        manifest["files"][name]["stamp"] = stamp
    fresh = folder / f".{MANIFEST}-{token_hex(4)}"
    try:
        _write_json(fresh, manifest)
        fresh.replace(folder / MANIFEST)
    except OSError:
        fresh.unlink(missing_ok=True)


def _write(path: Path, array: np.ndarray) -> dict[str, Any]:
    array = np.ascontiguousarray(array)
    with path.open("wb") as file:
        form.write_array_header_1_0(
            file, form.header_data_from_array_1_0(array)
        )
        file.write(array.data)  # np.save does not tell of a full disk
        file.flush()
        os.fsync(file.fileno())
    status = path.stat()
    return {
        "bytes": status.st_size,
        "sha256": checksum(path, "sha256"),
        "stamp": _stamp(status),
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with path.open("w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _into_place(fresh: Path, folder: Path) -> None:
    """Rename, putting aside a broken folder of the same name."""
    aside = folder.with_name(f".{folder.name}-{token_hex(4)}.tmp")
    with suppress(FileNotFoundError):
        folder.rename(aside)
    try:
        fresh.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        # Another process was quicker: its arrays are as good as ours
    shutil.rmtree(aside, ignore_errors=True)


def _locked(handle: Any, name: str, say: Say) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"{name}: waiting for another process that prepares it")
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        say(
            f"{name}: no lock on this file system ({error.strerror}); "
            "processes that prepare it at once do the work twice"
        )
        return False
    return True


def _free(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
