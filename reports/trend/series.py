"""Series of a trend: numbers that may be compared over time.

A point is one bench (the median of its seeds) or the head of one gate. A
series joins points of the same cell without its seed, metric, source,
environment fingerprint and data, and no others.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from statistics import median
from typing import Any

from benchmarks.bench.cells import title
from reports.trend import changes
from reports.trend.changes import Change
from reports.trend.read import BENCH, DATA, DIGEST, GATE, Value, flat

ABSENT = "absent"
Where = tuple[str, str | None]  # fingerprint, digest of the data


@dataclass
class Series:
    """Points of one cell and metric in one environment, by time.

    cell: its title (`cnn torch eager`) with what sets it apart. part: the
    number of its environment among those of the cell. note: why it could not
    be searched for changes.
    """

    cell: str
    where: Where
    points: list[Value]
    part: int = 0
    changes: list[Change] = field(default_factory=list)
    note: str | None = None

    @property
    def last(self) -> Value:
        """The last point, for what all points share."""
        return self.points[-1]

    @property
    def values(self) -> list[float]:
        """The values of its points."""
        return [one.value for one in self.points if one.value is not None]

    @property
    def workload(self) -> str:
        """The workload's name."""
        return self.cell.split(" ")[0]

    @property
    def framework(self) -> str:
        """The framework's name."""
        return self.cell.split(" ")[1]


@dataclass(frozen=True)
class Split:
    """A cell's environment or data changed: a later series begins.

    differs: such as `torch 2.12.0 → 2.13.0`.
    """

    cell: str
    part: int
    when: datetime
    differs: list[str]


def build(values: Iterable[Value]) -> list[Series]:
    """Every series, by cell, then by time."""
    groups: dict[tuple[str, str, str, Where], list[Value]] = defaultdict(list)
    for one in values:
        if one.value is not None:
            where = one.fingerprint, one.around.get(DIGEST)
            groups[one.setting, one.metric, one.source, where].append(one)
    titles = _titles({setting for setting, *_ in groups})
    series = [
        Series(titles[setting], where, _points(own))
        for (setting, _, _, where), own in groups.items()
    ]
    series.sort(key=lambda one: (one.cell, one.points[0].when))
    _number(series)
    return series


def missing(values: list[Value]) -> dict[tuple[str, str], str]:
    """(cell, metric) without any number -> its last reason."""
    numbers = {(v.setting, v.metric) for v in values if v.value is not None}
    titles = _titles({setting for setting, _ in numbers})
    return {
        (titles[one.setting], one.metric): one.reason or "no number"
        for one in values
        if one.setting in titles and (one.setting, one.metric) not in numbers
    }


def search(series: list[Series], least: float) -> None:
    """Find the changes of every series, or note why that is impossible."""
    for one in series:
        count, needed = len(one.points), changes.needed()
        values = one.values
        if not changes.available():
            one.note = "ruptures is not installed"
        elif count < needed:
            one.note = f"{count} of the {needed} points that it takes"
        elif min(values) <= 0:
            one.note = "has values that are not above zero"
        else:
            one.changes = changes.changes(values, least)


def splits(series: list[Series]) -> list[Split]:
    """Where a cell's environment or data changed, and what differs."""
    parts: dict[str, dict[int, list[Series]]] = defaultdict(dict)
    for one in series:
        parts[one.cell].setdefault(one.part, []).append(one)
    return [
        Split(
            cell,
            part,
            min(one.points[0].when for one in own[part]),
            _differences(_described(own[part - 1]), _described(own[part])),
        )
        for cell, own in parts.items()
        for part in sorted(own)
        if part
    ]


def _described(series: list[Series]) -> Value:
    """A value of a bench, where there is one: a gate records no data."""
    return min((one.last for one in series), key=lambda v: v.source == GATE)


def _differences(one: Value, other: Value) -> list[str]:
    """What differs between two environments: `torch 2.12.0 → 2.13.0`."""
    names = dict.fromkeys([*one.around, *other.around])
    if GATE in (one.source, other.source):
        names = {name: None for name in names if name not in (DATA, DIGEST)}
    differences = []
    for name in names:
        before, after = (v.around.get(name, ABSENT) for v in (one, other))
        if before != after:
            words = name.removeprefix("versions.").removeprefix("flags.")
            differences.append(f"{words} {before} → {after}")
    fingerprints = f"{one.fingerprint} → {other.fingerprint}"
    return differences or [f"fingerprint {fingerprints}"]


def _points(group: list[Value]) -> list[Value]:
    """One for each bench or gate, in the order of time."""
    origins: dict[str, list[Value]] = defaultdict(list)
    for one in group:
        origins[one.origin].append(one)
    points = []
    for own in origins.values():
        first = min(own, key=attrgetter("when"))
        count = len(own) if first.source == BENCH else first.count
        middle = median(one.value for one in own if one.value is not None)
        points.append(replace(first, value=middle, count=count))
    return sorted(points, key=attrgetter("when", "origin"))


def _titles(settings: set[str]) -> dict[str, str]:
    """Setting -> its cell's title, and where several share it, what differs."""
    shared: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for setting in sorted(settings):
        cell = json.loads(setting)
        words = title({**cell, "seed": 0}).removesuffix(" seed 0")
        shared[words][setting] = flat(cell)
    titles = {}
    for words, group in shared.items():
        names = sorted({name for own in group.values() for name in own})
        for setting, own in group.items():
            apart = [
                f"{name.rsplit('.', 1)[-1]} {own.get(name, ABSENT)}"
                for name in names
                if len({other.get(name) for other in group.values()}) > 1
            ]
            titles[setting] = ", ".join([words, *apart])
    return titles


def _number(series: list[Series]) -> None:
    """Number each cell's environments in the order of time.

    A gate, which records no data, belongs to the first environment of its
    fingerprint.
    """
    places: dict[str, list[Where]] = defaultdict(list)
    for one in series:
        own, (fingerprint, data) = places[one.cell], one.where
        fits = [
            number
            for number, (other, theirs) in enumerate(own)
            if other == fingerprint
            and (theirs == data or None in (theirs, data))
        ]
        one.part = fits[0] if fits else len(own)
        if not fits:
            own.append(one.where)
        elif own[one.part][1] is None:
            own[one.part] = one.where
