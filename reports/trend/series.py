"""Series of a trend: numbers that may be compared over time.

A point is one bench (the median of its seeds) or the head of one gate. A
series joins points of the same cell without its seed, metric, source,
environment fingerprint and data, and no others.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from reports.results.columns import column
from reports.results.format import MEASURES, STARTUP, Measure, capital
from reports.results.grouping import variant
from reports.results.titles import cell_title, framework_order, workload_order
from reports.trend import changes
from reports.trend.changes import Change
from reports.trend.read import DATA, DIGEST, FINGERPRINT

POINT = {  # of the values of one bench or gate
    "when": "min",
    "value": "median",
    "count": "sum",
    "revision": "first",
    "short": "first",
}
CELL = ["workload", "framework", "cell", "setting"]
# End of a metric's name -> what an increase is, and what a decrease is
DIRECTIONS = {
    "_per_second": ("faster", "slower"),
    "seconds": ("slower", "faster"),
    "_bytes": ("more memory", "less memory"),
    "_accuracy": ("better", "worse"),
    "_loss": ("worse", "better"),
}
KINDS = dict.fromkeys(("faster", "less memory", "better"), "good")
KINDS |= dict.fromkeys(("slower", "more memory", "worse"), "bad")


@dataclass(frozen=True)
class Series:
    """Points of one cell and metric in one environment, by time.

    cell: its title within the workload. part: the number of its environment
    among those of the cell. note: why it could not be searched for changes.
    """

    workload: str
    framework: str
    cell: str
    setting: str
    metric: str
    source: str
    part: int
    fingerprint: str
    unit: str
    measure: Measure
    points: pd.DataFrame
    changes: list[Change]
    note: str

    @property
    def steps(self) -> list["Step"]:
        """Its changes with the points beside them."""
        return [Step(self, change) for change in self.changes]


@dataclass(frozen=True)
class Step:
    """A change of a series."""

    series: Series
    change: Change

    @property
    def before(self) -> Any:
        """The last point of the former level."""
        return self.series.points.loc[self.change.index - 1]

    @property
    def after(self) -> Any:
        """The first point of the new level."""
        return self.series.points.loc[self.change.index]

    @property
    def when(self) -> str:
        """The time of the first point of the new level, in ISO 8601."""
        return str(self.after.when.isoformat())

    @property
    def percent(self) -> float:
        """The change in per cent of the level before."""
        return round(100 * self.change.magnitude, 3)

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


def identified(values: pd.DataFrame) -> pd.DataFrame:
    """Values with the title of their cell and the number of their environment.

    Environments are numbered by time. A gate, which records no data, belongs
    to the first data that a bench measured in its environment.
    """
    configs = {text: json.loads(text) for text in values["setting"].unique()}
    cells = {
        text: cell_title(
            config["framework.name"],
            config["framework.mode"],
            config["precision"],
            config["device.name"],
            ", ".join(variant(config, [*configs.values()])),
        )
        for text, config in configs.items()
    }
    values = values.assign(cell=values["setting"].map(cells))
    values = values.sort_values("when", kind="stable")
    places = values.groupby(["setting", "fingerprint"])["digest"]
    digests = values["digest"].fillna(places.transform("first")).fillna("")
    places = (values["fingerprint"] + digests).groupby(values["setting"])
    part = places.transform(lambda own: pd.factorize(own)[0])
    return values.assign(part=part.astype(int))


def build(values: pd.DataFrame, least: float) -> list[Series]:
    """Every series, as in the report, then by time; least: see `changes`."""
    by = [*CELL, "metric", "source", "part", "fingerprint"]
    series = []
    for _, own in values.groupby(by, sort=False):
        points = own.groupby("origin", as_index=False).agg(POINT)
        points = points.sort_values(["when", "origin"], ignore_index=True)
        shared: Any = own.iloc[-1][[*by, "unit"]].to_dict()
        steps, note = _search(points["value"].tolist(), least)
        shown = measure(shared["metric"], shared["unit"])
        series.append(
            Series(
                **shared, measure=shown, points=points, changes=steps, note=note
            )
        )
    return sorted(series, key=_order)


def splits(values: pd.DataFrame) -> list[Any]:
    """Where a cell's environment or data changed: a later series begins.

    Rows with the cell, part, when and differs (`torch 2.12.0 → 2.13.0`), as
    benches describe environments, where there are some.
    """
    values = values.sort_values("source", kind="stable")  # benches first
    groups = values.groupby([*CELL, "part"], as_index=False)
    parts = groups.agg({"when": "min", "around": "first"}).sort_values("when")
    before = parts.groupby("setting")["around"].shift()
    parts = parts.assign(before=before).dropna(subset="before")
    pairs = zip(parts["before"], parts["around"], strict=True)
    parts["differs"] = [_differences(*pair) for pair in pairs]
    return list(parts.itertuples(index=False))


def missing(values: pd.DataFrame) -> dict[tuple[str, str], str]:
    """(setting, metric) without any number -> its last reason."""
    groups = values.groupby(["setting", "metric"])
    known = groups.agg({"value": "count", "reason": "last"})
    reasons: Any = known[known["value"] == 0]["reason"].fillna("no number")
    return dict(reasons)


def measure(metric: str, unit: str = "") -> Measure:
    """How a metric is shown: as in the report, or by its own name."""
    name = column(metric, {metric: unit})
    for known in (*MEASURES, *STARTUP):
        if known.column == name:
            return replace(known, title=capital(known.title))
    title = metric.removesuffix(f"_{unit}").replace("_", " ")
    return Measure(name, capital(title), unit)


def _order(own: Series) -> tuple[Any, ...]:
    framework = framework_order(own.framework), own.cell, own.setting
    return workload_order(own.workload), *framework, own.points["when"][0]


def _search(values: list[float], least: float) -> tuple[list[Change], str]:
    """The changes of a series, or why they could not be searched for."""
    needed = changes.needed()
    if not changes.available():
        return [], "ruptures is not installed"
    if len(values) < needed:
        return [], f"{len(values)} of the {needed} points that it takes"
    if min(values) <= 0:
        return [], "has values that are not above zero"
    return changes.changes(values, least), ""


def _differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """What differs between two environments; a gate records no data."""
    names = [n for n in {**old, **new} if old.get(n) != new.get(n)]
    if DATA not in old or DATA not in new:
        names = [name for name in names if name not in (DATA, DIGEST)]
    if len(names) > 1:  # what the fingerprint is of explains more
        names = [name for name in names if name != FINGERPRINT]
    return [
        f"{name.removeprefix('versions.').removeprefix('flags.')}"
        f" {old.get(name, 'none')} → {new.get(name, 'none')}"
        for name in names
    ]
