"""gate.json read as a Verdict; refused by the name of the key.

Standard library only: the workflow that comments on a pull request installs
nothing.
"""

import json
from pathlib import Path
from typing import Any

from benchmarks.records.typed import Reader
from benchmarks.records.verdict import SCHEMA, Verdict

MAX_BYTES = 20_000_000


def read(path: Path) -> Verdict:
    """The verdict of a `gate.json`.

    Raises ValueError naming the key that is wrong, its value and what was
    expected, and OSError where the file cannot be opened.
    """
    with open(path, "rb") as handle:
        raw = handle.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ValueError(f"{path.name} has more than {MAX_BYTES:,} bytes")
    try:
        return load(json.loads(raw))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name} is not whole JSON: {error}") from error
    except RecursionError as error:
        raise ValueError(f"{path.name} is nested too deeply") from error


def load(content: Any) -> Verdict:
    """The verdict of parsed JSON. Raises ValueError."""
    reader = Reader("gate.json")
    if isinstance(content, dict) and content.get("schema") != SCHEMA:
        raise reader.wrong("schema", content.get("schema"), f"{SCHEMA}")
    verdict: Verdict = reader.read(Verdict, content)
    return verdict
