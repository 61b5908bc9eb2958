"""The interpreters that `make setup` installed the frameworks for."""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STAMP = Path(sys.prefix) / "triptych.json"  # see tools/setup.py


def accelerator(stamp: Path = STAMP) -> str:
    """cpu or cuda: what the frameworks were installed for."""
    return str(_stamp(stamp).get("accelerator", "cpu"))


def interpreter(framework: str, stamp: Path = STAMP) -> str | None:
    """The interpreter set up for a framework; None: this one."""
    # The book's program is Keras on TensorFlow
    name = "tensorflow" if framework == "slide" else framework
    path = _stamp(stamp).get("interpreters", {}).get(name)
    return str(ROOT / path) if path else None


def _stamp(stamp: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(stamp.read_text()))
    except (OSError, ValueError):
        return {}  # not an environment of `make setup`: everything is here
