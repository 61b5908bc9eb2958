"""The interpreters that `make setup` installed the frameworks for."""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STAMP = Path(sys.prefix) / "triptych.json"  # see tools/setup.py


def accelerator(stamp: Path = STAMP) -> str:
    """cpu or cuda: what the frameworks were installed for."""
    return str(read(stamp).get("accelerator", "cpu"))


def interpreter(
    framework: str, stamp: Path = STAMP, root: Path = ROOT
) -> str | None:
    """The interpreter set up for a framework in `root`; None: its own."""
    path = read(stamp).get("interpreters", {}).get(framework)
    return str(root / path) if path else None


def read(stamp: Path = STAMP) -> dict[str, Any]:
    """The description of a finished set-up; {} where there is none."""
    try:
        return dict(json.loads(stamp.read_text()))
    except (OSError, ValueError):
        return {}
