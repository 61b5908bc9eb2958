"""Numerical parity: the differences that `make parity` wrote as JSON."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.parity.case import CHECKS
from reports.blocks import Cell, Chart, Column, Figure, Line, Section, Table
from reports.figures.parts import layout, vertical
from reports.results.format import NONE, capital, tiny
from reports.results.titles import color, mark, workload_order, workload_title

FLOAT64 = "float64"  # the precision whose bounds are the narrow ones
ZERO = 1e-18  # where exact agreement is drawn on a logarithmic axis
FAILED = 1e300  # an implementation that failed differs by more than this
EDGE = 10.0  # where such a difference is drawn
TEXT = (
    "Every implementation gets the same parameters and batches; its results are"
    " compared with the reference implementation and with the other frameworks:"
    " {} comparisons. Numbers are the largest difference, relative to the"
    " largest entry of its array."
)
CAPTION = (
    "Each dot is a comparison; exact agreement is drawn at 10⁻¹⁸. Dotted: the"
    " bound."
)
logger = logging.getLogger("triptych.reports")


@dataclass(frozen=True)
class Difference:
    """The largest difference of two implementations in one check.

    error: relative to the largest entry of the array. bound: None where none
    is measured; such a difference always holds.
    """

    model: str
    check: str
    left: str
    right: str
    precision: str
    array: str
    error: float
    bound: float | None

    @property
    def holds(self) -> bool:
        """Whether it is within the bound."""
        return self.bound is None or self.error <= self.bound

    @property
    def share(self) -> float:
        """The error as a fraction of its bound."""
        if self.bound is None or self.error == 0:
            return 0.0
        return self.error / self.bound if self.bound else float("inf")

    @property
    def size(self) -> str:
        """The error in two figures; `failed` where there is none."""
        return "failed" if self.error >= FAILED else tiny(self.error)

    @property
    def limit(self) -> str:
        """The bound in words."""
        if self.bound is None:
            return "no bound measured"
        return f"bound {tiny(self.bound)}"


def read(folder: Path) -> list[Difference]:
    """The content of `parity.json`; none where it is absent or broken."""
    path = folder / "parity.json"
    if not path.is_file():
        return []
    try:
        return [Difference(**entry) for entry in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError) as error:
        logger.warning("ignored: %s is no parity result (%s)", path, error)
        return []


def largest(differences: Iterable[Difference]) -> Difference:
    """The one that is nearest to its bound, or farthest beyond it."""
    return max(differences, key=lambda own: (own.share, own.error))


def section(differences: list[Difference]) -> Section | None:
    """The differences as a chart and a table; None where there are none."""
    if not differences:
        return None
    chart = Chart(
        "parity",
        "float64 differences of every pair",
        CAPTION,
        _figure([own for own in differences if own.precision == FLOAT64]),
        wide=True,
    )
    return Section(
        "parity",
        "Numerical parity",
        [TEXT.format(len(differences))],
        [chart],
        [_table(differences)],
    )


def _table(differences: list[Difference]) -> Table:
    """One row per check, one column per model and precision."""
    cells = defaultdict(list)
    for own in differences:
        cells[own.check, own.model, own.precision].append(own)
    kinds = sorted(
        {own.precision for own in differences},
        key=lambda kind: (kind != FLOAT64, kind),
    )
    models = sorted({own.model for own in differences}, key=workload_order)
    columns = [(model, kind) for model in models for kind in kinds]
    lines = [
        Line(
            capital(check),
            [_cell(cells[check, model, kind]) for model, kind in columns],
        )
        for check in _checks(differences)
    ]
    heads = [Column(workload_title(model), kind) for model, kind in columns]
    ranges = [f"{kind} {_bounds(differences, kind)}" for kind in kinds]
    remark = f"Bounds: {'; '.join(ranges)}. Marked: beyond the bound."
    return Table([Column("Largest difference"), *heads], lines, remark)


def _checks(differences: list[Difference]) -> list[str]:
    """The checks that were run, in their order."""
    names = {own.check for own in differences}
    return [name for name in CHECKS if name in names]


def _cell(compared: list[Difference]) -> Cell:
    if not compared:
        return Cell(NONE, tip="not compared")
    worst = largest(compared)
    tip = f"{worst.left} and {worst.right}, {worst.array}, {worst.limit}"
    tip += f", {len(compared)} comparisons"
    return Cell(worst.size, kind="" if worst.holds else "over", tip=tip)


def _bounds(differences: list[Difference], kind: str) -> str:
    """The smallest and the largest bound of one precision."""
    own = [d.bound for d in differences if d.precision == kind]
    bounds = [bound for bound in own if bound is not None]
    if not bounds:
        return "none measured"
    low, high = tiny(min(bounds)), tiny(max(bounds))
    return low if low == high else f"{low} to {high}"


def _figure(differences: list[Difference]) -> Figure | None:
    """Every pair on a logarithmic axis, implementations side by side."""
    if not differences:
        return None
    checks = _checks(differences)
    lefts = sorted({own.left for own in differences})
    title = "largest difference, relative to the array's largest entry"
    plan = layout(len(checks), title, type="log", exponentformat="power")
    plan["yaxis"] |= {
        "tickvals": list(range(len(checks))),
        "ticktext": [*map(capital, checks)],
    }
    bounds = {own.bound for own in differences if own.bound}
    plan["shapes"] = [vertical(at, "var(--bad)") for at in sorted(bounds)]
    traces = []
    for number, left in enumerate(lefts):
        shift = (number / max(len(lefts) - 1, 1) - 0.5) * 0.4
        shown = [own for own in differences if own.left == left]
        traces.append(_points(left, shift, shown, checks))
    return {"data": traces, "layout": plan}


def _points(
    left: str, shift: float, shown: list[Difference], checks: list[str]
) -> dict[str, Any]:
    """The marks of one implementation, shifted apart from the others'."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": left,
        "x": [min(max(own.error, ZERO), EDGE) for own in shown],
        "y": [checks.index(own.check) + shift for own in shown],
        "text": [
            f"<b>{own.model}</b>: {own.left} and {own.right}<br>{own.array}:"
            f" {own.size}, {own.limit}"
            for own in shown
        ],
        "marker": {
            "color": color(left.split("-")[0]),
            "symbol": mark(left.split("-")[0]),
            "size": 9,
            "opacity": 0.75,
        },
        "hovertemplate": "%{text}<extra></extra>",
    }
