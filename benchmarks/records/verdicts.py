"""Verdicts of the gate on disk: one file each, which is the truth.

    runs/gate/history/<started>-<revision>.json

MLflow is filled from the files (`benchmarks/tracking/gates.py`), and
`make trend` reads them.
"""

import json
import logging
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.records import store, verdict_schema
from benchmarks.records.schema import plain
from benchmarks.records.verdict import Verdict

Gate = dict[str, Any]  # a Verdict, plain, with its `id`
logger = logging.getLogger("triptych.records")


def write(verdict: Verdict, runs: Path = Path("runs")) -> Path:
    """Write a verdict to its file, whole; returns the file.

    Writing the same one twice changes nothing. Raises UserError where the
    disk is full or forbidden.
    """
    content = plain(verdict.plain())
    folder = place(runs)
    path = folder / f"{name(content)}.json"
    with store.disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{path.stem}.{os.getpid()}"
        try:
            _write(temporary, json.dumps(content, indent=1, allow_nan=False))
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def place(runs: Path) -> Path:
    """The folder of the files of one folder `runs`."""
    return runs / "gate" / "history"


def name(gate: Gate) -> str:
    """`20261124T101500-b41bcf7db41b`: when, and the head's revision."""
    moment = datetime.fromisoformat(gate["started"])
    revision = str(gate["head"].get("revision") or "unknown")[:12]
    return f"{moment:%Y%m%dT%H%M%S}-{revision}"


def all(runs: Path = Path("runs")) -> list[Gate]:
    """Every kept gate that can be read, oldest first, each with its `id`.

    What is broken is named in a warning and left where it is.
    """
    found = []
    for path in sorted(place(runs).glob("*.json")):
        try:
            gate = verdict_schema.read(path).plain()
            datetime.fromisoformat(gate["started"])
            found.append({**gate, "id": path.stem})
        except OSError as error:
            logger.warning("ignored: %s cannot be read (%s)", path, error)
        except ValueError as error:
            logger.warning("ignored: %s is no gate (%s)", path, error)
    return sorted(found, key=lambda gate: (gate["started"], gate["id"]))


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
