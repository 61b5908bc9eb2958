"""Series of a trend: what may be held against each other over time.

One point is one call of the bench (the median of its seeds) or the head of
one gate. Joined are points of the same cell without its seed, metric,
source, environment fingerprint and data; nothing else ever is.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from benchmarks.bench.cells import title
from reports.trend import changes as trend_changes
from reports.trend.changes import Change
from reports.trend.read import BENCH, DATA, DIGEST, GATE, Measured, flat

ABSENT = "absent"
Where = tuple[str, str | None]  # fingerprint, digest of the data


@dataclass(frozen=True)
class Point:
    """One value and where it comes from."""

    when: datetime
    value: float
    revision: str | None
    dirty: bool
    values: int  # seeds of the bench; pairs of the gate
    origin: str  # the bench's id, the gate's

    @property
    def short(self) -> str:
        """`b41bcf7d`, with a star where the tree was dirty."""
        return (self.revision or "unknown")[:8] + "*" * self.dirty


@dataclass
class Series:
    """Points of one cell and metric in one environment, by time."""

    cell: str  # "cnn torch eager", and what else sets it apart
    workload: str
    framework: str
    metric: str
    unit: str
    source: str  # bench | gate
    where: Where
    around: dict[str, str]  # environment and data, flat
    points: list[Point]
    part: int = 0  # number of its environment among those of the cell
    changes: list[Change] = field(default_factory=list)
    note: str | None = None  # why no change could be looked for


@dataclass(frozen=True)
class Split:
    """One cell's series end here and others begin, and why."""

    cell: str
    part: int  # of the later ones
    when: datetime
    differs: list[str]  # "torch 2.12.0 → 2.13.0"


def build(measured: Iterable[Measured]) -> list[Series]:
    """Every series, by cell, then by time."""
    groups: dict[tuple, list[Measured]] = defaultdict(list)
    for one in measured:
        if one.value is not None:
            where = one.fingerprint, one.around.get(DIGEST)
            groups[one.setting, one.metric, one.source, where].append(one)
    titles = _titles({key[0] for key in groups})
    found = [_one(titles[key[0]], key[3], own) for key, own in groups.items()]
    found.sort(key=lambda one: (one.cell, one.points[0].when))
    _number(found)
    return found


def missing(measured: Iterable[Measured]) -> dict[tuple[str, str], str]:
    """(cell, metric) that never had a number -> what was said of it last."""
    measured = list(measured)
    known = {(m.setting, m.metric) for m in measured if m.value is not None}
    titles = _titles({one for one, _ in known})
    return {
        (titles[one.setting], one.metric): one.reason or "no number"
        for one in measured
        if one.setting in titles and (one.setting, one.metric) not in known
    }


def search(found: list[Series], least: float) -> None:
    """Look for changes in every series; note where that cannot be."""
    for one in found:
        count, needed = len(one.points), trend_changes.needed()
        values = [point.value for point in one.points]
        if not trend_changes.available():
            one.note = "ruptures is not installed"
        elif count < needed:
            one.note = f"{count} of the {needed} points that it takes"
        elif min(values) <= 0:
            one.note = "has values that are not above zero"
        else:
            one.changes = trend_changes.changes(values, least)


def splits(found: list[Series]) -> list[Split]:
    """Where a cell's environment or data changed, and what differs."""
    parts: dict[str, dict[int, Series]] = defaultdict(dict)
    for one in found:
        first = parts[one.cell].get(one.part)
        if first is None or (first.source, one.source) == (GATE, BENCH):
            parts[one.cell][one.part] = one
    began: dict[tuple[str, int], datetime] = {}
    for one in found:
        key, when = (one.cell, one.part), one.points[0].when
        began[key] = min(began.get(key, when), when)
    return [
        Split(cell, part, began[cell, part], differences(own[part - 1], one))
        for cell, own in parts.items()
        for part, one in sorted(own.items())
        if part
    ]


def differences(one: Series, other: Series) -> list[str]:
    """What differs between two environments: `torch 2.12.0 → 2.13.0`."""
    names = dict.fromkeys([*one.around, *other.around])
    if GATE in (one.source, other.source):  # a gate does not say its data
        names = {name: None for name in names if name not in (DATA, DIGEST)}
    found = []
    for name in names:
        before, after = one.around.get(name), other.around.get(name)
        if before != after:
            words = name.removeprefix("versions.").removeprefix("flags.")
            found.append(f"{words} {before or ABSENT} → {after or ABSENT}")
    return found or [f"fingerprint {one.where[0]} → {other.where[0]}"]


def _one(cell: str, where: Where, group: list[Measured]) -> Series:
    last = group[-1]
    setting = json.loads(last.setting)
    return Series(
        cell,
        setting["workload"]["name"],
        setting["framework"]["name"],
        last.metric,
        last.unit,
        last.source,
        where,
        last.around,
        _points(group),
    )


def _points(group: list[Measured]) -> list[Point]:
    """One per call, in the order of time."""
    calls: dict[str, list[Measured]] = defaultdict(list)
    for one in group:
        calls[one.origin].append(one)
    found = []
    for origin, own in calls.items():
        first = min(own, key=lambda one: one.when)
        middle = median(one.value for one in own if one.value is not None)
        values = len(own) if first.source == BENCH else first.values
        found.append(Point(first.when, middle, *first.code, values, origin))
    return sorted(found, key=lambda point: (point.when, point.origin))


def _titles(settings: set[str]) -> dict[str, str]:
    """Setting -> its cell's title, and where others share it, what differs."""
    alike: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for one in sorted(settings):
        plain = json.loads(one)
        words = title({**plain, "seed": 0}).removesuffix(" seed 0")
        alike[words][one] = flat(plain)
    found = {}
    for words, group in alike.items():
        names = sorted({name for own in group.values() for name in own})
        for one, own in group.items():
            apart = [
                f"{name.rsplit('.', 1)[-1]} {own.get(name, ABSENT)}"
                for name in names
                if len({other.get(name) for other in group.values()}) > 1
            ]
            found[one] = ", ".join([words, *apart])
    return found


def _number(found: list[Series]) -> None:
    """Number each cell's environments in the order in which they came.

    A gate, which does not say its data, counts to the first environment
    of its fingerprint.
    """
    known: dict[str, list[Where]] = defaultdict(list)
    for one in found:
        own, (mark, data) = known[one.cell], one.where
        fits = [
            number
            for number, (other, theirs) in enumerate(own)
            if other == mark and (theirs == data or None in (theirs, data))
        ]
        one.part = fits[0] if fits else len(own)
        if not fits:
            own.append(one.where)
        elif own[one.part][1] is None:
            own[one.part] = one.where
