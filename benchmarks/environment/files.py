"""Files: whole writes, locks between processes, digests, errors of the disk.

The only place that renames, locks or hashes files; every room uses it.
"""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from benchmarks.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)


def replace(path: Path, fill: Callable[[Path], object]) -> None:
    """Write a file under another name, then rename it over `path`.

    `fill` writes the file whose path it is given. A reader sees the old file
    or the new one, never half of one, and so does a machine that loses power.
    """
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        fill(temporary)
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace a file by UTF-8 text; see `replace`."""
    replace(path, lambda temporary: temporary.write_text(text, "utf-8"))


def replace_between(page: Path, name: str, text: str) -> None:
    """Replace what stands between the markers `name:begin` and `name:end`.

    Raises UserError where the page or its markers are missing.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    try:
        old = page.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{page} cannot be read: {error.strerror}") from error
    if old.count(begin) != 1 or old.count(end) != 1:
        raise UserError(
            f"{page} needs one line {begin} and one line {end}: the tables go"
            f" between them."
        )
    before, rest = old.split(begin)
    after = rest.split(end)[-1]
    write_text(page, f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}")


def write_json(path: Path, content: Any) -> None:
    """Replace a file by JSON, which knows no NaN; see `replace`.

    Raises ValueError for a number that is not finite.
    """
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def sync(path: Path) -> None:
    """Force a file, or a folder's list of names, onto the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(
    path: Path,
    timeout: float = -1,
    waiting: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Hold a lock between processes; a process that dies gives it back.

    timeout: seconds to wait for another holder, for ever by default.
    waiting: called once where another process holds it. Raises
    TimeoutError after `timeout`.
    """
    lock = FileLock(path)
    try:
        held = lock.acquire(blocking=False)
    except Timeout:
        waiting()
        held = lock.acquire(timeout)
    with held:
        yield


def digest(content: Any) -> str:
    """sha256 over JSON with sorted keys and no blanks: 64 hex digits.

    Raises ValueError for a number that is not finite.
    """
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path, kind: str = "sha256") -> str:
    """The hex digest of a file's bytes; kind: `sha256` or `md5`."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, kind).hexdigest()


@contextmanager
def disk(folder: Path, needed: int | None = None) -> Iterator[None]:
    """Turn a full or forbidden disk into a UserError.

    folder: where `needed` bytes are about to be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            size = f" ({needed:,} bytes are needed)" if needed else ""
            raise UserError(
                f"the disk is full{size}: nothing more can be written under"
                f" {folder}. What is recorded stays. Free some space and"
                f" give the same command again: it goes on from there."
            ) from error
        if error.errno in FORBIDDEN:
            raise UserError(
                f"{error.filename or folder} cannot be written"
                f" ({error.strerror}): expected a folder of your own."
            ) from error
        raise
