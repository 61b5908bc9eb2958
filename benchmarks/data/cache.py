"""Prepared arrays: `.npy` files in a folder, and a manifest with digests.

A folder gets its final name by one rename, after all of it is on the disk: a
process killed at any moment leaves nothing that is trusted.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
from numpy.lib import format as npy

from benchmarks.data.dataset import Arrays, BrokenFile, Notify
from benchmarks.environment import files

MANIFEST = "prepared.json"
KEYS = ("name", "synthetic", "source", "sizes")  # of a manifest
_NO_MANIFEST = (ValueError, LookupError, TypeError, AttributeError)


def load(folder: Path, notify: Notify) -> dict[str, Any] | None:
    """The manifest of a prepared folder; None if absent or broken.

    A file whose size, times and inode are those of its last verification is
    trusted; any other is compared with its digest.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        stamps = {
            name: _verified(folder / name, entry)
            for name, entry in manifest["files"].items()
        }
        if manifest["digest"] != _digest(manifest["files"]):
            raise BrokenFile(f"{MANIFEST}: digest of other files")
        if missing := set(KEYS) - set(manifest):
            raise BrokenFile(f"{MANIFEST}: no {', '.join(sorted(missing))}")
    except (FileNotFoundError, NotADirectoryError) as error:
        if folder.is_dir():
            notify(f"{error.filename} is missing: preparing anew")
        return None
    except (OSError, BrokenFile, *_NO_MANIFEST) as error:
        notify(f"{folder} is broken ({error}): preparing anew")
        return None
    if any(manifest["files"][name]["stamp"] != stamps[name] for name in stamps):
        for name, stamp in stamps.items():
            manifest["files"][name]["stamp"] = stamp
        with suppress(OSError):  # a read-only folder stays as it is
            files.write_json(folder / MANIFEST, manifest)
    return dict(manifest)


def save(folder: Path, arrays: Arrays, about: dict[str, Any]) -> None:
    """Write arrays and their manifest; a broken folder is replaced.

    To be called under `lock`. Raises UserError for a full disk (with the
    bytes that are needed) or a folder that cannot be written.
    """
    fresh = folder.with_name(f".{folder.name}-{token_hex(4)}.tmp")
    needed = sum(array.nbytes for array in arrays.values())
    with files.disk(folder.parent, needed):
        try:
            fresh.mkdir(parents=True)
            entries = {
                f"{name}.npy": _write(fresh / f"{name}.npy", array)
                for name, array in arrays.items()
            }
            files.write_json(
                fresh / MANIFEST,
                about | {"digest": _digest(entries), "files": entries},
            )
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def lock(cache: Path, name: str, notify: Notify) -> Iterator[None]:
    """Let one process at a time prepare `name`.

    Removes what killed processes left behind.
    """
    with files.disk(cache):
        cache.mkdir(parents=True, exist_ok=True)
    waiting = f"{name}: waiting for another process that prepares it"
    with files.locked(cache / f".{name}.lock", waiting=lambda: notify(waiting)):
        for left in cache.glob(f".{name}-*.tmp"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _digest(entries: dict[str, dict[str, Any]]) -> str:
    """sha256 over the names and digests of all arrays."""
    rows = (f"{name} {entry['sha256']}\n" for name, entry in entries.items())
    return sha256("".join(sorted(rows)).encode()).hexdigest()


def _verified(path: Path, entry: dict[str, Any]) -> list[int]:
    """The stamp of a file that agrees with its entry in the manifest."""
    status = path.stat()
    if status.st_size != entry["bytes"]:
        raise BrokenFile(
            f"{path.name}: {status.st_size:,} bytes, expected"
            f" {entry['bytes']:,}"
        )
    stamp = _stamp(status)
    changed = stamp != entry["stamp"]
    if changed and files.file_digest(path) != entry["sha256"]:
        raise BrokenFile(f"{path.name}: other content than prepared")
    return stamp


def _stamp(status: os.stat_result) -> list[int]:
    return [status.st_ino, status.st_mtime_ns, status.st_ctime_ns]


def _write(path: Path, array: np.ndarray) -> dict[str, Any]:
    array = np.ascontiguousarray(array)
    with path.open("wb") as file:
        npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(array))
        file.write(array.data)  # np.save does not raise for a full disk
        file.flush()
        os.fsync(file.fileno())
    status = path.stat()
    return {
        "bytes": status.st_size,
        "sha256": files.file_digest(path),
        "stamp": _stamp(status),
    }
