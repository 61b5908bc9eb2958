"""The content of a trend, from which its page and its text are rendered."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from reports.blocks import Cell, Chart, Column, Group, Legend, Line, Table
from reports.results.format import (
    capital,
    decimals,
    fixed,
    listed,
    plural,
    tiny,
    word,
)
from reports.results.titles import workload_title
from reports.trend import changes, figures
from reports.trend.read import GATE, Kept
from reports.trend.series import Series, Step, measure

COLUMNS = [
    Column("Cell"),
    Column("Metric", number=False),
    Column("Since", number=False),
    Column("Revisions", number=False),
    Column("Level"),
    Column("Change", number=False),
    Column("p", "over all places"),
]
STYLES = {"good": "equivalent", "bad": "different"}
SHOWN = 4  # differences of two environments


@dataclass(frozen=True)
class Trend:
    """All series with their changes; missing: reasons by cell and metric."""

    kept: Kept
    metrics: list[str]
    series: list[Series]
    splits: list[Any]
    missing: dict[tuple[str, str], str]

    @property
    def steps(self) -> list[Step]:
        """Every change, the latest first."""
        steps = [step for own in self.series for step in own.steps]
        return sorted(steps, key=lambda step: step.after.when, reverse=True)

    @property
    def headline(self) -> str:
        """How many changes there are, in one line."""
        if not changes.available():
            many = plural(len(self.series), "series", "series")
            return f"{many}, not searched"
        searched = [series for series in self.series if not series.note]
        if not searched:
            return "Too little history to see a change"
        count = len(self.steps)
        return (
            f"{capital(word(count))} change point{'s' * (count != 1)} in"
            f" {plural(len(searched), 'series', 'series')} of at least"
            f" {changes.needed()} points"
        )

    @property
    def span(self) -> str:
        """`24 November 2026`, or the first and the last day."""
        days = [when for own in self.series for when in own.points["when"]]
        ends = dict.fromkeys([_day(min(days)), _day(max(days))])
        return " to ".join(ends)

    @property
    def notes(self) -> dict[str, list[str]]:
        """Title -> lines: what is not joined, not searched, skipped."""
        notes = {
            "Not joined": [
                f"{_title(split)}: since {_day(split.when)} measured with"
                f" {_differs(split)}. Earlier numbers are a series of their"
                f" own."
                for split in self.splits
            ],
            "Not searched": _unsearched(self.series),
            "Skipped files": self.kept.broken,
        }
        return {title: lines for title, lines in notes.items() if lines}

    @property
    def changes(self) -> Table:
        """One row per change, the latest first."""
        return Table(COLUMNS, [_line(step) for step in self.steps])

    @property
    def workloads(self) -> list[tuple[str, str, list[Group]]]:
        """Name, title and cells of each; a cell is a group of charts."""
        workloads = []
        for name, own in groupby(self.series, key=attrgetter("workload")):
            cells = [list(c) for _, c in groupby(own, attrgetter("setting"))]
            groups = [
                _group(self, f"{name}-{number}", cell)
                for number, cell in enumerate(cells)
            ]
            workloads.append((name, workload_title(name), groups))
        return workloads


def _title(cell: Any) -> str:
    return f"{workload_title(cell.workload)}, {cell.cell}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _differs(split: Any) -> str:
    """The first differences of an environment, and how many more."""
    rest = len(split.differs) - SHOWN
    more = [f"{rest} more"] if rest > 0 else []
    return listed([*split.differs[:SHOWN], *more])


def _unsearched(series: list[Series]) -> list[str]:
    """What could not be searched, by cell and reason."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for own in series:
        if own.note:
            where = f", environment {own.part + 1}" if own.part else ""
            where += ", gates" * (own.source == GATE)
            title = own.measure.title.lower()
            groups[_title(own) + where, own.note].append(title)
    return [
        f"{cell}: {note} ({listed(titles)})"
        for (cell, note), titles in groups.items()
    ]


def _line(step: Step) -> Line:
    shown, change = step.series.measure, step.change
    levels = [shown.factor * level for level in (change.before, change.after)]
    ends = [fixed(level, decimals(levels)) for level in levels]
    return Line(
        _title(step.series),
        [
            Cell(shown.title),
            Cell(f"{step.after.when:%Y-%m-%d %H:%M}"),
            Cell(f"{step.before.short} → {step.after.short}"),
            Cell(" → ".join(ends), shown.unit),
            Cell(
                f"{fixed(step.percent, 1, sign=True)} % {step.direction}",
                kind=STYLES.get(step.kind, "open"),
            ),
            Cell(tiny(change.p)),
        ],
        "head of gates" * (step.series.source == GATE),
    )


def _group(trend: Trend, id: str, own: list[Series]) -> Group:
    """The charts of one cell, one for each metric."""
    charts = []
    for metric in trend.metrics:
        series = [s for s in own if s.metric == metric]
        reason = trend.missing.get((own[0].setting, metric), "")
        name = f"{id}-{metric}"
        if series:
            title, caption = series[0].measure.title, _caption(series)
            charts.append(Chart(name, title, caption, figures.figure(series)))
        elif reason:
            title = measure(metric).title
            charts.append(Chart(name, title, reason=reason))
    return Group(charts, _legend(trend, own), title=own[0].cell)


def _legend(trend: Trend, own: list[Series]) -> list[Legend]:
    """An entry for each environment of a cell that has several."""
    texts = {
        split.part: f"from {_day(split.when)}: {_differs(split)}"
        for split in trend.splits
        if split.setting == own[0].setting
    }
    colors = {series.part: figures.color_of(series) for series in own}
    if len(colors) < 2:
        return []
    return [
        Legend(texts.get(part, "first environment"), own[0].framework, color)
        for part, color in sorted(colors.items())
    ]


def _caption(series: list[Series]) -> str:
    """Unit, number of points, and why no change was searched for."""
    count = sum(len(own.points) for own in series)
    text = f"In {series[0].measure.unit}: {plural(count, 'point')}"
    if len(series) > 1:
        text += f" in {len(series)} series"
    if changes.available() and all(own.note for own in series):
        note = series[0].note
        text += ", too few to search" if "points" in note else f", {note}"
    return f"{text}."
