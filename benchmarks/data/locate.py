"""The files of a published data set: found in a folder, or fetched."""

import os
from pathlib import Path
from typing import NamedTuple

from benchmarks.data import download
from benchmarks.data.dataset import (
    BrokenFile,
    Notify,
    Offer,
    Real,
    Unavailable,
)


class Located(NamedTuple):
    """The files of an offer, by name, and where they come from."""

    offer: Offer
    paths: dict[str, Path]
    origin: str


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
    located = []
    for offer in chosen.offers:
        paths, broken = _find(offer, [*folders, downloads], notify)
        if len(paths) == len(offer):
            places = sorted({str(path.parent) for path in paths.values()})
            return Located(offer, paths, f"found in {' and '.join(places)}")
        located.append((offer, paths))
        reasons += broken.values()
        known = paths.keys() | broken
        absent = [file.name for file in offer if file.name not in known]
        if absent and known:
            reasons.append(f"{' and '.join(absent)} not in {folder}")
    absent_alone = not reasons
    if absent_alone:
        absent_folder = "" if folder.is_dir() else " (no such folder)"
        reasons.append(f"not in {folder}{absent_folder}")
    failures: list[str] = []
    for offer, paths in located:
        missing = [file for file in offer if file.name not in paths]
        if not all(file.url for file in missing):
            continue
        try:
            for file in missing:
                path = download.fetch(file, downloads, notify, base)
                paths[file.name] = path
        except download.FetchFailed as error:
            reasons.append(str(error))
            failures.append(error.reason)
            continue
        address = base or missing[-1].url.rpartition("/")[0]
        return Located(offer, paths, f"fetched from {address}")
    cause = "; ".join(dict.fromkeys(failures)) if absent_alone else ""
    raise Unavailable("; ".join(reasons), cause)


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
    offer: Offer, folders: list[Path], notify: Notify
) -> tuple[dict[str, Path], dict[str, str]]:
    """Paths of good files, and what is wrong with others, by file name.

    A broken file is reported, and deleted from the last folder: it was
    downloaded.
    """
    paths: dict[str, Path] = {}
    broken: dict[str, str] = {}
    for file in offer:
        for folder in folders:
            path = folder / file.name
            try:
                download.check(path, file)
            except FileNotFoundError:
                continue
            except (OSError, BrokenFile) as error:
                broken[file.name] = str(error)
                notify(f"not used: {error}")
                if folder == folders[-1]:
                    path.unlink(missing_ok=True)
                continue
            paths[file.name] = path.absolute()
            break
    return paths, broken
