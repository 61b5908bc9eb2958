"""Columns held against each other: by name, against the largest entry."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.ladder import RUNGS, Step, facts
from impls.interface import Params

DOUBLE = 1e-10  # every defect seen is above 8e-7, every noise below 2e-14
FACTOR = 20  # a float32 bound over the floor that was measured
# An array whose largest entry is below this is compared absolutely, so
# that one which is zero in theory is not judged by its rounding
SMALL = 1e-4
LARGEST = sys.float_info.max  # JSON knows no infinity

Row = dict[str, Any]


@dataclass
class Climb:
    """The rungs that one column reached; `problem`: what stopped it."""

    steps: dict[int, Step] = field(default_factory=dict)
    problem: str | None = None
    absent: bool = False  # the framework is not installed
    seconds: float = 0.0

    @property
    def missed(self) -> int | None:
        """The first rung that it did not reach."""
        return next((rung for rung in RUNGS if rung not in self.steps), None)


def bound(model: str, rung: int, precision: str) -> float | None:
    """What a difference may be; None: no floor has been measured yet."""
    if rung == 1:
        return 0.0
    if precision == "float64":
        return DOUBLE
    floor = facts(model)["floors"].get(str(rung))
    return None if floor is None else FACTOR * floor


def rows(model: str, precision: str, climbs: Mapping[str, Climb]) -> list[Row]:
    """One row per rung and pair: the array that differs most.

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
            "bound": bound(model, rung, precision),
        }
        for rung in RUNGS
        for left, right, (error, array) in _pairs(rung, climbs)
    ]


def _pairs(
    rung: int, climbs: Mapping[str, Climb]
) -> Iterator[tuple[str, str, tuple[float, str]]]:
    reached = {
        name: climb.steps[rung]
        for name, climb in climbs.items()
        if rung in climb.steps
    }
    for left, right in combinations(reached, 2):
        one, other = reached[left].found, reached[right].found
        yield left, right, worst(one, other, exact=rung == 1)
    for name, step in reached.items():
        yield name, "reference", against(step)
    for name, climb in climbs.items():
        if climb.problem and climb.missed == rung and not climb.absent:
            yield name, "reference", (float("inf"), climb.problem)


def against(step: Step) -> tuple[float, str]:
    """The largest difference from what the reference says."""
    found = {name: step.found.get(name) for name in step.expected}
    return worst(found, step.expected, exact=step.rung == 1)


def worst(
    one: Mapping[str, Any], other: Params, exact: bool = False
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
