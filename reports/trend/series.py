"""Series of a trend: numbers that may be compared over time.

A point is one bench (the median of its seeds) or the head of one gate. A
series joins points of the same cell without its seed, metric, source,
environment fingerprint and data, and no others.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from benchmarks.bench.cells import title
from reports.trend import changes
from reports.trend.changes import Change
from reports.trend.read import DATA, DIGEST, GATE, flat

ABSENT = "absent"
POINT = {  # of the values of one bench or gate
    "when": "min",
    "value": "median",
    "count": "sum",
    "revision": "first",
    "short": "first",
}


@dataclass
class Series:
    """Points of one cell and metric in one environment, by time.

    cell: its title (`cnn torch eager`) with what sets it apart. around:
    environment and data, flat. part: the number of its environment among
    those of the cell. note: why it could not be searched for changes.
    """

    cell: str
    metric: str
    source: str
    fingerprint: str
    digest: str
    unit: str
    around: dict[str, str]
    points: pd.DataFrame
    part: int = 0
    changes: list[Change] = field(default_factory=list)
    note: str = ""

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
    when: pd.Timestamp
    differs: list[str]


def build(values: pd.DataFrame) -> list[Series]:
    """Every series, by cell, then by time."""
    values = values.dropna(subset="value")
    values = values.assign(cell=values["setting"].map(titles(values)))
    by = ["cell", "metric", "source", "fingerprint", "digest"]
    series = []
    for _, own in values.groupby(by, sort=False):
        points = own.groupby("origin", as_index=False).agg(POINT)
        points = points.sort_values(["when", "origin"], ignore_index=True)
        shared: Any = own.iloc[-1][[*by, "unit", "around"]].to_dict()
        series.append(Series(**shared, points=points))
    series.sort(key=lambda each: (each.cell, each.points["when"][0]))
    _number(series)
    return series


def missing(values: pd.DataFrame) -> dict[tuple[str, str], str]:
    """(cell, metric) without any number -> its last reason."""
    cells = values["setting"].map(titles(values.dropna(subset="value")))
    groups = values.assign(cell=cells).groupby(["cell", "metric"])
    known = groups.agg({"value": "count", "reason": "last"})
    reasons: Any = known[known["value"] == 0]["reason"].fillna("no number")
    return dict(reasons)


def search(series: list[Series], least: float) -> None:
    """Find the changes of every series, or note why that is impossible."""
    for own in series:
        count, needed = len(own.points), changes.needed()
        values = own.points["value"].tolist()
        if not changes.available():
            own.note = "ruptures is not installed"
        elif count < needed:
            own.note = f"{count} of the {needed} points that it takes"
        elif min(values) <= 0:
            own.note = "has values that are not above zero"
        else:
            own.changes = changes.changes(values, least)


def splits(series: list[Series]) -> list[Split]:
    """Where a cell's environment or data changed, and what differs."""
    parts: dict[str, dict[int, list[Series]]] = defaultdict(dict)
    for own in series:
        parts[own.cell].setdefault(own.part, []).append(own)
    return [
        Split(
            cell,
            part,
            min(own.points["when"][0] for own in series_of[part]),
            _differences(series_of[part - 1], series_of[part]),
        )
        for cell, series_of in parts.items()
        for part in sorted(series_of)
        if part
    ]


def titles(values: pd.DataFrame) -> dict[str, str]:
    """Setting -> its cell's title, and where several share it, what differs."""
    shared: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for setting in sorted(set(values["setting"])):
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


def _differences(before: list[Series], after: list[Series]) -> list[str]:
    """What differs between two environments: `torch 2.12.0 → 2.13.0`.

    As benches describe them, where there are some: a gate records no data.
    """
    one, other = (
        min(part, key=lambda series: series.source == GATE)
        for part in (before, after)
    )
    names = dict.fromkeys([*one.around, *other.around])
    if GATE in (one.source, other.source):
        names = {name: None for name in names if name not in (DATA, DIGEST)}
    differences = []
    for name in names:
        old, new = (s.around.get(name, ABSENT) for s in (one, other))
        if old != new:
            words = name.removeprefix("versions.").removeprefix("flags.")
            differences.append(f"{words} {old} → {new}")
    fingerprints = f"{one.fingerprint} → {other.fingerprint}"
    return differences or [f"fingerprint {fingerprints}"]


def _number(series: list[Series]) -> None:
    """Number each cell's environments in the order of time.

    A gate, which records no data, belongs to the first environment of its
    fingerprint.
    """
    cells: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for own in series:
        places, place = cells[own.cell], (own.fingerprint, own.digest)
        fits = (
            number
            for number, (fingerprint, digest) in enumerate(places)
            if fingerprint == own.fingerprint
            and (digest == own.digest or not digest or not own.digest)
        )
        own.part = next(fits, len(places))
        if own.part == len(places):
            places.append(place)
        elif not places[own.part][1]:
            places[own.part] = place
