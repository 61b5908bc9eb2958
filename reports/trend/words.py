"""Words of a trend: titles, directions of changes, what was not searched."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reports.results.columns import column
from reports.results.format import (
    MEASURES,
    STARTUP,
    Measure,
    decimals,
    fixed,
    listed,
    plural,
    word,
)
from reports.results.titles import framework_title, workload_title
from reports.trend import changes
from reports.trend.read import GATE
from reports.trend.series import Series, Split

# End of a metric's name -> what an increase is, and what a decrease is
DIRECTIONS = {
    "_per_second": ("faster", "slower"),
    "seconds": ("slower", "faster"),
    "milliseconds": ("slower", "faster"),
    "_bytes": ("more memory", "less memory"),
    "_accuracy": ("better", "worse"),
    "_loss": ("worse", "better"),
}
KINDS = dict.fromkeys(("faster", "less memory", "better"), "good")
KINDS |= dict.fromkeys(("slower", "more memory", "worse"), "bad")
SHOWN = 4  # differences of two environments


@dataclass(frozen=True)
class Step:
    """One change of a series; before, after: the points next to it."""

    series: Series
    change: changes.Change
    measure: Measure
    before: Any
    after: Any

    @property
    def percent(self) -> str:
        """`+3.2 %`"""
        return f"{fixed(100 * self.change.magnitude, 1, sign=True)} %"

    @property
    def direction(self) -> str:
        """`slower`, `more memory`; `higher` of a metric without a better."""
        up = self.change.magnitude > 0
        for end, (more, less) in DIRECTIONS.items():
            if self.series.metric.endswith(end):
                return more if up else less
        return "higher" if up else "lower"

    @property
    def kind(self) -> str:
        """good, bad or open"""
        return KINDS.get(self.direction, "open")

    @property
    def when(self) -> str:
        """The time of the first point of the new level, in ISO 8601."""
        return self.after.when.isoformat()

    @property
    def change_percent(self) -> float:
        """The change in per cent of the level before."""
        return round(100 * self.change.magnitude, 3)

    @property
    def levels(self) -> str:
        """Both levels in the unit of the measure: `19.0 → 17.1`"""
        ends = self.change.before, self.change.after
        scaled = [end * self.measure.factor for end in ends]
        places = decimals(scaled)
        return " → ".join(fixed(level, places) for level in scaled)


def steps(series: list[Series]) -> list[Step]:
    """Every change, the latest first."""
    steps = [
        Step(
            own,
            change,
            measure(own.metric, own.unit),
            own.points.loc[change.index - 1],
            own.points.loc[change.index],
        )
        for own in series
        for change in own.changes
    ]
    return sorted(steps, key=lambda step: step.after.when, reverse=True)


def measure(metric: str, unit: str) -> Measure:
    """How a metric is shown: as in the report, or by its own name."""
    name = column(metric, {metric: unit})
    for known in (*MEASURES, *STARTUP):
        if known.column == name:
            return Measure(
                name, _capital(known.title), known.unit, known.factor
            )
    title = metric.removesuffix(f"_{unit}").replace("_", " ")
    return Measure(name, _capital(title), unit)


def headline(series: list[Series]) -> str:
    """How many changes there are, in one line."""
    if not changes.available():
        return f"{plural(len(series), 'series', 'series')}, not searched"
    searched = [own for own in series if not own.note]
    if not searched:
        return "Too little history to see a change"
    count = sum(len(own.changes) for own in series)
    points = "change point" if count == 1 else "change points"
    return (
        f"{_capital(word(count))} {points} in"
        f" {plural(len(searched), 'series', 'series')} of at least"
        f" {changes.needed()} points"
    )


def span(series: list[Series]) -> str:
    """`24 November 2026`, or the first and the last day."""
    first = day(min(own.points["when"].min() for own in series))
    last = day(max(own.points["when"].max() for own in series))
    return first if first == last else f"{first} to {last}"


def day(moment: datetime) -> str:
    """`24 November 2026`"""
    return f"{moment.day} {moment:%B %Y}"


def split(split: Split) -> str:
    """Why the numbers of a cell are not one series."""
    return (
        f"{cell_title(split.cell)}: since {day(split.when)} measured with"
        f" {differs(split)}. Earlier numbers are a series of their own."
    )


def differs(split: Split) -> str:
    """The first differences of an environment, and how many more."""
    rest = len(split.differs) - SHOWN
    more = [f"{rest} more"] if rest > 0 else []
    return listed([*split.differs[:SHOWN], *more])


def notes(series: list[Series]) -> list[str]:
    """What could not be searched, by reason and cell."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for own in series:
        if own.note:
            where = f", environment {own.part + 1}" if own.part else ""
            where += ", gates" * (own.source == GATE)
            title = measure(own.metric, own.unit).title.lower()
            groups[cell_title(own.cell) + where, own.note].append(title)
    return [
        f"{cell}: {note} ({listed(titles)})"
        for (cell, note), titles in groups.items()
    ]


def cell_title(cell: str) -> str:
    """cnn torch eager -> CNN, PyTorch eager"""
    workload, framework, *rest = cell.split(" ")
    name = framework_title(framework)
    return f"{workload_title(workload)}, {' '.join([name, *rest])}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
