"""`parity.json`, where `make parity` left it beside the report."""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.figures.bars import Figure, layout
from reports.results.format import tiny
from reports.results.titles import MODEL_ORDER, RUNGS, colour, mark

KEYS = ("model", "rung", "left", "right", "precision", "array")
ZERO = 1e-18  # where exact agreement is drawn on a logarithmic axis
FAILED = 1e300  # a column that failed differs by the largest number there is
EDGE = 10.0  # and is drawn here
logger = logging.getLogger("triptych.reports")


@dataclass(frozen=True)
class Largest:
    """The largest difference of one model and rung in one precision.

    `bound` is None where none has been measured yet: nothing is judged.
    """

    error: float
    bound: float | None
    pairs: int
    left: str
    right: str
    array: str
    over: int  # how many pairs are beyond the bound

    @property
    def holds(self) -> bool:
        """Whether every pair is within the bound."""
        return self.over == 0


def read(folder: Path) -> list[dict[str, Any]]:
    """The entries of `parity.json`; none where it is absent or broken."""
    path = folder / "parity.json"
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_bytes())
        return [_checked(entry) for entry in entries]
    except (OSError, ValueError, TypeError, KeyError) as error:
        logger.warning("ignored: %s is no parity result (%s)", path, error)
        return []


def models(entries: list[dict[str, Any]]) -> list[str]:
    """The models compared, in the order of the chapter."""
    found = {entry["model"] for entry in entries}
    known = [name for name in MODEL_ORDER if name in found]
    return known + sorted(found - set(known))


def rungs(entries: list[dict[str, Any]]) -> list[int]:
    """The rungs of the ladder that were climbed."""
    return sorted({entry["rung"] for entry in entries})


def precisions(entries: list[dict[str, Any]]) -> list[str]:
    """float64 first: its gate is the one that finds every defect."""
    found = {entry["precision"] for entry in entries}
    return sorted(found, key=lambda name: (name != "float64", name))


def largest(
    entries: Iterable[dict[str, Any]],
    precision: str,
    model: str | None = None,
    rung: int | None = None,
) -> Largest | None:
    """The pair that comes nearest to its bound, or goes beyond it."""
    some = [
        entry
        for entry in entries
        if entry["precision"] == precision
        and model in (None, entry["model"])
        and rung in (None, entry["rung"])
    ]
    if not some:
        return None
    worst = max(some, key=lambda entry: (_share(entry), entry["error"]))
    return Largest(
        worst["error"],
        worst["bound"],
        len(some),
        worst["left"],
        worst["right"],
        worst["array"],
        sum(not _within(entry) for entry in some),
    )


def shown(error: float) -> str:
    """A difference in two figures; `failed` where there is none."""
    return "failed" if error >= FAILED else tiny(error)


def limit(bound: float | None) -> str:
    """A bound in words."""
    return "no bound measured" if bound is None else f"bound {tiny(bound)}"


def figure(entries: list[dict[str, Any]]) -> Figure | None:
    """float64 differences of every pair on a logarithmic axis."""
    some = [entry for entry in entries if entry["precision"] == "float64"]
    if not some:
        return None
    names = rungs(some)
    lefts = sorted({entry["left"] for entry in some})
    traces = [_points(some, left, names) for left in lefts]
    title = "largest difference, relative to the array's largest entry"
    plan = layout(len(names), title, type="log", exponentformat="power")
    plan["yaxis"] |= {
        "tickvals": list(range(len(names))),
        "ticktext": [_rung(name) for name in names],
    }
    bounds = sorted({entry["bound"] for entry in some if entry["bound"]})
    plan["shapes"] = [_bound(bound) for bound in bounds]
    return {"data": traces, "layout": plan}


def _points(
    some: list[dict[str, Any]], left: str, names: list[int]
) -> dict[str, Any]:
    own = [entry for entry in some if entry["left"] == left]
    lefts = sorted({entry["left"] for entry in some})
    shift = (lefts.index(left) / max(len(lefts) - 1, 1) - 0.5) * 0.4
    return {
        "type": "scatter",
        "mode": "markers",
        "name": left,
        "x": [min(max(entry["error"], ZERO), EDGE) for entry in own],
        "y": [names.index(entry["rung"]) + shift for entry in own],
        "text": [_words(entry) for entry in own],
        "marker": {
            "color": colour(left.split("-")[0]),
            "symbol": mark(left.split("-")[0]),
            "size": 9,
            "opacity": 0.75,
        },
        "hovertemplate": "%{text}<extra></extra>",
    }


def _words(entry: dict[str, Any]) -> str:
    return (
        f"<b>{entry['model']}</b>: {entry['left']} and {entry['right']}"
        f"<br>{entry['array']}: {shown(entry['error'])},"
        f" {limit(entry['bound'])}"
    )


def _bound(bound: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": bound,
        "x1": bound,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": "var(--bad)", "width": 1.5, "dash": "dot"},
    }


def _rung(rung: int) -> str:
    return f"{rung}  {RUNGS.get(rung, '')}"


def _share(entry: dict[str, Any]) -> float:
    """How much of its bound an error uses up."""
    error, bound = entry["error"], entry["bound"]
    if bound is None or error == 0:
        return 0.0
    return error / bound if bound else float("inf")


def _within(entry: dict[str, Any]) -> bool:
    return entry["bound"] is None or bool(entry["error"] <= entry["bound"])


def _checked(entry: dict[str, Any]) -> dict[str, Any]:
    whole = {key: entry[key] for key in KEYS}
    whole["rung"] = int(whole["rung"])
    whole["error"] = float(entry["error"])
    bound = entry["bound"]
    whole["bound"] = None if bound is None else float(bound)
    return whole
