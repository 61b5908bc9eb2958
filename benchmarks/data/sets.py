"""What a data set is: the files that it comes in, and how they are read."""

from collections.abc import Callable, Mapping
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


class BrokenFile(Exception):
    """A file is not what it should be; the message names it."""


class Unavailable(Exception):
    """A data set cannot be had; the message says what was tried."""


@dataclass(frozen=True)
class File:
    """One file of a publisher, with what it must be, bit for bit."""

    name: str
    size: int  # bytes
    checksum: str  # "sha256:<hex>", or "md5:<hex>" where only that is known
    url: str = ""  # empty: can be found, but not fetched


Offer = tuple[File, ...]


@dataclass(frozen=True)
class Real:
    """A published data set.

    Every offer alone is the whole set. `read` turns the paths of one offer,
    by file name, into the arrays named in PARTS, or raises BrokenFile.
    """

    name: str
    version: int  # of the recipe: another one means other arrays
    offers: tuple[Offer, ...]
    read: Callable[[Mapping[str, Path]], Arrays]
    twin: "Twin"

    def key(self, offer: Offer) -> str:
        """The folder of what is prepared from `offer`."""
        told = "\n".join(f"{file.name} {file.checksum}" for file in offer)
        return _key(self.name, self.version, told)


@dataclass(frozen=True)
class Twin:
    """A generated data set: a function of its seed, under its own name."""

    name: str
    version: int
    seed: int
    generate: Callable[[int], Arrays]

    def key(self) -> str:
        """The folder of what is generated from the seed."""
        return _key(self.name, self.version, f"seed {self.seed}")


def _key(name: str, version: int, told: str) -> str:
    return f"{name}-v{version}-{sha256(told.encode()).hexdigest()[:12]}"
