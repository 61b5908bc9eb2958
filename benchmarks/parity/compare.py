"""Columns held against each other: by name, against the largest entry."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.parity.case import RUNGS, carries, facts, rungs, statistics
from benchmarks.parity.checks import Step
from impls.interface import Params

RUNNING = 1e-12  # of running statistics: sums of what was averaged
CARRIED = 1e-12  # of windows that go on from one another
DOUBLE = 1e-10  # every defect seen is above 8e-7, every noise below 2e-14
FACTOR = 20  # a float32 bound over the floor that was measured
# An array whose largest entry is below this is compared absolutely, so
# that one which is zero in theory is not judged by its rounding
SMALL = 1e-4
LARGEST = sys.float_info.max  # JSON knows no infinity

Row = dict[str, Any]
Worst = dict[str, tuple[float, str]]  # part -> difference, array


@dataclass
class Climb:
    """The rungs that one column reached; `problem`: what stopped it."""

    steps: dict[int, Step] = field(default_factory=dict)
    problem: str | None = None
    absent: bool = False  # the framework is not installed
    seconds: float = 0.0
    rungs: tuple[int, ...] = RUNGS  # that its model has

    @property
    def missed(self) -> int | None:
        """The first rung that it did not reach."""
        return next(
            (rung for rung in self.rungs if rung not in self.steps), None
        )


def part(rung: int, array: str) -> str:
    """How an array is held: `5`, `5 running`, `5 carried`.

    "" if no bit may differ.
    """
    last = array.rpartition(", ")[2]
    if rung == 1 or last == "frozen":
        return ""
    return f"{rung} {last}" if last in ("running", "carried") else str(rung)


def parts(name: str) -> list[str]:
    """Of a model or variant: all that have a floor in float32."""
    found = [str(rung) for rung in rungs(name) if rung > 1]
    found += ["5 running"] * bool(statistics(name))
    return found + ["5 carried"] * carries(name)


def bound(model: str, held: str, precision: str) -> float | None:
    """What a difference may be; None: no floor has been measured yet.

    `held`: what `part` says of the array.
    """
    if not held:
        return 0.0
    if precision == "float64":
        tighter = {"5 running": RUNNING, "5 carried": CARRIED}
        return tighter.get(held, DOUBLE)
    floor = facts(model)["floors"].get(held)
    return None if floor is None else FACTOR * floor


def rows(model: str, precision: str, climbs: Mapping[str, Climb]) -> list[Row]:
    """One row per part of a rung and pair: the array that differs most.

    `climbs`: column ("torch-eager") -> what it computed for this model.
    A column that failed at a rung differs there from the reference by the
    largest number there is, and `array` says why.
    """
    return [
        {
            "model": model,
            "rung": rung,
            "left": left,
            "right": right,
            "precision": precision,
            "array": array,
            "error": min(error, LARGEST),
            "bound": bound(model, held, precision),
        }
        for rung in RUNGS
        for left, right, found in _pairs(rung, climbs)
        for held, (error, array) in found.items()
    ]


def _pairs(
    rung: int, climbs: Mapping[str, Climb]
) -> Iterator[tuple[str, str, Worst]]:
    reached = {
        name: climb.steps[rung]
        for name, climb in climbs.items()
        if rung in climb.steps
    }
    for left, right in combinations(reached, 2):
        one, other = reached[left].found, reached[right].found
        yield left, right, by_part(rung, one, other)
    for name, step in reached.items():
        yield name, "reference", against(step)
    for name, climb in climbs.items():
        if climb.problem and climb.missed == rung and not climb.absent:
            failed = float("inf"), climb.problem
            yield name, "reference", {part(rung, ""): failed}


def against(step: Step) -> Worst:
    """The largest differences from what the reference says."""
    found = {name: step.found.get(name) for name in step.expected}
    return by_part(step.rung, found, step.expected)


def by_part(rung: int, one: Mapping[str, Any], other: Params) -> Worst:
    """The largest difference of each part of a rung, and which array's."""
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys([*one, *other]):
        groups.setdefault(part(rung, name), []).append(name)
    return {
        held: worst(
            {name: one.get(name) for name in names},
            {name: other.get(name) for name in names},
            exact=not held,
        )
        for held, names in groups.items()
    }


def worst(
    one: Mapping[str, Any], other: Mapping[str, Any], exact: bool = False
) -> tuple[float, str]:
    """The largest difference of two sets of arrays, and which array's.

    An array that only one of them has differs without limit.
    """
    measure = unequal if exact else difference
    return max(
        (measure(one.get(name), other.get(name)), name)
        for name in (*other, *(name for name in one if name not in other))
    )


def difference(one: Any, other: Any) -> float:
    """max |one - other|, relative to the largest entry of both.

    Infinite where shapes differ or an entry is not a finite number.
    """
    if one is None or other is None or np.shape(one) != np.shape(other):
        return float("inf")
    left, right = np.float64(one), np.float64(other)
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return float("inf")
    scale = max(np.abs(left).max(), np.abs(right).max(), SMALL)
    return float(np.abs(left - right).max() / scale)


def unequal(one: Any, other: Any) -> float:
    """The share of entries whose bits differ.

    Infinite where shapes or types differ.
    """
    if one is None or other is None or np.shape(one) != np.shape(other):
        return float("inf")
    if one.dtype != other.dtype:
        return float("inf")
    bits = f"V{one.dtype.itemsize}"
    left, right = (np.ascontiguousarray(x).view(bits) for x in (one, other))
    return float(np.mean(left != right))
