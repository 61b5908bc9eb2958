"""Seals: digests by which an edited record or published file is found.

    runs/records/<key>/<attempt>/seal.json      of the record and its files
    reports/published/<set>/manifest.json       of every record and file

A seal lies beside what it seals, so it finds accidents and careless edits;
a published set's manifest is in git, which finds the careful ones.
"""

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.errors import UserError

SEAL = "seal.json"
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


def digest(content: Any) -> str:
    """sha256 over JSON with sorted keys and no blanks: 64 hex digits.

    By content: indentation and the order of keys may change.
    """
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def content(folder: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """The seal of a record, and of the other files in its folder."""
    return {
        "schema": SCHEMA,
        "record": digest(entry),
        "parts": _parts(entry),
        "files": {
            path.relative_to(folder).as_posix(): file_digest(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in (SEAL, RECORD)
        },
    }


def check(folder: Path, entry: dict[str, Any]) -> Trust:
    """Hold a record against the seal beside it.

    Files that were sealed and are gone (logs take room) are no problem.
    """
    try:
        seal = json.loads((folder / SEAL).read_bytes())
        sealed, parts, files = seal["record"], seal["parts"], seal["files"]
        known = {name: str(value) for name, value in files.items()}
    except FileNotFoundError:
        return Trust(notes=["not sealed: edits of its values cannot be found"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Trust([f"{SEAL} is broken: expected what `make bench` wrote"])
    problems = []
    found = digest(entry)
    if found != sealed:
        now = _parts(entry)
        names = sorted(
            name for name in {*now, *parts} if now.get(name) != parts.get(name)
        )
        what = ", ".join(names) or RECORD
        problems.append(
            f"{what}: not as sealed ({expected_found(sealed, found)})"
        )
    for name, value in known.items():
        path = folder / name
        if path.is_file() and (found := file_digest(path)) != value:
            told = expected_found(value, found)
            problems.append(f"{name}: not as sealed ({told})")
    return Trust(problems)


def manifest(folder: Path, about: dict[str, Any]) -> dict[str, Any]:
    """What `manifest.json` of a published set says of its folder now."""
    records, files = {}, {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.name in (SEAL, MANIFEST):
            continue
        if path.name == RECORD:
            entry = json.loads(path.read_bytes())
            records[entry["id"]] = {"file": name, "digest": digest(entry)}
        else:
            files[name] = file_digest(path)
    told = {"schema": SCHEMA, "name": folder.name, **about}
    return told | {"files": files, "records": records}


def write_manifest(folder: Path, about: dict[str, Any]) -> Path:
    """Seal a published set as it lies there; replaced at once."""
    path = folder / MANIFEST
    text = json.dumps(manifest(folder, about), indent=1)
    temporary = folder / f".{MANIFEST}.{os.getpid()}"
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)
    return path


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a published set, None where there is none.

    Raises UserError for one that cannot be used.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_bytes())
        shaped = all(
            isinstance(value, str) for value in found["files"].values()
        ) and all(
            {"file", "digest"} <= set(one) for one in found["records"].values()
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        found, shaped = {}, False
    if not shaped or found.get("schema") != SCHEMA:
        raise UserError(
            f"{path}: expected a manifest of schema {SCHEMA} with `files`"
            f" and `records`. Take the committed one: git checkout -- {path}"
        )
    return dict(found)


def check_files(folder: Path, told: dict[str, Any]) -> Trust:
    """Hold the tables and pages of a published set against its manifest."""
    problems = []
    for name, value in told["files"].items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{name}: is not there; the manifest lists it")
        elif (found := file_digest(path)) != value:
            told_ = expected_found(value, found)
            problems.append(f"{name}: not as in the manifest ({told_})")
    return Trust(problems) + committed(folder / MANIFEST)


def check_listed(entry: dict[str, Any], told: dict[str, Any]) -> Trust:
    """Hold a published record against its set's manifest."""
    listed = told["records"].get(entry["id"])
    if listed is None:
        return Trust([f"{entry['id']}: the manifest does not list it"])
    found = digest(entry)
    if found == listed["digest"]:
        return Trust()
    said = expected_found(str(listed["digest"]), found)
    return Trust([f"{RECORD}: not as in the manifest ({said})"])


def committed(path: Path) -> Trust:
    """Whether git has a file as it lies there."""
    name = path.name
    if _git(path, "ls-files", "--error-unmatch", "--", name) != 0:
        return Trust(notes=[f"{name}: git has no copy to hold it against"])
    if _git(path, "diff", "--quiet", "HEAD", "--", name) == 0:
        return Trust()
    return Trust([f"{name}: not as committed (see git diff {path})"])


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def expected_found(expected: str, found: str) -> str:
    """Two digests as a message shows them."""
    return f"expected sha256 {expected[:SHOWN]}, found {found[:SHOWN]}"


def _parts(entry: dict[str, Any]) -> dict[str, str]:
    """Short digests of pieces small enough to name what was edited."""
    found: dict[str, Any] = {}
    for name, value in entry.items():
        if isinstance(value, dict) and value:
            found |= {f"{name}.{key}": part for key, part in value.items()}
        else:
            found[name] = value
    return {name: digest(part)[:SHOWN] for name, part in found.items()}


def _git(path: Path, *arguments: str) -> int:
    command = ["git", "-C", str(path.parent), *arguments]
    try:
        return subprocess.run(
            command, capture_output=True, timeout=20
        ).returncode
    except (OSError, subprocess.SubprocessError):
        return -1
