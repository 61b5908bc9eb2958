"""Checksums of records and published files, by which edits are found.

    runs/records/<key>/<attempt>/checksums.json   of the record and its files
    reports/published/<set>/manifest.json         of every record and file

checksums.json lies beside what it covers, so it finds accidents and careless
edits; a published set's manifest is in git, which finds the careful ones.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.records import revision

FILE = "checksums.json"
FORMER = "seal.json"  # its name until November 2026
MANIFEST = "manifest.json"
RECORD = "record.json"
SCHEMA = 1
SHOWN = 12  # hexadecimal digits in a message


@dataclass(frozen=True)
class Trust:
    """What is wrong with a record, and what could not be checked."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __add__(self, other: "Trust") -> "Trust":
        return Trust(self.problems + other.problems, self.notes + other.notes)


def content(folder: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """The checksums of a record, its parts and the files of its folder."""
    return {
        "schema": SCHEMA,
        "record": files.digest(entry),
        "parts": _parts(entry),
        "files": {
            path.relative_to(folder).as_posix(): files.file_digest(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path not in (folder / FILE, folder / RECORD)
        },
    }


def check(folder: Path, entry: dict[str, Any]) -> Trust:
    """Compare a record with the checksums beside it.

    Listed files that are gone (logs take room) are no problem.
    """
    name = FORMER if (folder / FORMER).is_file() else FILE
    try:
        expected = json.loads((folder / name).read_bytes())
        whole, parts = expected["record"], dict(expected["parts"])
        listed = {file: str(v) for file, v in expected["files"].items()}
    except FileNotFoundError:
        return Trust(notes=[f"no {FILE}: edits of its values cannot be found"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Trust([f"{name} is broken: expected what `make bench` wrote"])
    now = _parts(entry)
    names = sorted({*now, *parts})
    edited = [name for name in names if now.get(name) != parts.get(name)]
    problems = differs(", ".join(edited) or RECORD, whole, files.digest(entry))
    for file, value in listed.items():
        if (folder / file).is_file():
            problems += differs(file, value, files.file_digest(folder / file))
    return Trust(problems)


def write_manifest(folder: Path, about: dict[str, Any]) -> None:
    """Write the checksums of a published set as it is now."""
    records, tables = {}, {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.name in (FILE, MANIFEST):
            continue
        if path.name == RECORD:
            entry = json.loads(path.read_bytes())
            records[entry["id"]] = {"file": name, "digest": files.digest(entry)}
        else:
            tables[name] = files.file_digest(path)
    manifest = {"schema": SCHEMA, "name": folder.name, **about}
    manifest |= {"files": tables, "records": records}
    files.write_json(folder / MANIFEST, manifest)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a published set, None where there is none.

    Raises UserError for one that cannot be used.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
        texts = [*manifest["files"].values()]
        for listed in manifest["records"].values():
            texts += [listed["file"], listed["digest"]]
        usable = all(isinstance(text, str) for text in texts)
        if usable and manifest["schema"] == SCHEMA:
            return dict(manifest)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise UserError(
        f"{path}: expected a manifest of schema {SCHEMA} with `files`"
        f" and `records`. Take the committed one: git checkout -- {path}"
    )


def check_files(folder: Path, manifest: dict[str, Any]) -> Trust:
    """Compare the tables and pages of a published set with its manifest."""
    problems: list[str] = []
    for name, value in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{name}: is not there; the manifest lists it")
        else:
            actual = files.file_digest(path)
            problems += differs(name, value, actual, "in the manifest")
    return Trust(problems) + committed(folder / MANIFEST)


def check_listed(entry: dict[str, Any], manifest: dict[str, Any]) -> Trust:
    """Compare a published record with its set's manifest."""
    listed = manifest["records"].get(entry["id"])
    if listed is None:
        return Trust([f"{entry['id']}: the manifest does not list it"])
    actual = files.digest(entry)
    return Trust(differs(RECORD, listed["digest"], actual, "in the manifest"))


def committed(path: Path) -> Trust:
    """Whether git has a file as it is now."""
    folder, name = path.parent, path.name
    if not revision.git_succeeds(folder, "ls-files", "--error-unmatch", name):
        return Trust(notes=[f"{name}: git has no copy to compare it with"])
    if revision.git_succeeds(folder, "diff", "--quiet", "HEAD", "--", name):
        return Trust()
    return Trust([f"{name}: not as committed (see git diff {path})"])


def differs(
    name: str, expected: str, actual: str, place: str = "written"
) -> list[str]:
    """The problem of a file or record whose digest is not the expected."""
    if actual == expected:
        return []
    digests = f"expected sha256 {expected[:SHOWN]}, found {actual[:SHOWN]}"
    return [f"{name}: not as {place} ({digests})"]


def _parts(entry: dict[str, Any]) -> dict[str, str]:
    """Short digests of pieces small enough to name what was edited."""
    pieces: dict[str, Any] = {}
    for name, value in entry.items():
        if isinstance(value, dict) and value:
            pieces |= {f"{name}.{key}": part for key, part in value.items()}
        else:
            pieces[name] = value
    return {name: files.digest(part)[:SHOWN] for name, part in pieces.items()}
