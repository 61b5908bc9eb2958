"""What CI sees of a gate: `gate.json`, `comment.md`, `junit.xml`.

    python -m benchmarks.gate.render.write reports/gate

prints a verdict that is there and leaves with its exit code: 0 nothing
regressed, 1 regressed, 2 could not be measured or told. `make` itself says
2 of everything that is not 0, so whoever needs the difference asks here.
"""

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.gate.render import comment, junit, terminal
from benchmarks.records import verdict_schema
from benchmarks.records.schema import plain
from benchmarks.records.store import disk
from benchmarks.records.verdict import Verdict
from benchmarks.records.verdict_schema import read

__all__ = ["forget", "lines", "main", "read", "write"]

FOLDER = Path("reports/gate")
# The order in which they are replaced: where gate.json is, all are
NAMES = ("junit.xml", "comment.md", "gate.json")


def write(verdict: Verdict, folder: Path = FOLDER) -> None:
    """Write the three files, each whole or not at all.

    Numbers that are not finite become null, differences of mathematics the
    largest number there is. Raises ValueError naming a key that is wrong,
    before anything is written, and UserError on a full disk.
    """
    known = verdict_schema.load(_plain(verdict))
    texts = {
        "gate.json": json.dumps(known.plain(), indent=1, allow_nan=False),
        "comment.md": comment.render(known),
        "junit.xml": junit.render(known),
    }
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            _replace(folder / name, texts[name].rstrip("\n") + "\n")


def forget(folder: Path = FOLDER) -> None:
    """Remove an earlier verdict: this gate may end without one."""
    for name in reversed(NAMES):
        (folder / name).unlink(missing_ok=True)


def lines(verdict: Verdict, folder: Path = FOLDER) -> list[str]:
    """Lines for the terminal: see `benchmarks.gate.render.terminal`."""
    return terminal.lines(verdict_schema.load(_plain(verdict)), folder)


def _plain(verdict: Verdict) -> dict[str, Any]:
    """In JSON's types. Raises ValueError naming what is of no such type."""
    raw = verdict.plain()
    for cell in raw["cells"]:
        if told := cell["mathematics"]:
            told["largest"] = _limited(told["largest"])
            told["differences"] = {
                stage: _limited(value)
                for stage, value in told["differences"].items()
            }
    found: dict[str, Any] = plain(raw)
    return found


def _limited(value: float | None) -> float | None:
    """JSON knows no infinity; whatever is no number differs that much."""
    if value is None or math.isfinite(value):
        return value
    return sys.float_info.max


def _replace(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of one."""
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        with open(temporary, "w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """Print the verdict of a folder; its exit code."""
    folder = Path(arguments[0]) if arguments else FOLDER
    path = folder / "gate.json"
    try:
        verdict = read(path)
    except FileNotFoundError:
        print(f"{path} is not there: the gate said nothing", file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines(verdict, folder)))
    return verdict.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
