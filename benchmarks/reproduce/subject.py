"""Subjects of a reproduction: records, and whether they can be trusted."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from benchmarks.errors import UserError
from benchmarks.records import checksums, schema, store
from benchmarks.records.checksums import Trust
from benchmarks.reproduce import former_names, from_csv

Record = dict[str, Any]
PUBLISHED = Path(__file__).parents[2] / "reports" / "published"


@dataclass
class Subject:
    """A record to be reproduced, and what it is compared with."""

    entry: Record
    origin: str  # runs/records, a published set, an MLflow run
    trust: Trust
    peers: list[Record] = field(default_factory=list)  # its other seeds
    full: bool = True  # False: a row of a table, without curves

    @property
    def id(self) -> str:
        """`<key>/<attempt>`."""
        return str(self.entry["id"])

    @property
    def title(self) -> str:
        """Such as `cnn torch eager seed 1`."""
        names = ("workload", "framework", "mode")
        words = [str(self.entry[name]) for name in names]
        return " ".join([*words, f"seed {self.entry['seed']}"])


def sets(published: Path) -> list[Path]:
    """The folders of all published sets."""
    # A dot: one that is being made
    return sorted(path for path in published.glob("[!.]*") if path.is_dir())


def of_set(folder: Path) -> list[Subject]:
    """The records of a published set, or else the rows of its table.

    A record that is lost or broken is a subject that cannot be trusted.
    Raises UserError for a set that cannot be read at all.
    """
    manifest = checksums.read_manifest(folder)
    if manifest:
        trust = checksums.check_files(folder, manifest)
    else:
        note = f"{folder.name} has no manifest: edits cannot be found"
        trust = Trust(notes=[note])
    subjects = []
    if manifest and manifest["records"]:
        for name, listed in manifest["records"].items():
            try:
                entry, own = _checked(folder / listed["file"], manifest)
            except UserError as error:
                lost = Trust([str(error)])
                subjects.append(Subject(_named(name), folder.name, lost))
            else:
                subjects.append(Subject(entry, folder.name, own + trust))
    else:
        for entry in from_csv.read(folder):
            subjects.append(Subject(entry, folder.name, trust, full=False))
    _add_peers(subjects, [each.entry for each in subjects])
    return subjects


def of_path(path: Path) -> Subject:
    """A record's file, or its folder. Raises UserError for what is none."""
    file = path / checksums.RECORD if path.is_dir() else path
    records = file.parent.parent.parent
    manifest = checksums.read_manifest(records.parent)
    entry, trust = _checked(file, manifest)
    if manifest:
        trust += checksums.committed(records.parent / checksums.MANIFEST)
    others = []
    for folder in store.attempts(records):
        try:
            others.append(_load(folder / checksums.RECORD)[0])
        except UserError:
            continue  # no other seed to compare with
    subject = Subject(entry, str(records), trust)
    _add_peers([subject], others)
    return subject


def _checked(file: Path, manifest: Record | None) -> tuple[Record, Trust]:
    """A record, and what is wrong with it. Raises UserError as `_load`."""
    entry, raw, trust = _load(file)
    trust += checksums.check(file.parent, raw)
    if manifest:
        trust += checksums.check_listed(raw, manifest)
    return entry, trust


def _load(file: Path) -> tuple[Record, Record, Trust]:
    """A record with the present names, as written, and whether its key fits.

    Raises UserError in one sentence.
    """
    try:
        raw = json.loads(file.read_bytes())
        return schema.check(former_names.present(raw)), raw, _check_key(raw)
    except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
        raise UserError(
            f"{file} {store.unusable(error)}. Expected a record as `make"
            f" bench` writes it."
        ) from error


def _check_key(entry: Record) -> Trust:
    """Compare a record's key with what it was made of.

    Finds an edited configuration, data digest, code digest or fingerprint
    in records without checksums, too.
    """
    key = from_csv.key(entry["cell"], entry)
    if entry["status"] != "finished" or key == entry["key"]:
        return Trust()
    return Trust(
        [
            "cell, data.digest, code.digest or fingerprint: not what the"
            f" key was made of (expected {entry['key']}, found {key})"
        ]
    )


def _named(name: str) -> Record:
    """What the id of a lost record reveals of it."""
    names = ("workload", "framework", "mode", "precision", "device", "seed")
    words = name.split("-")[: len(names)]
    entry: Record = dict(zip_longest(names, words, fillvalue=""))
    seed = entry["seed"].removeprefix("s")
    return entry | {"id": name, "seed": seed, "seconds": 0, "status": "lost"}


def _add_peers(subjects: list[Subject], entries: list[Record]) -> None:
    """To each the newest finished record of each other seed of its cell."""
    seeds: dict[str, dict[int, Record]] = defaultdict(dict)
    for entry in entries:
        if entry["status"] == "finished":
            seeds[_without_seed(entry)][entry["seed"]] = entry
    for subject in subjects:
        if subject.entry["status"] == "finished":
            peers = dict(seeds[_without_seed(subject.entry)])
            peers.pop(subject.entry["seed"], None)
            subject.peers = list(peers.values())


def _without_seed(entry: Record) -> str:
    """The same for two records that differ in nothing but the seed."""
    if "row" in entry:
        return " ".join(entry["row"][name] for name in from_csv.SAME)
    return from_csv.key(entry["cell"] | {"seed": None}, entry)
