"""What a data set is: its files, how they are read, its arrays."""

import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]
Notify = Callable[[str], None]  # called with a line of progress

SPLITS = ("train", "test")
PARTS = tuple(
    f"{split}_{part}" for split in SPLITS for part in ("inputs", "targets")
)
# What a set may have besides: a split for validation; one like `test` from
# whose inputs nothing can be predicted; and parts of each split,
# `<split>_inputs_1` and following, and
CONTROL = "control"
MORE_SPLITS = (*SPLITS, "validation", CONTROL)
MORE_PARTS = ("lengths", "times", "groups", "weights")
GROUPS = "groups"  # their names, a text
# Texts: UTF-8 as uint8, one line each. Line n of the words is symbol n
TEXTS = ("words_source", "words_target", "test_sources", "test_references")


class BrokenFile(Exception):
    """A file without the expected content; the message names it."""


class Unavailable(Exception):
    """A data set was neither found nor fetched; the message says why.

    cause: the same without names of files and hosts, where that is enough.
    """

    def __init__(self, message: str, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause or message


@dataclass(frozen=True)
class File:
    """A publisher's file, pinned by a checksum.

    checksum: SHA-256 (64 hex digits) or MD5 (32) of its bytes. Where none of
    them is known, `content` computes the digest of what is read from the
    file, or raises BrokenFile.
    """

    name: str
    size: int  # bytes; 0: not known
    checksum: str
    url: str = ""  # empty: cannot be fetched
    content: Callable[[Path], str] | None = None


Offer = tuple[File, ...]


def offer(url: str, listing: str) -> Offer:
    """The files of a listing: name, size in bytes and checksum of each.

    url: what precedes their names; empty: they cannot be fetched.
    """
    words = listing.split()
    rows = zip(words[::3], words[1::3], words[2::3], strict=True)
    return tuple(
        File(name, int(size), checksum, url and url + name)
        for name, size, checksum in rows
    )


@dataclass(frozen=True)
class Synthetic:
    """A data set drawn by a program from a seed.

    stands_in: it replaces a published set that is not available. Otherwise
    it is a task of its own, which no data source refuses.
    """

    name: str
    version: int
    seed: int
    generate: Callable[[int], Arrays]
    stands_in: bool = True

    def key(self) -> str:
        """The folder of its arrays."""
        return _key(self.name, self.version, f"seed {self.seed}")


@dataclass(frozen=True)
class Real:
    """A published data set.

    Each offer alone is the whole set. `read` turns the paths of an offer, by
    file name, into the arrays named in PARTS and the optional ones below, or
    raises BrokenFile. folder: of its files, if it is another set's.
    """

    name: str
    version: int  # of `read`: another version means other arrays
    offers: tuple[Offer, ...]
    read: Callable[[Mapping[str, Path]], Arrays]
    stand_in: Synthetic
    folder: str = ""

    @property
    def place(self) -> str:
        """The folder in which its files are looked for."""
        return self.folder or self.name

    def key(self, offer: Offer) -> str:
        """The folder of the arrays read from `offer`."""
        files = "\n".join(f"{file.name} {file.checksum}" for file in offer)
        return _key(self.name, self.version, files)


@contextmanager
def reading(path: Path, problem: str) -> Iterator[None]:
    """Turn what a damaged file raises into a BrokenFile that names it."""
    try:
        yield
    except (
        OSError,
        EOFError,
        zlib.error,
        tarfile.TarError,
        ValueError,
        LookupError,
        TypeError,
    ) as error:
        raise BrokenFile(f"{path}: {problem} ({error})") from None


def lines(rows: Iterable[str]) -> np.ndarray:
    """A text: uint8. No row may have a line break."""
    return np.frombuffer("\n".join(rows).encode(), np.uint8)


def read_lines(text: np.ndarray) -> list[str]:
    """The lines of a text."""
    return bytes(text).decode().split("\n")


def _key(name: str, version: int, content: str) -> str:
    return f"{name}-v{version}-{sha256(content.encode()).hexdigest()[:12]}"
