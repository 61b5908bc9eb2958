"""Fetch one file of a publisher: progress, resume, time limits, checksum."""

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

from benchmarks.data import cache
from benchmarks.data.dataset import BrokenFile, File, Say

_BLOCK = 1 << 16  # bytes
_MOST = 1 << 28  # bytes of a file whose size is not known
_unreachable: dict[str, str] = {}  # host -> why, for this process's life


@dataclass(frozen=True)
class Limits:
    """All in seconds, but `attempts`."""

    connect: float = 6.0  # name, connection and first answer together
    stall: float = 15.0  # without a byte
    total: float = 1800.0  # one file; what has come is kept for next time
    pause: float = 1.0  # before another attempt
    report: float = 3.0  # between two lines of progress
    attempts: int = 4


class FetchFailed(Exception):
    """The file did not come; the message says why, in one line."""


class _Interrupted(Exception):
    """The transfer broke off: worth another attempt."""


class _Unreachable(_Interrupted):
    """There was no connection: worth another attempt if there has been."""


def fetch(
    file: File,
    folder: Path,
    say: Say,
    base: str | None = None,
    limits: Limits = Limits(),
) -> Path:
    """The path of `file` in `folder`, fetched and checked.

    What has come of it stands in `<name>.part`, and the next attempt, or the
    next call, asks for the rest only. A host that cannot be reached is tried
    once per process. base: an address that stands for the publisher's.
    Raises FetchFailed; UserError if the disk is full.
    """
    url = f"{base.rstrip('/')}/{file.name}" if base else file.url
    host = urlsplit(url).netloc
    where = f"{file.name} from {host}"
    if host in _unreachable:
        raise FetchFailed(f"{where}: {_unreachable[host]}")
    with cache.room(folder, file.size):
        folder.mkdir(parents=True, exist_ok=True)
    told = f" ({_mega(file.size)})" if file.size else ""
    say(f"fetching {where}{told}")
    part = folder / f"{file.name}.part"
    transfer = _Transfer(url, file, part, limits, say)
    try:
        _persist(transfer)
    except _Unreachable as error:
        _unreachable[host] = str(error)
        raise FetchFailed(f"{where}: {error}") from None
    except (_Interrupted, BrokenFile) as error:
        raise FetchFailed(f"{where}: {error}") from None
    return part.replace(folder / file.name)


def check(path: Path, file: File) -> None:
    """Raises BrokenFile unless `path` is `file`, bit for bit.

    Or, where the file says so, unless what is read of it is what it was.
    """
    size = path.stat().st_size
    if file.size and size != file.size:
        raise BrokenFile(f"{path}: {size:,} bytes, expected {file.size:,}")
    kind, expected = file.checksum.split(":")
    if kind == "content" and file.content:
        came = file.content(path)
    else:
        came = cache.checksum(path, kind)
    if came != expected:
        raise BrokenFile(f"{path}: {kind} {came}, expected {expected}")


def _persist(transfer: "_Transfer") -> None:
    """Attempt until the whole file is there, or it is no use to go on."""
    for attempt in range(1, transfer.limits.attempts + 1):
        begun = transfer.have() > 0
        try:
            transfer.go_on()
            check(transfer.part, transfer.file)
            return
        except BrokenFile as error:
            transfer.part.unlink(missing_ok=True)
            if not begun:  # whole from this server: it has another file
                raise
            reason: Exception = error
        except _Interrupted as error:
            hopeless = isinstance(error, _Unreachable) and attempt == 1
            if hopeless or attempt == transfer.limits.attempts:
                raise
            reason = error
        transfer.say(f"{transfer.file.name}: {reason}; trying again")
        time.sleep(transfer.limits.pause)
    raise reason


class _Transfer:
    """What has come of a file, and how the rest is asked for."""

    def __init__(
        self, url: str, file: File, part: Path, limits: Limits, say: Say
    ) -> None:
        self.url, self.file, self.part = url, file, part
        self.size = file.size  # 0: until the server tells
        self.limits, self.say = limits, say
        self.until = time.monotonic() + limits.total

    def have(self) -> int:
        """Bytes that are there already."""
        return self.part.stat().st_size if self.part.exists() else 0

    def go_on(self) -> None:
        """Add to the part what is missing, in one request."""
        have = self.have()
        if have and self.size and have >= self.size:
            return  # to be checked
        with _ask(self.url, have, self.limits) as answer:
            have = _goes_on_after(answer, have)
            whole = have + (answer.length or self.size - have)
            if self.file.size and whole != self.file.size:
                raise BrokenFile(
                    f"the server offers {whole:,} bytes, "
                    f"expected {self.file.size:,}"
                )
            if not 0 < whole <= _MOST:
                raise BrokenFile(f"the server offers {whole:,} bytes")
            self.size = whole
            if have:
                self.say(f"{self.file.name}: going on after {_mega(have)}")
            with self.part.open("ab" if have else "wb") as sink:
                self._write(answer, sink, have)

    def _write(self, answer: HTTPResponse, sink: BinaryIO, have: int) -> None:
        size = self.size
        told = time.monotonic()
        while have < size:
            block = _read(answer, self.limits)
            if not block:
                raise _Interrupted(f"broke off after {have:,} bytes")
            with cache.room(self.part.parent, size - have):
                sink.write(block)
                sink.flush()
            have += len(block)
            if time.monotonic() > self.until:
                raise FetchFailed(
                    f"{self.file.name}: {_mega(have)} of {_mega(size)} within "
                    f"{self.limits.total:g} s, no more allowed; call again "
                    "to go on"
                )
            if time.monotonic() > told + self.limits.report:
                told = time.monotonic()
                self.say(f"{self.file.name}: {_mega(have)} of {_mega(size)}")


def _read(answer: HTTPResponse, limits: Limits) -> bytes:
    try:
        return answer.read1(_BLOCK)
    except TimeoutError:
        raise _Interrupted(f"no byte for {limits.stall:g} s") from None
    except (OSError, HTTPException) as error:
        raise _Interrupted(f"connection lost ({error})") from None


def _goes_on_after(answer: HTTPResponse, have: int) -> int:
    """Bytes before what this answer sends: those that we have, or none."""
    if answer.status != 206:
        return 0
    told = answer.headers.get("Content-Range", "")
    if not told.startswith(f"bytes {have}-"):
        raise BrokenFile(f"asked for bytes {have}-, the server sends {told}")
    return have


def _ask(url: str, have: int, limits: Limits) -> HTTPResponse:
    """Send the request for all but the first `have` bytes."""
    headers = {"User-Agent": "triptych", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        return _within(Request(url, headers=headers), limits)
    except HTTPError as error:
        answer = f"the server answers {error.code} {error.reason}"
        error.close()
        if error.code >= 500 or error.code == 429:
            raise _Interrupted(answer) from None
        raise BrokenFile(answer) from None
    except (OSError, HTTPException) as error:
        why = error.reason if isinstance(error, URLError) else error
        why = getattr(why, "strerror", None) or why
        raise _Unreachable(f"no connection ({why})") from None


def _within(request: Request, limits: Limits) -> HTTPResponse:
    """Open in a thread: resolving a name has no time limit of its own."""
    answers: SimpleQueue[HTTPResponse | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(urlopen(request, timeout=limits.stall))
        except Exception as error:  # the caller raises it
            answers.put(error)

    Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=limits.connect)
    except Empty:
        raise TimeoutError(f"none within {limits.connect:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _mega(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
