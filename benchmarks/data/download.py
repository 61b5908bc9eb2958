"""Fetch a publisher's file: progress, resume, time limits, checksum."""

import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from benchmarks.data.dataset import BrokenFile, File, Notify
from benchmarks.environment import files

_BLOCK = 1 << 16  # bytes
_MAX = 1 << 28  # bytes of a file whose size is not known
_unreachable: dict[str, str] = {}  # host -> why, in this process


@dataclass(frozen=True)
class Limits:
    """In seconds, except `attempts`."""

    connect: float = 6.0  # name, connection and status line together
    stall: float = 15.0  # without a byte
    total: float = 1800.0  # a file; what has arrived is kept
    pause: float = 1.0  # before another attempt
    report: float = 3.0  # between two lines of progress
    attempts: int = 4


class FetchFailed(Exception):
    """A file was not fetched; the message is one line.

    label: the file and its host. reason: why not.
    """

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(f"{label}: {reason}")
        self.reason = reason


class _Interrupted(Exception):
    """The transfer broke off: try again."""


class _Unreachable(_Interrupted):
    """There was no connection: try again only if there was one before."""


def fetch(
    file: File,
    folder: Path,
    notify: Notify,
    base: str | None = None,
    limits: Limits = Limits(),
) -> Path:
    """The path of `file` in `folder`, fetched and checked.

    What has arrived is kept in `<name>.part`; the next attempt, or the next
    call, requests the rest only. A host that cannot be reached is tried once
    per process. base: an address instead of the publisher's. Raises
    FetchFailed; UserError if the disk is full.
    """
    url = f"{base.rstrip('/')}/{file.name}" if base else file.url
    host = urlsplit(url).netloc
    label = f"{file.name} from {host}"
    if host in _unreachable:
        raise FetchFailed(label, _unreachable[host])
    with files.disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    size = f" ({_mega(file.size)})" if file.size else ""
    notify(f"fetching {label}{size}")
    part = folder / f"{file.name}.part"
    transfer = _Transfer(url, file, part, limits, notify)
    try:
        _persist(transfer)
    except _Unreachable as error:
        _unreachable[host] = str(error)
        raise FetchFailed(label, str(error)) from None
    except (_Interrupted, BrokenFile) as error:
        raise FetchFailed(label, str(error)) from None
    return part.replace(folder / file.name)


def check(path: Path, file: File) -> None:
    """Raises BrokenFile unless `path` has the size and checksum of `file`."""
    size = path.stat().st_size
    if file.size and size != file.size:
        raise BrokenFile(f"{path}: {size:,} bytes, expected {file.size:,}")
    if file.content:
        kind, digest = "content", file.content(path)
    else:
        kind = "md5" if len(file.checksum) == 32 else "sha256"
        digest = files.file_digest(path, kind)
    if digest != file.checksum:
        raise BrokenFile(f"{path}: {kind} {digest}, expected {file.checksum}")


def _persist(transfer: "_Transfer") -> None:
    """Attempt until the file is complete or another attempt is futile."""
    for attempt in range(1, transfer.limits.attempts + 1):
        resumed = transfer.size_so_far() > 0
        try:
            transfer.resume()
            check(transfer.part, transfer.file)
            return
        except BrokenFile as error:
            transfer.part.unlink(missing_ok=True)
            if not resumed:  # all of it from this server: another file
                raise
            reason: Exception = error
        except _Interrupted as error:
            futile = isinstance(error, _Unreachable) and attempt == 1
            if futile or attempt == transfer.limits.attempts:
                raise
            reason = error
        transfer.notify(f"{transfer.file.name}: {reason}; trying again")
        time.sleep(transfer.limits.pause)
    raise reason


class _Transfer:
    """The part of a file that has arrived, and requests for the rest."""

    def __init__(
        self, url: str, file: File, part: Path, limits: Limits, notify: Notify
    ) -> None:
        self.url, self.file, self.part = url, file, part
        self.size = file.size  # 0: not known before the server's answer
        self.limits, self.notify = limits, notify
        self.until = time.monotonic() + limits.total

    def size_so_far(self) -> int:
        """Bytes that have arrived."""
        return self.part.stat().st_size if self.part.exists() else 0

    def resume(self) -> None:
        """Request what is missing, and append it."""
        start = self.size_so_far()
        if start and self.size and start >= self.size:
            return  # complete: to be checked
        with _request(self.url, start, self.limits) as answer:
            start = _resumed_at(answer, start)
            total = start + (answer.length or self.size - start)
            if self.file.size and total != self.file.size:
                raise BrokenFile(
                    f"the server offers {total:,} bytes, "
                    f"expected {self.file.size:,}"
                )
            if not 0 < total <= _MAX:
                raise BrokenFile(f"the server offers {total:,} bytes")
            self.size = total
            if start:
                self.notify(f"{self.file.name}: resuming at {_mega(start)}")
            with self.part.open("ab" if start else "wb") as sink:
                self._write(answer, sink, start)

    def _write(self, answer: HTTPResponse, sink: BinaryIO, count: int) -> None:
        reported = time.monotonic()
        while count < self.size:
            block = _read(answer, self.limits)
            if not block:
                raise _Interrupted(f"broke off after {count:,} bytes")
            with files.disk(self.part.parent, self.size):
                sink.write(block)
                sink.flush()
            count += len(block)
            progress = f"{_mega(count)} of {_mega(self.size)}"
            if time.monotonic() > self.until:
                raise FetchFailed(
                    self.file.name,
                    f"{progress} within {self.limits.total:g} s, which is the"
                    f" limit; give the same command again to resume",
                )
            if time.monotonic() > reported + self.limits.report:
                reported = time.monotonic()
                self.notify(f"{self.file.name}: {progress}")


def _read(answer: HTTPResponse, limits: Limits) -> bytes:
    try:
        return answer.read1(_BLOCK)
    except TimeoutError:
        raise _Interrupted(f"no byte for {limits.stall:g} s") from None
    except (OSError, HTTPException) as error:
        raise _Interrupted(f"connection lost ({error})") from None


def _resumed_at(answer: HTTPResponse, start: int) -> int:
    """The position of an answer's first byte: `start`, or 0."""
    if answer.status != 206:
        return 0
    content = answer.headers.get("Content-Range", "")
    if not content.startswith(f"bytes {start}-"):
        raise BrokenFile(f"the server sends {content}, expected bytes {start}-")
    return start


def _request(url: str, start: int, limits: Limits) -> HTTPResponse:
    """Request a file from byte `start` on."""
    headers = {"User-Agent": "triptych", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        return _within(Request(url, headers=headers), limits)
    except HTTPError as error:
        status = f"the server answers {error.code} {error.reason}"
        error.close()
        if error.code >= 500 or error.code == 429:
            raise _Interrupted(status) from None
        raise BrokenFile(status) from None
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        reason = getattr(reason, "strerror", None) or reason
        raise _Unreachable(f"no connection ({reason})") from None


def _within(request: Request, limits: Limits) -> HTTPResponse:
    """Open in a thread, as the resolution of a name has no time limit."""
    answers: SimpleQueue[HTTPResponse | Exception] = SimpleQueue()

    def attempt() -> None:
        try:
            answers.put(urlopen(request, timeout=limits.stall))
        except Exception as error:  # raised by the caller
            answers.put(error)

    Thread(target=attempt, daemon=True).start()
    try:
        answer = answers.get(timeout=limits.connect)
    except Empty:
        raise TimeoutError(f"none within {limits.connect:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _mega(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
