"""Where the seconds of a bench went."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.results.frame import Bench
from reports.results.titles import ORDER, TIMINGS, framework_title

# What a user came for, and what is done once
WORK = (
    "training",
    "evaluation",
    "compile",
    "timing",
    "inference",
    "ceiling",
)
SETUP = "timing_set-up_seconds"


@dataclass(frozen=True)
class Part:
    """One slice: name, seconds and share of the whole."""

    name: str
    seconds: float
    share: float


def of_cells(bench: Bench) -> list[Part]:
    """Seconds of the cells measured by this very bench, by phase."""
    cells = measured(bench)
    sums = {}
    for name in [n for n in map(str, cells) if n.startswith("timing_")]:
        phase = name.removeprefix("timing_").removesuffix("_seconds")
        sums[phase] = float(cells[name].sum())
    known = [name for name in TIMINGS if name in sums]
    names = known + sorted(set(sums) - set(known))
    return _parts({TIMINGS.get(n, n.replace("_", " ")): sums[n] for n in names})


def of_bench(bench: Bench) -> list[Part]:
    """Seconds of the whole call; what no phase accounts for is `other`."""
    named = {
        TIMINGS.get(name, name.replace("_", " ")): float(seconds)
        for name, seconds in _timings(bench).items()
    }
    total = bench.call["seconds"]
    if total is not None and total > sum(named.values()):
        named["other"] = total - sum(named.values())
    return _parts(named)


def by_framework(bench: Bench) -> list[dict[str, Any]]:
    """Cells, their seconds in all and on average, by framework."""
    cells = measured(bench)
    rows = []
    for framework, group in cells.groupby("framework"):
        rows.append(
            {
                "framework": str(framework),
                "title": framework_title(str(framework)),
                "cells": len(group),
                "seconds": float(group["cell_seconds"].sum()),
                "mean": float(group["cell_seconds"].mean()),
            }
        )
    order = {name: number for number, name in enumerate(ORDER)}
    return sorted(rows, key=lambda row: order.get(row["framework"], 50))


def own_cost(bench: Bench) -> Part | None:
    """Seconds that are neither set-up, training nor timing.

    The whole call less its set-up and less what its cells trained,
    evaluated, compiled and timed. None where the seconds are not known.
    """
    total = bench.call["seconds"]
    if not total:
        return None
    sums = {
        f"timing_{name}_seconds": float(seconds)
        for name, seconds in _timings(bench).items()
    }
    cells = measured(bench)
    names = [f"timing_{name}_seconds" for name in WORK]
    for name in names:
        if name not in sums and name in cells:
            sums[name] = float(cells[name].sum())
    done = sum(sums.get(name, 0.0) for name in [*names, SETUP])
    rest = max(total - done, 0.0)
    return Part("the bench itself", rest, rest / total)


def measured(bench: Bench) -> pd.DataFrame:
    """Cells of this bench, without those it re-used."""
    return bench.cells[bench.cells["invocation"] == bench.call["id"]]


def _timings(bench: Bench) -> dict[str, Any]:
    return {
        name: seconds
        for name, seconds in bench.call["timings"].items()
        if isinstance(seconds, (int, float))
    }


def _parts(sums: dict[str, float]) -> list[Part]:
    total = sum(sums.values())
    return [
        Part(name, seconds, seconds / total)
        for name, seconds in sums.items()
        if seconds > 0
    ]
