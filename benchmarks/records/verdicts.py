"""Verdicts of the gate on disk, one file each.

    runs/gate/history/<started>-<revision>.json

MLflow is filled from these files (`benchmarks/tracking/gates.py`), and
`make trend` reads them.
"""

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.environment import files
from benchmarks.records.schema import plain
from benchmarks.records.verdict import Verdict

Gate = dict[str, Any]  # a Verdict, plain, with its `id`
logger = logging.getLogger("triptych.records")


def write(verdict: Verdict, runs: Path = Path("runs")) -> Path:
    """Write a verdict to its file, which is returned.

    Writing the same verdict twice changes nothing. Raises UserError where
    the disk is full or forbidden.
    """
    content = plain(verdict.plain())
    folder = place(runs)
    path = folder / f"{name(content)}.json"
    with files.disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        files.write_json(path, content)
    return path


def place(runs: Path) -> Path:
    """The folder of the files of one folder `runs`."""
    return runs / "gate" / "history"


def name(gate: Gate) -> str:
    """`20261124T101500-b41bcf7db41b`: time, and the head's revision."""
    moment = datetime.fromisoformat(gate["started"])
    revision = str(gate["head"]["revision"] or "unknown")[:12]
    return f"{moment:%Y%m%dT%H%M%S}-{revision}"


def all(runs: Path = Path("runs")) -> list[Gate]:
    """Every verdict that can be read, oldest first, each with its `id`.

    A broken file is ignored with a warning.
    """
    gates = []
    for path in sorted(place(runs).glob("*.json")):
        try:
            gate = Verdict.read(path).plain()
            datetime.fromisoformat(gate["started"])
            gates.append({**gate, "id": path.stem})
        except (OSError, ValueError) as error:
            logger.warning("ignored: %s is no gate (%s)", path, error)
    return sorted(gates, key=lambda gate: (gate["started"], gate["id"]))
