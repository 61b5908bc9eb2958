"""The files of a gate: `gate.json`, `comment.md`, `junit.xml`."""

from pathlib import Path

from benchmarks.environment import files
from benchmarks.gate.render import comment, junit
from benchmarks.records.schema import plain
from benchmarks.records.verdict import Verdict


def write(verdict: Verdict, folder: Path) -> Verdict:
    """Write the three files, each whole or not at all.

    Returns the verdict as it will be read again: numbers that are not finite
    are null. Raises ValueError naming a key that is wrong, before anything
    is written, and UserError on a full disk.
    """
    checked = Verdict.load(plain(verdict.plain()))
    with files.disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        files.write_text(folder / "junit.xml", junit.render(checked))
        files.write_text(folder / "comment.md", comment.render(checked))
        files.write_json(folder / "gate.json", checked.plain())
    return checked


def forget(folder: Path) -> None:
    """Remove an earlier verdict: a gate may end without one."""
    # gate.json first: where it is, all are
    for name in ("gate.json", "comment.md", "junit.xml"):
        (folder / name).unlink(missing_ok=True)
