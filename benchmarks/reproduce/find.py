"""Find a record by its id, path, MLflow run or published set."""

import re
import tempfile
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from benchmarks.errors import UserError
from benchmarks.records import checksums
from benchmarks.records.checksums import Trust
from benchmarks.reproduce.subject import (
    PUBLISHED,
    Subject,
    of_path,
    of_set,
    sets,
)

HEX = re.compile(r"[0-9a-f]{6,32}")  # an MLflow run id, or its beginning
LISTED = 5  # names in a message
Candidates = dict[str, Callable[[], Subject]]  # by id


def find(
    name: str, runs: Path, store: str | None, published: Path = PUBLISHED
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
        if name and (folder / "results.csv").is_file():
            raise UserError(
                f"RUN={name} is a whole published set. Expected one of its"
                f" records; all of it: make verify"
            )
    own, others = _recorded(runs), _published(published)
    for candidates in (own, others):  # what was measured here goes first
        if read := _matching(name, candidates):
            return read()
    if HEX.fullmatch(name) and (subject := _of_mlflow(name, runs, store)):
        return subject
    raise UserError(
        f"RUN={name}: no such record. Expected a record's id or its"
        f" beginning, a path, an MLflow run id, or <published set>/<id>."
        f" {_near(name, [*own, *others])}"
    )


def _matching(
    name: str, candidates: Candidates
) -> Callable[[], Subject] | None:
    """The candidate of a name, of a key the newest attempt."""
    for ids in (
        [each for each in candidates if each == name],
        [each for each in candidates if each.rpartition("/")[0] == name],
        [each for each in candidates if each.startswith(name)],
    ):
        if len({each.rpartition("/")[0] for each in ids}) == 1:
            return candidates[ids[-1]]
        if ids:
            raise UserError(
                f"RUN={name} may be any of {len(ids)} records:"
                f" {_listed(ids)}. Give more of the name."
            )
    return None


def _recorded(runs: Path) -> Candidates:
    """What was measured here, attempts in order."""
    records = runs / "records"
    return {
        path.parent.relative_to(records).as_posix(): partial(of_path, path)
        for path in sorted(records.glob(f"*/[0-9]*/{checksums.RECORD}"))
    }


def _published(published: Path) -> Candidates:
    """What is published, by its id alone and by its set's name."""
    candidates: Candidates = {}
    for folder in sets(published):
        try:
            subjects = of_set(folder)
        except UserError:
            continue  # `make verify` reports what is wrong with a set
        for subject in subjects:
            for name in (f"{folder.name}/{subject.id}", subject.id):
                candidates[name] = partial(lambda own: own, subject)
    return candidates


def _of_mlflow(name: str, runs: Path, uri: str | None) -> Subject | None:
    """The record of an MLflow run, from `runs` or else from the store."""
    if uri is None and not (runs / "mlflow.db").is_file():
        return None
    from benchmarks.tracking import connect, read, store

    opened = store.Store(uri or connect.default_uri(runs), runs)
    listed = {
        record: run
        for record, run in opened.find(store.RECORD).items()
        if run.info.run_id.startswith(name)
    }
    if len(listed) > 1:
        raise UserError(f"RUN={name} may be any of {_listed(list(listed))}.")
    for record, run in listed.items():
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
    return None


def _near(name: str, ids: list[str]) -> str:
    if not ids:
        return "Nothing is recorded yet: make bench."
    near = get_close_matches(name, ids, LISTED, 0.5)
    return (
        f"Near it: {_listed(near)}." if near else f"There are {_listed(ids)}."
    )


def _listed(names: list[str]) -> str:
    more = len(names) - LISTED
    shown = ", ".join(names[:LISTED])
    return shown + (f" and {more} more" if more > 0 else "")
