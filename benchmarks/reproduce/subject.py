"""Records that can be reproduced, with what vouches for them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.errors import UserError
from benchmarks.records import checksums, store
from benchmarks.records.checksums import Trust
from benchmarks.reproduce import from_csv

Record = dict[str, Any]
PUBLISHED = Path(__file__).parents[2] / "reports" / "published"


@dataclass
class Subject:
    """A record to be reproduced, and what it is seen beside."""

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
    if not published.is_dir():
        return []
    folders = [path for path in published.iterdir() if path.is_dir()]
    # A dot: one that is being made
    return sorted(one for one in folders if not one.name.startswith("."))


def of_set(folder: Path) -> list[Subject]:
    """What a published set holds: its records, or else the table's rows.

    A record that is lost or broken is a subject that cannot be trusted.
    Raises UserError for a set that cannot be read at all.
    """
    told = checksums.read_manifest(folder)
    whole = checksums.check_files(folder, told) if told else _unsealed(folder)
    if told and told["records"]:
        return _of_records(folder, told, whole)
    entries = from_csv.read(folder)
    subjects = [
        Subject(entry, folder.name, whole, full=False) for entry in entries
    ]
    for one in subjects:
        one.peers = [
            other
            for other in entries
            if other is not one.entry and from_csv.alike(one.entry, other)
        ]
    return subjects


def load(file: Path) -> Record:
    """A record from its file. Raises UserError in one sentence."""
    expected = f"Expected a record of schema {store.SCHEMA}"
    try:
        return store.check(json.loads(file.read_bytes()))
    except FileNotFoundError:
        raise UserError(f"{file}: there is no such file. {expected}.") from None
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        why = f"is not whole JSON ({error})"
    except (ValueError, AttributeError, TypeError) as error:
        why = f"is no record ({error})"
    raise UserError(f"{file} {why}. {expected}, as `make bench` writes it.")


def consistent(entry: Record) -> Trust:
    """Hold a record's key against what it was made of.

    Finds an edited configuration, data digest, code digest or fingerprint
    in records that were written before there were seals, too.
    """
    if entry["status"] != "finished":
        return Trust()
    framework = entry["cell"]["framework"] | {"python": None}
    key = store.key(
        entry["cell"] | {"framework": framework},
        entry["data"]["digest"],
        entry["code"].get("digest"),
        entry["fingerprint"],
    )
    if key == entry["key"]:
        return Trust()
    return Trust(
        [
            "cell, data.digest, code.digest or fingerprint: not what the"
            f" key was made of (expected {entry['key']}, found {key})"
        ]
    )


def of_path(path: Path) -> Subject:
    """A record's file, or its folder. Raises UserError for what is none."""
    file = path / checksums.RECORD if path.is_dir() else path
    entry = load(file)
    trust = consistent(entry)
    if file.name == checksums.RECORD:
        trust += checksums.check(file.parent, entry)
    origin = file.parent.parent.parent
    manifest = checksums.read_manifest(origin.parent)
    if manifest:
        trust += checksums.check_listed(entry, manifest)
        trust += checksums.committed(origin.parent / checksums.MANIFEST)
    near = store.all(origin) if origin.is_dir() else []
    return Subject(entry, str(origin), trust, _peers(entry, near))


def _of_records(folder: Path, told: Record, whole: Trust) -> list[Subject]:
    subjects = []
    for name, listed in told["records"].items():
        file = folder / listed["file"]
        try:
            entry = load(file)
        except UserError as error:
            subjects.append(_lost(name, folder.name, str(error)))
            continue
        trust = checksums.check(file.parent, entry) + consistent(entry)
        trust += checksums.check_listed(entry | {"id": name}, told) + whole
        subjects.append(Subject(entry, folder.name, trust))
    entries = [one.entry for one in subjects if "cell" in one.entry]
    for one in subjects:
        one.peers = _peers(one.entry, entries)
    return subjects


def _lost(name: str, origin: str, why: str) -> Subject:
    words = [*name.split("-"), *("",) * 5][:6]
    entry: Record = dict(
        zip(("workload", "framework", "mode"), words, strict=False)
    )
    entry |= {"id": name, "seed": words[5].removeprefix("s"), "seconds": 0}
    return Subject(entry, origin, Trust([why]))


def _unsealed(folder: Path) -> Trust:
    return Trust(notes=[f"{folder.name} has no manifest: edits go unseen"])


def _peers(entry: Record, others: list[Record]) -> list[Record]:
    """The newest record of each other seed of the same cell, if finished."""
    if "cell" not in entry:
        return []

    def but_seed(one: Record) -> list[Any]:
        framework = one["cell"]["framework"] | {"python": None}
        cell = one["cell"] | {"seed": None, "framework": framework}
        digests = one["data"].get("digest"), one["code"].get("digest")
        return [cell, *digests, one["fingerprint"], one["status"]]

    mine = but_seed(entry)
    found = {one["seed"]: one for one in others if but_seed(one) == mine}
    found.pop(entry["seed"], None)
    return list(found.values())
