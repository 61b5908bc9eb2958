"""Subjects of a reproduction: records, and whether they can be trusted."""

import json
from dataclasses import dataclass, field
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
    if not published.is_dir():
        return []
    folders = [path for path in published.iterdir() if path.is_dir()]
    # A dot: one that is being made
    return sorted(path for path in folders if not path.name.startswith("."))


def of_set(folder: Path) -> list[Subject]:
    """The records of a published set, or else the rows of its table.

    A record that is lost or broken is a subject that cannot be trusted.
    Raises UserError for a set that cannot be read at all.
    """
    manifest = checksums.read_manifest(folder)
    if manifest and manifest["records"]:
        return _of_records(folder, manifest)
    if manifest:
        trust = checksums.check_files(folder, manifest)
    else:
        note = f"{folder.name} has no manifest: edits cannot be found"
        trust = Trust(notes=[note])
    entries = from_csv.read(folder)
    return [
        Subject(
            entry,
            folder.name,
            trust,
            [
                other
                for other in entries
                if other is not entry and from_csv.alike(entry, other)
            ],
            full=False,
        )
        for entry in entries
    ]


def of_path(path: Path) -> Subject:
    """A record's file, or its folder. Raises UserError for what is none."""
    file = path / checksums.RECORD if path.is_dir() else path
    entry, trust = _load(file)
    if file.name == checksums.RECORD:
        trust += checksums.check(file.parent, _raw(file))
    origin = file.parent.parent.parent
    if manifest := checksums.read_manifest(origin.parent):
        trust += checksums.check_listed(_raw(file), manifest)
        trust += checksums.committed(origin.parent / checksums.MANIFEST)
    return Subject(entry, str(origin), trust, _peers(entry, _all(origin)))


def _of_records(folder: Path, manifest: Record) -> list[Subject]:
    whole = checksums.check_files(folder, manifest)
    subjects = []
    for name, listed in manifest["records"].items():
        file = folder / listed["file"]
        try:
            entry, trust = _load(file)
        except UserError as error:
            lost = Subject(_named(name), folder.name, Trust([str(error)]))
            subjects.append(lost)
            continue
        raw = _raw(file)
        trust += checksums.check(file.parent, raw)
        trust += checksums.check_listed(raw | {"id": name}, manifest) + whole
        subjects.append(Subject(entry, folder.name, trust))
    entries = [each.entry for each in subjects if "cell" in each.entry]
    for subject in subjects:
        subject.peers = _peers(subject.entry, entries)
    return subjects


def _load(file: Path) -> tuple[Record, Trust]:
    """A record with the present names, and what is wrong with its key.

    Raises UserError in one sentence.
    """
    expected = f"Expected a record of schema {schema.SCHEMA}"
    try:
        raw = _raw(file)
        return schema.check(former_names.present(raw)), _consistent(raw)
    except FileNotFoundError:
        raise UserError(f"{file}: there is no such file. {expected}.") from None
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        why = f"is not whole JSON ({error})"
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        why = f"is no record ({error})"
    raise UserError(f"{file} {why}. {expected}, as `make bench` writes it.")


def _all(records: Path) -> list[Record]:
    """All usable records of a folder, oldest attempts first."""
    entries = []
    for file in sorted(records.glob(f"*/[0-9]*/{checksums.RECORD}")):
        try:
            entries.append(_load(file)[0])
        except UserError:
            continue  # no other seed to compare with
    return entries


def _raw(file: Path) -> Record:
    raw = json.loads(file.read_bytes())
    if not isinstance(raw, dict):
        raise ValueError("not an object")
    return raw


def _consistent(entry: Record) -> Trust:
    """Compare a record's key with what it was made of.

    Finds an edited configuration, data digest, code digest or fingerprint
    in records without checksums, too.
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


def _named(name: str) -> Record:
    """What the name of a lost record reveals of it."""
    words = [*name.split("-"), *("",) * 5][:6]
    entry: Record = dict(
        zip(("workload", "framework", "mode"), words, strict=False)
    )
    return entry | {
        "id": name,
        "seed": words[5].removeprefix("s"),
        "seconds": 0,
    }


def _peers(entry: Record, others: list[Record]) -> list[Record]:
    """The newest record of each other seed of the same cell, if finished."""
    if "cell" not in entry:
        return []

    def without_seed(record: Record) -> list[Any]:
        framework = record["cell"]["framework"] | {"python": None}
        cell = record["cell"] | {"seed": None, "framework": framework}
        digests = [record[name].get("digest") for name in ("data", "code")]
        return [cell, digests, record["fingerprint"], record["status"]]

    own = without_seed(entry)
    peers = {each["seed"]: each for each in others if without_seed(each) == own}
    peers.pop(entry["seed"], None)
    return list(peers.values())
