"""From a data set's name to memory-mapped arrays that all frameworks read."""

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np

from benchmarks.data import cache as store
from benchmarks.data import sets
from benchmarks.data.dataset import (
    GROUPS,
    MORE_PARTS,
    MORE_SPLITS,
    TEXTS,
    Arrays,
    BrokenFile,
    Notify,
    Real,
    Synthetic,
    Unavailable,
    read_lines,
)
from benchmarks.data.locate import obtain
from benchmarks.errors import UserError

SOURCES = ("auto", "real", "synthetic")


def names() -> tuple[str, ...]:
    """The data sets of `benchmarks.data.sets`; stand-ins are not among them."""
    return tuple(dataset.name for dataset in _sets())


def notify_stderr(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


def prepare(
    name: str,
    folder: str | Path = "data",
    source: str = "auto",
    cache: str | Path = "runs/data",
    notify: Notify = notify_stderr,
    *,
    base: str | None = None,
) -> dict[str, Any]:
    """Describe the prepared arrays of a data set, prepared at need.

    name: one of `names()`, or the name of a stand-in.
    folder: where its files may lie, in `<folder>/<name>` or `<folder>`.
    source: `real` refuses the stand-in, `synthetic` takes it, `auto` takes
    it with a notice where the real set can neither be found nor fetched.
    cache: folder of prepared arrays and fetched files.
    notify: called with each line of progress.
    base: an address instead of the publishers' (for tests, mirrors).

    The description is plain JSON: `name` (a stand-in has its own),
    `synthetic` (whether it is a stand-in), `digest` of the arrays, `source`,
    `notice` (why a stand-in was needed, or None), `cause` (the same in a few
    words, of a stand-in that was needed), `folder`, `texts` by name,
    names of `groups`, and by split `inputs`, `targets`, `size` and, if the
    set has them, `lengths`, `times` and `groups`. Raises UserError.
    """
    every = _sets()
    stand_ins = [each.stand_in for each in every if isinstance(each, Real)]
    by_name = {each.name: each for each in (*every, *stand_ins)}
    if name not in by_name:
        raise UserError(
            f"Data set {name!r}: expected one of {', '.join(by_name)}."
        )
    if source not in SOURCES:
        raise UserError(
            f"Data source {source!r}: expected one of {', '.join(SOURCES)}."
        )
    chosen = by_name[name]
    return provide(chosen, Path(folder), source, Path(cache), notify, base)


def provide(
    chosen: Real | Synthetic,
    folder: Path,
    source: str,
    cache: Path,
    notify: Notify,
    base: str | None = None,
) -> dict[str, Any]:
    """As `prepare`, for a data set instead of its name."""
    cache = cache.absolute()
    if isinstance(chosen, Synthetic):
        if source == "real" and chosen.stands_in:
            raise UserError(
                f"{chosen.name} is synthetic: the data source `real` refuses"
                f" it. Expected one of {', '.join(names())}, or the data"
                f" source `auto`."
            )
        return _synthetic(chosen, cache, notify)
    if source == "synthetic":
        return _synthetic(chosen.stand_in, cache, notify)
    try:
        return _real(chosen, folder, cache, notify, base)
    except Unavailable as reason:
        if source == "real":
            raise UserError(_refusal(chosen, folder, reason)) from None
        notice = (
            f"{chosen.name} can neither be found nor fetched ({reason}); "
            f"synthetic {chosen.stand_in.name} stands in"
        )
        notify(notice)
        description = _synthetic(chosen.stand_in, cache, notify)
        return description | {"notice": notice, "cause": reason.cause}


def _sets() -> list[Real | Synthetic]:
    """The `SET` of each module of `benchmarks.data.sets` that has one."""
    modules = (
        import_module(f"{sets.__name__}.{module.name}")
        for module in iter_modules(sets.__path__)
    )
    return [module.SET for module in modules if hasattr(module, "SET")]


def _synthetic(
    chosen: Synthetic, cache: Path, notify: Notify
) -> dict[str, Any]:
    target = cache / chosen.key()
    manifest = store.load(target, notify)
    if manifest is None:
        with store.lock(cache, chosen.name, notify):
            manifest = store.load(target, notify)
            if manifest is None:
                notify(f"{chosen.name}: drawing (seconds, once)")
                origin = f"drawn by benchmarks/data, seed {chosen.seed}"
                arrays = chosen.generate(chosen.seed)
                manifest = _save(chosen, target, arrays, origin, notify)
    return _described(target, manifest)


def _real(
    chosen: Real, folder: Path, cache: Path, notify: Notify, base: str | None
) -> dict[str, Any]:
    """Raises Unavailable with every reason."""
    ready = _ready(chosen, cache, notify)
    if ready:
        return ready
    with ExitStack() as locks:
        for name in dict.fromkeys((chosen.name, chosen.place)):
            locks.enter_context(store.lock(cache, name, notify))
        ready = _ready(chosen, cache, notify)
        if ready:  # another process was quicker
            return ready
        downloads = cache / "downloads" / chosen.place
        files = obtain(chosen, folder, downloads, notify, base)
        notify(f"{chosen.name}: preparing what was {files.origin}")
        try:
            arrays = chosen.read(files.paths)
        except BrokenFile as error:
            raise Unavailable(str(error)) from None
        target = cache / chosen.key(files.offer)
        manifest = _save(chosen, target, arrays, files.origin, notify)
        return _described(target, manifest)


def _ready(chosen: Real, cache: Path, notify: Notify) -> dict[str, Any] | None:
    for offer in chosen.offers:
        target = cache / chosen.key(offer)
        manifest = store.load(target, notify)
        if manifest:
            return _described(target, manifest)
    return None


def _refusal(chosen: Real, folder: Path, reason: Unavailable) -> str:
    offers = " or ".join(
        " + ".join(file.name for file in offer) for offer in chosen.offers
    )
    return (
        f"{chosen.name} can neither be found nor fetched ({reason}), and the"
        f" data source `real` refuses a synthetic stand-in. Put {offers} into"
        f" {folder / chosen.place}, or use the data source `auto` to train on"
        f" {chosen.stand_in.name}."
    )


def _save(
    chosen: Real | Synthetic,
    target: Path,
    arrays: Arrays,
    origin: str,
    notify: Notify,
) -> dict[str, Any]:
    about = {
        "name": chosen.name,
        "version": chosen.version,
        "synthetic": isinstance(chosen, Synthetic) and chosen.stands_in,
        "source": origin,
        "sizes": {
            split: len(arrays[f"{split}_targets"])
            for split in MORE_SPLITS
            if f"{split}_targets" in arrays
        },
    }
    store.save(target, arrays, about)
    manifest = store.load(target, notify)
    if manifest is None:
        raise UserError(
            f"{target} was removed or changed during its preparation: give"
            f" the same command again."
        )
    return manifest


def _described(target: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    keys = ("name", "synthetic", "digest", "source")
    groups = target / f"{GROUPS}.npy"
    return {
        **{key: manifest[key] for key in keys},
        "notice": None,
        "folder": str(target),
        "texts": {
            name: str(target / f"{name}.npy")
            for name in TEXTS
            if f"{name}.npy" in manifest["files"]
        },
        "groups": read_lines(np.load(groups)) if groups.exists() else [],
        "splits": {
            split: _parts(target, split, manifest["files"]) | {"size": size}
            for split, size in manifest["sizes"].items()
        },
    }


def _parts(target: Path, split: str, files: Iterable[str]) -> dict[str, Any]:
    """Paths of the arrays of a split; its inputs in order."""
    inputs = [f"{split}_inputs.npy"]
    while f"{split}_inputs_{len(inputs)}.npy" in files:
        inputs.append(f"{split}_inputs_{len(inputs)}.npy")
    return {
        "inputs": [str(target / name) for name in inputs],
        "targets": str(target / f"{split}_targets.npy"),
    } | {
        part: str(target / f"{split}_{part}.npy")
        for part in MORE_PARTS
        if f"{split}_{part}.npy" in files
    }
