"""A trend in words: measures, directions, what is and is not known."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from reports.results.format import (
    MEASURES,
    STARTUP,
    Measure,
    decimals,
    fixed,
    listed,
    plural,
    tiny,
    word,
)
from reports.results.frame import column
from reports.results.titles import framework_title, model_title
from reports.trend import changes as trend_changes
from reports.trend.changes import Change
from reports.trend.read import BENCH
from reports.trend.series import Point, Series, Split

# End of a metric's name -> what more of it, and what less of it is
DIRECTIONS = {
    "_per_second": ("faster", "slower"),
    "seconds": ("slower", "faster"),
    "milliseconds": ("slower", "faster"),
    "_bytes": ("more memory", "less memory"),
    "_accuracy": ("better", "worse"),
    "_loss": ("worse", "better"),
}
SHOWN = 4  # differences of two environments
GOOD = ("faster", "less memory", "better")
BAD = ("slower", "more memory", "worse")


@dataclass(frozen=True)
class Told:
    """One change of a series, ready to be shown."""

    series: Series
    change: Change
    measure: Measure
    last: Point  # of the level before
    first: Point  # of the level after

    @property
    def percent(self) -> str:
        """`+3.2 %`"""
        return f"{fixed(100 * self.change.magnitude, 1, sign=True)} %"

    @property
    def direction(self) -> str:
        """`slower`, `more memory`; `higher` where nothing is known."""
        return direction(self.series.metric, self.change.magnitude)

    @property
    def kind(self) -> str:
        """good, bad or open: which way it is."""
        if self.direction in GOOD:
            return "good"
        return "bad" if self.direction in BAD else "open"

    @property
    def levels(self) -> tuple[str, str]:
        """Both levels in the unit of the measure."""
        ends = self.change.before, self.change.after
        scaled = [end * self.measure.factor for end in ends]
        places = decimals(scaled)
        return fixed(scaled[0], places), fixed(scaled[1], places)

    @property
    def chance(self) -> str:
        """The p-value, over all places at which it might have been."""
        return tiny(self.change.p)


def measure(metric: str, unit: str) -> Measure:
    """How a metric is shown: as the report does, or by its own name."""
    name = column(metric, {metric: unit})
    for one in (*MEASURES, *STARTUP):
        if one.column == name:
            title = one.title[0].upper() + one.title[1:]
            return Measure(name, title, one.unit, one.factor)
    words = metric.removesuffix(f"_{unit}").replace("_", " ")
    return Measure(name, words[0].upper() + words[1:], unit)


def direction(metric: str, step: float) -> str:
    """What a step up or down of a metric means."""
    for end, (more, less) in DIRECTIONS.items():
        if metric.endswith(end):
            return more if step > 0 else less
    return "higher" if step > 0 else "lower"


def told(found: list[Series]) -> list[Told]:
    """Every change, the latest first."""
    every = [
        Told(
            one,
            change,
            measure(one.metric, one.unit),
            one.points[change.index - 1],
            one.points[change.index],
        )
        for one in found
        for change in one.changes
    ]
    return sorted(every, key=lambda one: one.first.when, reverse=True)


def headline(found: list[Series]) -> str:
    """What was found, in one line."""
    changes = sum(len(one.changes) for one in found)
    searched = [one for one in found if one.note is None]
    if not trend_changes.available():
        return f"{plural(len(found), 'series', 'series')}, not searched"
    if not searched:
        return "Too little history to see a change"
    among = f"in {plural(len(searched), 'series', 'series')}"
    among += f" of at least {trend_changes.needed()} points"
    if not changes:
        return f"No change points {among}"
    many = word(changes)
    points = "change point" if changes == 1 else "change points"
    return f"{many[0].upper()}{many[1:]} {points} {among}"


def span(found: list[Series]) -> str:
    """`24 November 2026`, or from when until when."""
    moments = [point.when for one in found for point in one.points]
    first, last = day(min(moments)), day(max(moments))
    return first if first == last else f"{first} to {last}"


def day(moment: datetime) -> str:
    """`24 November 2026`"""
    return f"{moment.day} {moment:%B %Y}"


def split_words(one: Split) -> str:
    """Why a series was not joined, in a sentence."""
    return (
        f"{cell_title(one.cell)}: from {day(one.when)} on measured with"
        f" {differs(one)}. What came before is a series of its own."
    )


def differs(one: Split) -> str:
    """What differs, in words; another machine differs in too much."""
    rest = len(one.differs) - SHOWN
    more = [f"{rest} more"] if rest > 0 else []
    return listed([*one.differs[:SHOWN], *more])


def notes(found: list[Series]) -> list[str]:
    """What could not be searched, by reason and cell."""
    groups: dict[tuple[str, str, int, str], list[str]] = defaultdict(list)
    for one in found:
        if one.note:
            key = one.cell, one.source, one.part, one.note
            title = measure(one.metric, one.unit).title.lower()
            groups[key].append(title)
    lines = []
    for (cell, source, part, note), titles in groups.items():
        where = f", environment {part + 1}" if part else ""
        by = "" if source == BENCH else ", gates"
        lines.append(
            f"{cell_title(cell)}{where}{by}: {note} ({listed(titles)})"
        )
    return lines


def cell_title(cell: str) -> str:
    """cnn torch eager -> CNN, PyTorch eager"""
    workload, framework, *rest = cell.split(" ")
    name = framework_title(framework)
    return f"{model_title(workload)}, {' '.join([name, *rest])}"
