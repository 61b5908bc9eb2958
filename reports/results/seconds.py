"""Where the seconds of a bench went."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.results.frame import Bench
from reports.results.titles import framework_order, framework_title

TIMINGS = [  # of a cell, in the order in which they are spent
    *("worker_start", "import", "build", "compile", "training", "evaluation"),
    *("timing", "inference", "ceiling", "recording"),
]
TITLES = {
    "inference": "timing inference",
    "ceiling": "timing the machine's peak",
}
# What a bench is for; set-up, done once, is not counted as its own cost
WORK = ("training", "evaluation", "compile", "timing", "inference", "ceiling")
SETUP = "set-up"


@dataclass(frozen=True)
class Part:
    """One slice: name, seconds and share of the total."""

    name: str
    seconds: float
    share: float


def of_cells(bench: Bench) -> list[Part]:
    """Seconds of the cells that this bench measured, by what they did."""
    sums = _of_cells(bench)
    names = [name for name in TIMINGS if name in sums]
    names += sorted(sums.keys() - TIMINGS)
    return _parts({name: sums[name] for name in names})


def of_bench(bench: Bench) -> list[Part]:
    """Seconds of the whole invocation; `other` is what nothing accounts for."""
    sums, total = dict(bench.call["timings"]), bench.call["seconds"]
    if total is not None and total > sum(sums.values()):
        sums["other"] = total - sum(sums.values())
    return _parts(sums)


def by_framework(bench: Bench) -> list[dict[str, Any]]:
    """Cells, their seconds in all and on average, by framework."""
    groups = measured(bench).groupby("framework")["cell_seconds"]
    cells = {str(framework): seconds for framework, seconds in groups}
    return [
        {
            "title": framework_title(framework),
            "cells": len(cells[framework]),
            "seconds": float(cells[framework].sum()),
            "mean": float(cells[framework].mean()),
        }
        for framework in sorted(cells, key=framework_order)
    ]


def own_cost(bench: Bench) -> Part | None:
    """Seconds that are neither set-up, training nor timing.

    The whole invocation less its set-up and less what its cells trained,
    evaluated, compiled and timed. None where the seconds are not known.
    """
    total = bench.call["seconds"]
    if not total:
        return None
    sums = _of_cells(bench) | bench.call["timings"]
    rest = total - sum(sums.get(name, 0.0) for name in (*WORK, SETUP))
    return Part("the bench itself", max(rest, 0.0), max(rest, 0.0) / total)


def measured(bench: Bench) -> pd.DataFrame:
    """Cells of this bench, without those it re-used."""
    return bench.cells[bench.cells["invocation"] == bench.call["id"]]


def _of_cells(bench: Bench) -> dict[str, float]:
    cells = measured(bench).filter(regex="^timing_.*_seconds$")
    return {
        str(name).removeprefix("timing_").removesuffix("_seconds"): float(total)
        for name, total in cells.sum().items()
    }


def _parts(sums: dict[str, float]) -> list[Part]:
    total = sum(sums.values())
    return [
        Part(TITLES.get(name, name.replace("_", " ")), value, value / total)
        for name, value in sums.items()
        if value > 0
    ]
