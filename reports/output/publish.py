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

from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.records import checksums
from benchmarks.records import store as records
from reports.markdown import document as markdown
from reports.sections.report import load

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
    """Publish a call of the bench, the latest by default.

    Its finished records are included, without logs and without the names of
    this machine's folders. tables: leave the records out, since curves of
    many phases are megabytes. Returns the new folder, which is renamed into
    place when it is complete.

    Raises UserError for a name that is taken, and for a record that is
    missing or was edited.
    """
    place = published / name
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise UserError(f"NAME={name}: expected letters, digits and dashes.")
    if place.exists():
        raise UserError(
            f"{place} is there already, and a published set is never changed:"
            f" expected another name."
        )
    report, bench = load(invocation, store, runs, LATEST)
    kept = [_checked(runs / "records" / id) for id in bench.cells["record"]]
    draft = published / f".{name}.{os.getpid()}"
    try:
        with files.disk(published):
            draft.mkdir(parents=True)
            text = markdown.render("report.md", report=report)
            bench.cells.to_csv(draft / "results.csv", index=False)
            (draft / "report.md").write_text(text, "utf-8")
            for entry in kept:
                if entry["status"] == "finished" and not tables:
                    _keep(draft / "records" / entry["id"], entry)
            about = {"name": name, "invocation": bench.call["id"]}
            about |= {key: bench.call[key] for key in ("suite", "started")}
            if not tables:  # without records, rows are rebuilt from conf/
                checksums.write_manifest(draft, about)
            draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return place


def without_places(entry: Record) -> Record:
    """A record without the names of this machine's folders.

    Its key stays valid: it does not cover where data and interpreters are.
    """
    framework = entry["cell"]["framework"] | {"python": None}
    source = (entry["data"].get("source") or "").partition(" in ")[0]
    public = entry | {
        "cell": entry["cell"] | {"framework": framework},
        "data": entry["data"] | {"source": source},
        "log_tail": None,
    }
    text = json.dumps(public)
    for folder, sign in ((Path.cwd(), "."), (Path.home(), "~")):
        if len(folder.parts) > 1:
            text = text.replace(json.dumps(str(folder))[1:-1], sign)
    return dict(json.loads(text))


def _checked(folder: Path) -> Record:
    entry = records.read(folder)
    if entry is None:
        raise UserError(
            f"{folder}: no usable record. Publish on the machine that measured"
            f" it."
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
    (folder / checksums.FILE).write_text(sealed + "\n", "utf-8")
