"""The files of a published data set: found in a folder, else fetched."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.data import download
from benchmarks.data.dataset import (
    BrokenFile,
    File,
    Offer,
    Real,
    Say,
    Unavailable,
)


@dataclass
class Obtained:
    """What there is of one offer, and what is wrong with the rest."""

    offer: Offer
    paths: dict[str, Path] = field(default_factory=dict)  # by file name
    broken: dict[str, str] = field(default_factory=dict)  # why, by file name
    origin: str = ""

    def missing(self) -> list[File]:
        """The files that there are not, or not whole."""
        return [file for file in self.offer if file.name not in self.paths]


def obtain(
    chosen: Real, folder: Path, downloads: Path, say: Say, base: str | None
) -> Obtained:
    """An offer whose files are all there and whole, bit for bit.

    Looked for in `<folder>/<place>`, `<folder>` and among the downloads, then
    fetched into those; base: an address that stands for the publisher's.
    Raises Unavailable with every reason why there is none.
    """
    theirs, reasons = _readable(folder, folder / chosen.place)
    looked = [_find(offer, theirs, downloads, say) for offer in chosen.offers]
    for found in looked:
        if not found.missing():
            return found
    for found in looked:
        reasons += _what_is_wrong(found, folder)
    if not reasons:
        there = "" if folder.is_dir() else " (no such folder)"
        reasons.append(f"not in {folder}{there}")
    for found in looked:
        if all(file.url for file in found.missing()):
            try:
                return _fetched(found, downloads, say, base)
            except download.FetchFailed as error:
                reasons.append(str(error))
    raise Unavailable("; ".join(reasons))


def _readable(folder: Path, inner: Path) -> tuple[list[Path], list[str]]:
    """The folders that can be looked into, and why one cannot."""
    places: list[Path] = []
    try:
        for place in (folder, inner):
            os.listdir(place)
            places.insert(0, place)
    except FileNotFoundError:
        pass  # not having put anything there is no mistake
    except OSError as error:
        return places, [f"cannot look into {place}: {error.strerror}"]
    return places, []


def _find(
    offer: Offer, theirs: list[Path], downloads: Path, say: Say
) -> Obtained:
    """A broken file of the user's is named and left alone, ours goes."""
    found = Obtained(offer)
    for file in offer:
        for place in (*theirs, downloads):
            path = place / file.name
            try:
                download.check(path, file)
            except FileNotFoundError:
                continue
            except (OSError, BrokenFile) as error:
                found.broken[file.name] = str(error)
                say(f"not used: {error}")
                if place == downloads:
                    path.unlink(missing_ok=True)
                continue
            found.paths[file.name] = path.absolute()
            break
    places = {str(path.parent) for path in found.paths.values()}
    found.origin = f"found in {' and '.join(sorted(places))}"
    return found


def _what_is_wrong(found: Obtained, folder: Path) -> list[str]:
    """Reasons, where there is at least something of an offer."""
    reasons = list(found.broken.values())
    absent = [
        file.name for file in found.missing() if file.name not in found.broken
    ]
    if absent and (found.paths or found.broken):
        reasons.append(f"{' and '.join(absent)} not in {folder}")
    return reasons


def _fetched(
    found: Obtained, downloads: Path, say: Say, base: str | None
) -> Obtained:
    """Completed from the publisher. Raises FetchFailed."""
    for file in found.missing():
        found.paths[file.name] = download.fetch(file, downloads, say, base)
        found.origin = f"fetched from {base or file.url.rpartition('/')[0]}"
    return found
