"""What a data set is: the files that it comes in, and how they are read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]
Say = Callable[[str], None]

SPLITS = ("train", "test")
PARTS = tuple(
    f"{split}_{part}" for split in SPLITS for part in ("inputs", "targets")
)
# What a set may have beside those: a split of its own to validate with, and
# more of each split: `<split>_inputs_1` and on, and
MORE_SPLITS = (*SPLITS, "validation")
MORE_PARTS = ("lengths", "times", "groups")
GROUPS = "groups"  # their names, a text
# Texts: UTF-8 as uint8, one line each. Line n of the words is symbol n
TEXTS = ("words_source", "words_target", "test_sources", "test_references")


class BrokenFile(Exception):
    """A file is not what it should be; the message names it."""


class Unavailable(Exception):
    """A data set cannot be had; the message says what was tried."""


@dataclass(frozen=True)
class File:
    """One file of a publisher, with what it must be, bit for bit.

    Or, where no checksum of the file is known, what is read of it: then
    `content` gives the digest that `checksum` pins, or raises BrokenFile.
    """

    name: str
    size: int  # bytes; 0: not known
    checksum: str  # "sha256:", "md5:" or, of what is read, "content:<hex>"
    url: str = ""  # empty: can be found, but not fetched
    content: Callable[[Path], str] | None = None


Offer = tuple[File, ...]


@dataclass(frozen=True)
class Real:
    """A published data set.

    Every offer alone is the whole set. `read` turns the paths of one offer,
    by file name, into the arrays named in PARTS and, where the set has more,
    below them, or raises BrokenFile. folder: where its files lie, if that is
    another set's.
    """

    name: str
    version: int  # of the recipe: another one means other arrays
    offers: tuple[Offer, ...]
    read: Callable[[Mapping[str, Path]], Arrays]
    stand_in: "Synthetic"
    folder: str = ""

    @property
    def place(self) -> str:
        """The folder in which its files are looked for."""
        return self.folder or self.name

    def key(self, offer: Offer) -> str:
        """The folder of what is prepared from `offer`."""
        told = "\n".join(f"{file.name} {file.checksum}" for file in offer)
        return _key(self.name, self.version, told)


@dataclass(frozen=True)
class Synthetic:
    """A synthetic data set: a function of its seed, under its own name.

    stands_in: for a published one. Else it is a task in its own right, and
    no data source refuses it.
    """

    name: str
    version: int
    seed: int
    generate: Callable[[int], Arrays]
    stands_in: bool = True

    def key(self) -> str:
        """The folder of what is generated from the seed."""
        return _key(self.name, self.version, f"seed {self.seed}")


def lines(told: Iterable[str]) -> np.ndarray:
    """A text: uint8. No line may have a line's end in it."""
    return np.frombuffer("\n".join(told).encode(), np.uint8)


def told(text: np.ndarray) -> list[str]:
    """The lines of a text."""
    return bytes(text).decode().split("\n")


def _key(name: str, version: int, told: str) -> str:
    return f"{name}-v{version}-{sha256(told.encode()).hexdigest()[:12]}"
