"""The files of a published data set: found in a folder, or fetched."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.data import download
from benchmarks.data.dataset import (
    BrokenFile,
    File,
    Notify,
    Offer,
    Real,
    Unavailable,
)


@dataclass
class Located:
    """The files of an offer that are at hand, and what is wrong with others."""

    offer: Offer
    paths: dict[str, Path] = field(default_factory=dict)  # by file name
    broken: dict[str, str] = field(default_factory=dict)  # why, by file name
    origin: str = ""

    def missing(self) -> list[File]:
        """The files that are absent or broken."""
        return [file for file in self.offer if file.name not in self.paths]


def obtain(
    chosen: Real,
    folder: Path,
    downloads: Path,
    notify: Notify,
    base: str | None,
) -> Located:
    """An offer of which all files are at hand and have their checksums.

    They are looked for in `<folder>/<place>`, `<folder>` and `downloads`,
    then fetched into the latter; base: an address instead of the
    publisher's. Raises Unavailable with every reason.
    """
    folders, reasons = _readable(folder, folder / chosen.place)
    offers = [
        _find(offer, folders, downloads, notify) for offer in chosen.offers
    ]
    for located in offers:
        if not located.missing():
            return located
    for located in offers:
        reasons += _problems(located, folder)
    if not reasons:
        absent = "" if folder.is_dir() else " (no such folder)"
        reasons.append(f"not in {folder}{absent}")
    for located in offers:
        if all(file.url for file in located.missing()):
            try:
                return _fetched(located, downloads, notify, base)
            except download.FetchFailed as error:
                reasons.append(str(error))
    raise Unavailable("; ".join(reasons))


def _readable(folder: Path, inner: Path) -> tuple[list[Path], list[str]]:
    """The folders that can be listed, and why one cannot."""
    folders: list[Path] = []
    try:
        for path in (folder, inner):
            os.listdir(path)
            folders.insert(0, path)
    except FileNotFoundError:
        pass  # the default folder need not exist
    except OSError as error:
        return folders, [f"cannot look into {path}: {error.strerror}"]
    return folders, []


def _find(
    offer: Offer, folders: list[Path], downloads: Path, notify: Notify
) -> Located:
    """Look for files; a broken one is reported, and deleted if downloaded."""
    located = Located(offer)
    for file in offer:
        for folder in (*folders, downloads):
            path = folder / file.name
            try:
                download.check(path, file)
            except FileNotFoundError:
                continue
            except (OSError, BrokenFile) as error:
                located.broken[file.name] = str(error)
                notify(f"not used: {error}")
                if folder == downloads:
                    path.unlink(missing_ok=True)
                continue
            located.paths[file.name] = path.absolute()
            break
    places = {str(path.parent) for path in located.paths.values()}
    located.origin = f"found in {' and '.join(sorted(places))}"
    return located


def _problems(located: Located, folder: Path) -> list[str]:
    """Reasons, if at least a part of the offer is there."""
    reasons = list(located.broken.values())
    absent = [
        file.name
        for file in located.missing()
        if file.name not in located.broken
    ]
    if absent and (located.paths or located.broken):
        reasons.append(f"{' and '.join(absent)} not in {folder}")
    return reasons


def _fetched(
    located: Located, downloads: Path, notify: Notify, base: str | None
) -> Located:
    """Fetch what is missing. Raises FetchFailed."""
    for file in located.missing():
        located.paths[file.name] = download.fetch(file, downloads, notify, base)
        located.origin = f"fetched from {base or file.url.rpartition('/')[0]}"
    return located
