"""Find a record by its id, path, MLflow run or published set."""

import re
import tempfile
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

from benchmarks.errors import UserError
from benchmarks.records import checksums, store
from benchmarks.records.checksums import Trust
from benchmarks.reproduce.subject import (
    PUBLISHED,
    Subject,
    of_path,
    of_set,
    sets,
)
from benchmarks.tracking import read
from benchmarks.tracking.connect import default_uri
from benchmarks.tracking.store import RECORD, Store

HEX = re.compile(r"[0-9a-f]{6,32}")  # an MLflow run id, or its beginning
LISTED = 5  # names in a message


def find(
    name: str, runs: Path, uri: str | None, published: Path = PUBLISHED
) -> Subject:
    """The record of a name.

    name: a path, `<key>[/<attempt>]`, `<set>/<key>`, an MLflow run id, or
    the unique beginning of any of them. Of a key, the newest attempt.
    Raises UserError with similar names, for none and for several.
    """
    path = Path(name).expanduser()
    if path.is_file() or (path / checksums.RECORD).is_file():
        return of_path(path)
    for folder in (path, published / name):
        if (folder / "results.csv").is_file():
            raise UserError(
                f"RUN={name} is a whole published set. Expected one of its"
                f" records; all of it: make verify"
            )
    records = runs / "records"
    folders = store.attempts(records)
    own = [folder.relative_to(records).as_posix() for folder in folders]
    if matching := _matching(name, own):  # measured here: goes first
        return of_path(records / matching)
    others = _published(published)
    if matching := _matching(name, others):
        return others[matching]
    if HEX.fullmatch(name) and (subject := _of_mlflow(name, runs, uri)):
        return subject
    raise UserError(
        f"RUN={name}: no such record. Expected a record's id or its"
        f" beginning, a path, an MLflow run id, or <published set>/<id>."
        f" {_near(name, [*own, *others])}"
    )


def _matching(name: str, ids: Collection[str]) -> str | None:
    """The id of a name, of a key the newest attempt's."""
    for matching in (
        [each for each in ids if each == name],
        [each for each in ids if each.rpartition("/")[0] == name],
        [each for each in ids if each.startswith(name)],
    ):
        if len({each.rpartition("/")[0] for each in matching}) == 1:
            return matching[-1]
        if matching:
            raise UserError(
                f"RUN={name} may be any of {len(matching)} records:"
                f" {_listed(matching)}. Give more of the name."
            )
    return None


def _published(published: Path) -> dict[str, Subject]:
    """What is published, by its id alone and by its set's name."""
    subjects = {}
    for folder in sets(published):
        try:
            for subject in of_set(folder):
                subjects[f"{folder.name}/{subject.id}"] = subject
                subjects[subject.id] = subject
        except UserError:
            continue  # `make verify` reports what is wrong with a set
    return subjects


def _of_mlflow(name: str, runs: Path, uri: str | None) -> Subject | None:
    """The record of an MLflow run, from `runs` or else from the store."""
    if uri is None and not (runs / "mlflow.db").is_file():
        return None
    opened = Store(uri or default_uri(runs), runs)
    matching = [
        (record, run)
        for record, run in opened.find(RECORD).items()
        if run.info.run_id.startswith(name)
    ]
    if not matching:
        return None
    if len(matching) > 1:
        ids = [record for record, _ in matching]
        raise UserError(f"RUN={name} may be any of {_listed(ids)}.")
    record, run = matching[0]
    folder = runs / "records" / record
    if (folder / checksums.RECORD).is_file():
        subject = of_path(folder)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch, record, checksums.RECORD)
            file.parent.mkdir(parents=True)
            file.write_bytes(read.artifact(opened, run, file.name))
            subject = of_path(file)
    subject.trust += Trust(read.problems(run, subject.entry))
    subject.origin = f"MLflow run {run.info.run_id}"
    return subject


def _near(name: str, ids: list[str]) -> str:
    if not ids:
        return "Nothing is recorded yet: make bench."
    near = get_close_matches(name, ids, LISTED, 0.5)
    return (
        f"Near it: {_listed(near)}." if near else f"There are {_listed(ids)}."
    )


def _listed(ids: list[str]) -> str:
    more = len(ids) - LISTED
    shown = ", ".join(ids[:LISTED])
    return shown + (f" and {more} more" if more > 0 else "")
