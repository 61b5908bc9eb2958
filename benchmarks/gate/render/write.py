"""The files of a gate: `gate.json`, `comment.md`, `junit.xml`."""

from pathlib import Path

from benchmarks.environment import files
from benchmarks.gate.render import comment, junit, terminal
from benchmarks.records.schema import plain
from benchmarks.records.verdict import Verdict

FOLDER = Path("reports/gate")
# In the order of writing: where gate.json is, all are
NAMES = ("junit.xml", "comment.md", "gate.json")


def write(verdict: Verdict, folder: Path = FOLDER) -> None:
    """Write the three files, each whole or not at all.

    Numbers that are not finite become null. Raises ValueError naming a key
    that is wrong, before anything is written, and UserError on a full disk.
    """
    checked = _checked(verdict)
    with files.disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        files.write_text(folder / "junit.xml", junit.render(checked))
        files.write_text(folder / "comment.md", comment.render(checked))
        files.write_json(folder / "gate.json", checked.plain())


def forget(folder: Path = FOLDER) -> None:
    """Remove an earlier verdict: a gate may end without one."""
    for name in reversed(NAMES):
        (folder / name).unlink(missing_ok=True)


def lines(verdict: Verdict, folder: Path = FOLDER) -> list[str]:
    """Lines for the terminal: see `benchmarks.gate.render.terminal`."""
    return terminal.lines(_checked(verdict), folder)


def _checked(verdict: Verdict) -> Verdict:
    """As it will be read again. Raises ValueError."""
    return Verdict.load(plain(verdict.plain()))
