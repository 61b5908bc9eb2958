"""The lock of a machine: two timings at once would disturb each other.

By flock itself: filelock empties the file that names the holder.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.errors import UserError

# Of the machine; tests set another
PATH = Path(
    os.environ.get("TRIPTYCH_LOCK")
    or Path(tempfile.gettempdir()) / "triptych-bench.lock"
)


@contextmanager
def alone(path: Path | None = None) -> Iterator[None]:
    """Hold the lock of the machine; a process that dies gives it back.

    Raises UserError naming the process that holds it.
    """
    handle = _open(path or PATH)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(handle, 4096, 0).decode() or "it has just begun"
            raise UserError(
                f"Another bench or gate runs on this machine ({owner}). Two at"
                f" once would falsify each other's timings: wait until it has"
                f" ended."
            ) from None
        pid, since = os.getpid(), time.strftime("%H:%M")
        owner = f"pid {pid}, since {since}, in {os.getcwd()}"
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{owner}; stop it: kill -INT {pid}".encode(), 0)
        yield
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    try:
        return _made_once(path)
    except OSError as error:
        where = f"The lock of this machine, {path}, cannot be opened"
        why = f"({error.strerror}): it keeps two benches apart."
        raise UserError(
            f"{where} {why} Ask its owner to remove it, or name a file that"
            " you can write, the same for all: TRIPTYCH_LOCK=/path/to/file."
        ) from error


def _made_once(path: Path) -> int:
    # Without O_CREAT where it exists: in a sticky folder Linux refuses to
    # "create" what another user made, and the lock is the machine's
    with suppress(FileNotFoundError):
        return os.open(path, os.O_RDWR)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    os.fchmod(handle, 0o666)
    return handle
