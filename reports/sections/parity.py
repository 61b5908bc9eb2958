"""Numerical parity: the differences that `make parity` wrote as JSON."""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.parity.case import CHECKS
from reports.blocks import Cell, Chart, Column, Line, Section, Table
from reports.figures.bars import Figure, layout
from reports.results.format import NONE, tiny
from reports.results.titles import (
    colour,
    mark,
    workload_order,
    workload_title,
)

KEYS = ("model", "check", "left", "right", "precision", "array")
ZERO = 1e-18  # where exact agreement is drawn on a logarithmic axis
FAILED = 1e300  # an implementation that failed differs by more than this
EDGE = 10.0  # where such a difference is drawn
Entry = dict[str, Any]
logger = logging.getLogger("triptych.reports")


@dataclass(frozen=True)
class Largest:
    """The largest difference of one model and check in one precision.

    bound: None where none is measured; such a difference always holds.
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


def read(folder: Path) -> list[Entry]:
    """The entries of `parity.json`; none where it is absent or broken."""
    path = folder / "parity.json"
    if not path.is_file():
        return []
    try:
        return [_checked(entry) for entry in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError, KeyError) as error:
        logger.warning("ignored: %s is no parity result (%s)", path, error)
        return []


def section(entries: list[Entry]) -> Section | None:
    """The differences as a chart and a table; None where there are none."""
    if not entries:
        return None
    text = (
        "Every implementation gets the same parameters and batches; its"
        " results are compared with the reference implementation and with the"
        f" other frameworks: {len(entries)} comparisons. Numbers are the"
        " largest difference, relative to the largest entry of its array."
    )
    caption = "Each dot is a comparison; exact agreement is drawn at 10⁻¹⁸."
    chart = Chart(
        "parity",
        "float64 differences of every pair",
        f"{caption} Dotted: the bound.",
        figure(entries),
        wide=True,
    )
    title = "Numerical parity"
    return Section("parity", title, [text], [chart], [table(entries)])


def table(entries: list[Entry]) -> Table:
    """One row per check, one column per model and precision."""
    kinds = precisions(entries)
    columns = [(name, kind) for name in models(entries) for kind in kinds]
    lines = [
        Line(
            _title(check),
            [_cell(entries, kind, name, check) for name, kind in columns],
        )
        for check in checks(entries)
    ]
    heads = [Column(workload_title(name), kind) for name, kind in columns]
    bounds = "; ".join(f"{kind} {_bounds(entries, kind)}" for kind in kinds)
    remark = f"Bounds: {bounds}. Marked: beyond the bound."
    return Table([Column("Largest difference"), *heads], lines, remark)


def models(entries: list[Entry]) -> list[str]:
    """The models compared, in the order of the chapter."""
    names = {entry["model"] for entry in entries}
    return sorted(names, key=workload_order)


def checks(entries: list[Entry]) -> list[str]:
    """The checks that were run, in their order."""
    names = {entry["check"] for entry in entries}
    return [name for name in CHECKS if name in names]


def precisions(entries: list[Entry]) -> list[str]:
    """float64 first: its bounds are the narrow ones."""
    names = {entry["precision"] for entry in entries}
    return sorted(names, key=lambda name: (name != "float64", name))


def largest(
    entries: Iterable[Entry],
    precision: str,
    model: str | None = None,
    check: str | None = None,
) -> Largest | None:
    """The pair that is nearest to its bound, or farthest beyond it."""
    own = [
        entry
        for entry in entries
        if entry["precision"] == precision
        and model in (None, entry["model"])
        and check in (None, entry["check"])
    ]
    if not own:
        return None
    worst = max(own, key=lambda entry: (_share(entry), entry["error"]))
    return Largest(
        worst["error"],
        worst["bound"],
        len(own),
        worst["left"],
        worst["right"],
        worst["array"],
        sum(not _within(entry) for entry in own),
    )


def difference(error: float) -> str:
    """A difference in two figures; `failed` where there is none."""
    return "failed" if error >= FAILED else tiny(error)


def limit(bound: float | None) -> str:
    """A bound in words."""
    return "no bound measured" if bound is None else f"bound {tiny(bound)}"


def figure(entries: list[Entry]) -> Figure | None:
    """float64 differences of every pair on a logarithmic axis."""
    own = [entry for entry in entries if entry["precision"] == "float64"]
    if not own:
        return None
    names = checks(own)
    lefts = sorted({entry["left"] for entry in own})
    traces = [_points(own, left, lefts, names) for left in lefts]
    title = "largest difference, relative to the array's largest entry"
    plan = layout(len(names), title, type="log", exponentformat="power")
    plan["yaxis"] |= {
        "tickvals": list(range(len(names))),
        "ticktext": [_title(name) for name in names],
    }
    bounds = sorted({entry["bound"] for entry in own if entry["bound"]})
    line = {"color": "var(--bad)", "width": 1.5, "dash": "dot"}
    shape = {"type": "line", "y0": 0, "y1": 1, "yref": "paper", "line": line}
    plan["shapes"] = [{**shape, "x0": at, "x1": at} for at in bounds]
    return {"data": traces, "layout": plan}


def _points(
    entries: list[Entry], left: str, lefts: list[str], names: list[str]
) -> dict[str, Any]:
    """The marks of one implementation, apart from those of the others."""
    own = [entry for entry in entries if entry["left"] == left]
    shift = (lefts.index(left) / max(len(lefts) - 1, 1) - 0.5) * 0.4
    return {
        "type": "scatter",
        "mode": "markers",
        "name": left,
        "x": [min(max(entry["error"], ZERO), EDGE) for entry in own],
        "y": [names.index(entry["check"]) + shift for entry in own],
        "text": [f"<b>{entry['model']}</b>: {_pair(entry)}" for entry in own],
        "marker": {
            "color": colour(left.split("-")[0]),
            "symbol": mark(left.split("-")[0]),
            "size": 9,
            "opacity": 0.75,
        },
        "hovertemplate": "%{text}<extra></extra>",
    }


def _pair(entry: Entry) -> str:
    return (
        f"{entry['left']} and {entry['right']}<br>{entry['array']}:"
        f" {difference(entry['error'])}, {limit(entry['bound'])}"
    )


def _cell(entries: list[Entry], kind: str, model: str, check: str) -> Cell:
    worst = largest(entries, kind, model, check)
    if worst is None:
        return Cell(NONE, tip="not compared")
    tip = f"{worst.left} and {worst.right}, {worst.array}"
    tip += f", {limit(worst.bound)}, {worst.pairs} comparisons"
    over = "" if worst.holds else "over"
    return Cell(difference(worst.error), kind=over, tip=tip)


def _title(check: str) -> str:
    return check[0].upper() + check[1:]


def _bounds(entries: list[Entry], kind: str) -> str:
    own = [entry["bound"] for entry in entries if entry["precision"] == kind]
    bounds = [bound for bound in own if bound is not None]
    if not bounds:
        return "none measured"
    low, high = tiny(min(bounds)), tiny(max(bounds))
    return low if low == high else f"{low} to {high}"


def _share(entry: Entry) -> float:
    """The error as a fraction of its bound."""
    error, bound = entry["error"], entry["bound"]
    if bound is None or error == 0:
        return 0.0
    return error / bound if bound else float("inf")


def _within(entry: Entry) -> bool:
    return entry["bound"] is None or bool(entry["error"] <= entry["bound"])


def _checked(entry: Entry) -> Entry:
    """The keys of an entry that the report uses, with their types.

    Raises KeyError, TypeError or ValueError for anything else.
    """
    bound = entry["bound"]
    return {key: entry[key] for key in KEYS} | {
        "error": float(entry["error"]),
        "bound": None if bound is None else float(bound),
    }
