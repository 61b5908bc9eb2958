"""Which record is meant: by id, path, MLflow run, or published set."""

import re
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


Read = Callable[[], Subject]
Candidates = dict[str, Read]  # by id


def find(
    wanted: str, runs: Path, store: str | None, published: Path = PUBLISHED
) -> Subject:
    """The record that a user means.

    wanted: a path, `<key>[/<attempt>]`, `<set>/<key>`, an MLflow run id, or
    the unique beginning of any of them. Of a key, the newest attempt.
    Raises UserError with what is near, for none and for several.
    """
    path = Path(wanted).expanduser()
    if path.is_file() or (path / checksums.RECORD).is_file():
        return of_path(path)
    for folder in (path, published / wanted):
        if wanted and (folder / "results.csv").is_file():
            raise UserError(
                f"RUN={wanted} is a whole published set. Expected one of its"
                f" records; all of it: make verify"
            )
    own, others = _recorded(runs), _published(published)
    for known in (own, others):  # what was measured here goes first
        found = _matching(wanted, known)
        if found is not None:
            return found()
    if HEX.fullmatch(wanted):
        told = _of_mlflow(wanted, runs, store)
        if told is not None:
            return told
    raise UserError(
        f"RUN={wanted}: no such record. Expected a record's id or its"
        f" beginning, a path, an MLflow run id, or <published set>/<id>."
        f" {_near(wanted, [*own, *others])}"
    )


def _matching(wanted: str, known: Candidates) -> Read | None:
    """The one that is meant, of a key the newest attempt; None if none is."""
    for names in (
        [name for name in known if name == wanted],
        [name for name in known if name.rpartition("/")[0] == wanted],
        [name for name in known if name.startswith(wanted)],
    ):
        if len({name.rpartition("/")[0] for name in names}) == 1:
            return known[names[-1]]
        if names:
            raise UserError(
                f"RUN={wanted} may be any of {len(names)} records:"
                f" {_some(names)}. Give more of the name."
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
    found: Candidates = {}
    for folder in sets(published):
        try:
            subjects = of_set(folder)
        except UserError:
            continue  # verify says what is wrong with a set
        for subject in subjects:
            read = partial(_itself, subject)
            found[f"{folder.name}/{subject.id}"] = read
            found[subject.id] = read
    return found


def _of_mlflow(wanted: str, runs: Path, store: str | None) -> Subject | None:
    """The record of an MLflow run, from `runs` or else from the store."""
    if store is None and not (runs / "mlflow.db").is_file():
        return None
    from benchmarks.tracking import store as tracking_store

    opened = tracking_store.Store(
        store or tracking_store.default_uri(runs), runs
    )
    every = opened.find(tracking_store.RECORD)
    found = {
        name: run
        for name, run in every.items()
        if run.info.run_id.startswith(wanted)
    }
    if len(found) > 1:
        raise UserError(f"RUN={wanted} may be any of {_some(list(found))}.")
    for name, run in found.items():
        folder = runs / "records" / name
        if not (folder / checksums.RECORD).is_file():
            run_id = run.info.run_id
            file = opened.client.download_artifacts(run_id, checksums.RECORD)
            folder = Path(file).parent
        subject = of_path(folder)
        sealed = run.data.tags.get("triptych.seal")
        if sealed and sealed != (now := checksums.digest(subject.entry)):
            told = checksums.expected_found(sealed, now)
            subject.trust += Trust([f"record.json: not as in MLflow ({told})"])
        subject.origin = f"MLflow run {run.info.run_id}"
        return subject
    return None


def _itself(subject: Subject) -> Subject:
    return subject


def _near(wanted: str, ids: list[str]) -> str:
    if not ids:
        return "None is recorded yet: make bench."
    near = get_close_matches(wanted, ids, LISTED, 0.5)
    return f"Near it: {_some(near)}." if near else f"There are {_some(ids)}."


def _some(names: list[str]) -> str:
    more = len(names) - LISTED
    shown = ", ".join(names[:LISTED])
    return shown + (f" and {more} more" if more > 0 else "")
