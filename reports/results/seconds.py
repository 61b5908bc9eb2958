"""Where the seconds of a bench went."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.results.frame import Bench
from reports.results.titles import TIMINGS, framework_order, framework_title

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
    order = {name: number for number, name in enumerate(TIMINGS)}
    names = sorted(sums, key=lambda name: (order.get(name, len(order)), name))
    return _parts({name: sums[name] for name in names})


def of_bench(bench: Bench) -> list[Part]:
    """Seconds of the whole invocation; `other` is what nothing accounts for."""
    sums = _of_invocation(bench)
    total = bench.call["seconds"]
    if total is not None and total > sum(sums.values()):
        sums["other"] = total - sum(sums.values())
    return _parts(sums)


def by_framework(bench: Bench) -> list[dict[str, Any]]:
    """Cells, their seconds in all and on average, by framework."""
    rows = [
        {
            "framework": str(framework),
            "title": framework_title(str(framework)),
            "cells": len(seconds),
            "seconds": float(seconds.sum()),
            "mean": float(seconds.mean()),
        }
        for framework, seconds in measured(bench).groupby("framework")[
            "cell_seconds"
        ]
    ]
    return sorted(rows, key=lambda row: framework_order(row["framework"]))


def own_cost(bench: Bench) -> Part | None:
    """Seconds that are neither set-up, training nor timing.

    The whole invocation less its set-up and less what its cells trained,
    evaluated, compiled and timed. None where the seconds are not known.
    """
    total = bench.call["seconds"]
    if not total:
        return None
    sums = _of_cells(bench) | _of_invocation(bench)
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


def _of_invocation(bench: Bench) -> dict[str, float]:
    return {
        name: float(seconds)
        for name, seconds in bench.call["timings"].items()
        if isinstance(seconds, (int, float))
    }


def _parts(sums: dict[str, float]) -> list[Part]:
    total = sum(sums.values())
    return [
        Part(TIMINGS.get(name, name.replace("_", " ")), value, value / total)
        for name, value in sums.items()
        if value > 0
    ]
