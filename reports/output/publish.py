"""Published sets: what a bench measured, kept in git with its records.

reports/published/<name>/report.md, results.csv      to be read
reports/published/<name>/records/<id>/record.json    to be reproduced
reports/published/<name>/manifest.json               digests of them all
"""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from benchmarks.errors import UserError
from benchmarks.records import checksums
from benchmarks.records import store as record
from reports.html import parity
from reports.markdown import report
from reports.results import frame, grouping

PUBLISHED = Path("reports/published")
LATEST = Path("reports/latest")
Record = dict[str, Any]


def publish(
    name: str,
    invocation: str | None = None,
    store: str | None = None,
    runs: Path = Path("runs"),
    published: Path = PUBLISHED,
    tables: bool = False,
) -> Path:
    """Put a call of the bench (the latest) among the published sets.

    Its finished records go along without logs, and without what is of this
    machine's folders; `tables`: they do not, since curves of many phases are
    megabytes. Returns the new folder, made whole or not at all.
    Raises UserError for a name that is taken, a record that is lost or was
    tampered with.
    """
    place = published / name
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise UserError(f"NAME={name}: expected letters, digits and dashes.")
    if place.exists():
        raise UserError(
            f"{place} is there already, and what is published stays as it"
            f" is. Expected another name."
        )
    bench = frame.load(invocation, store, runs)
    kept = [_checked(runs / "records" / one) for one in bench.cells["record"]]
    draft = published / f".{name}.{os.getpid()}"
    try:
        with record.disk(published):
            draft.mkdir(parents=True)
            words = report.report(
                bench, grouping.workloads(bench), parity.read(LATEST)
            )
            bench.cells.to_csv(draft / "results.csv", index=False)
            (draft / "report.md").write_text(words, "utf-8")
            for entry in kept:
                if entry["status"] == "finished" and not tables:
                    _keep(draft / "records" / entry["id"], entry)
            told = {part: bench.call[part] for part in ("suite", "started")}
            about = {"name": name, "invocation": bench.call["id"], **told}
            if not tables:  # of which a row is rebuilt from conf/
                checksums.write_manifest(draft, about)
            draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return place


def without_places(entry: Record) -> Record:
    """A record that tells nothing of this machine's folders.

    The key stays true: where data and interpreters lie decides nothing.
    """
    framework = entry["cell"]["framework"] | {"python": None}
    source = (entry["data"].get("source") or "").partition(" in ")[0]
    found = entry | {
        "cell": entry["cell"] | {"framework": framework},
        "data": entry["data"] | {"source": source},
        "log_tail": None,
    }
    text = json.dumps(found)
    for folder, sign in ((Path.cwd(), "."), (Path.home(), "~")):
        if len(folder.parts) > 1:
            text = text.replace(json.dumps(str(folder))[1:-1], sign)
    return dict(json.loads(text))


def _checked(folder: Path) -> Record:
    entry = record.read(folder)
    if entry is None:
        raise UserError(
            f"{folder}: no record that can be used. Records are published"
            f" from where they were measured."
        )
    problems = checksums.check(folder, entry).problems
    if problems:
        raise UserError(
            f"{entry['id']} was tampered with and is not published:"
            f" {'; '.join(problems)}"
        )
    return entry


def _keep(folder: Path, entry: Record) -> None:
    folder.mkdir(parents=True)
    entry = without_places(entry)
    text = json.dumps(entry, separators=(",", ":"), allow_nan=False)
    (folder / checksums.RECORD).write_text(text + "\n", "utf-8")
    sealed = json.dumps(checksums.content(folder, entry), separators=(",", ":"))
    (folder / checksums.SEAL).write_text(sealed + "\n", "utf-8")
