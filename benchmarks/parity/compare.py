"""Differences between implementations: by name, relative to the largest."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.parity.case import CHECKS, Case, checks, fixture
from benchmarks.parity.result import Result
from benchmarks.passes.process import FrameworkMissing, WorkerFailed
from impls.interface import trained

RUNNING = 1e-12  # bound of running statistics in float64
STATE = 1e-12  # bound of consecutive windows in float64
DOUBLE = 1e-10  # observed defects are above 8e-7, observed noise below 2e-14
FACTOR = 20  # a float32 bound divided by the measured floor
# An array whose largest entry is below this is compared absolutely, so that
# rounding does not matter where an array is zero in theory
SMALL = 1e-4
LARGEST = sys.float_info.max  # JSON has no infinity

Row = dict[str, Any]
Arrays = Mapping[str, Any]
Worst = dict[str, tuple[float, str]]  # criterion -> difference, array
# Suffix of an array's name -> criterion, where it has a bound of its own
CRITERIA = {"running": "running statistics", "state": "recurrent state"}


@dataclass
class Run:
    """The check results of one implementation."""

    results: dict[str, Result] = field(default_factory=dict)
    problem: str | None = None  # why it stopped before the last check
    absent: bool = False  # the framework is not installed
    seconds: float = 0.0
    checks: tuple[str, ...] = CHECKS  # of its model

    @property
    def missing(self) -> str | None:
        """The first check without a result."""
        missing = (name for name in self.checks if name not in self.results)
        return next(missing, None)

    def fail(self, failed: WorkerFailed) -> None:
        """Keep why no more checks have run."""
        self.problem = failed.reason
        self.absent = isinstance(failed, FrameworkMissing)


def criterion(check: str, array: str) -> str:
    """The name of the bound that an array is held to.

    That of its check, or of its suffix in `CRITERIA`. "" if no bit may
    differ.
    """
    suffix = array.rpartition(", ")[2]
    if check == CHECKS[0] or suffix == "frozen":
        return ""
    return CRITERIA.get(suffix, check)


def criteria(name: str) -> list[str]:
    """The bounds of a model or variant that have a float32 floor."""
    spec = Case(name, "float64").spec
    shapes = spec.shapes()
    names = [*checks(name)[1:]]
    if len(trained(shapes)) < len(shapes):
        names.append("running statistics")
    if spec.state():
        names.append("recurrent state")
    return names


def bound(model: str, criterion: str, precision: str) -> float | None:
    """The largest permitted difference; None if no floor is measured yet."""
    if not criterion:
        return 0.0
    if precision == "float64":
        tighter = {"running statistics": RUNNING, "recurrent state": STATE}
        return tighter.get(criterion, DOUBLE)
    floor = fixture(model).get("floors", {}).get(criterion)
    return None if floor is None else FACTOR * floor


def rows(model: str, precision: str, runs: Mapping[str, Run]) -> list[Row]:
    """One row per criterion and pair: the array that differs most.

    runs: implementation ("torch-eager") -> its results for this model. An
    implementation that failed at a check differs there from the reference by
    the largest float, and `array` holds the reason.
    """
    return [
        {
            "model": model,
            "check": check,
            "left": left,
            "right": right,
            "precision": precision,
            "array": array,
            "error": min(error, LARGEST),
            "bound": bound(model, name, precision),
        }
        for check in CHECKS
        for left, right, differences in _pairs(check, runs)
        for name, (error, array) in differences.items()
    ]


def _pairs(
    check: str, runs: Mapping[str, Run]
) -> Iterator[tuple[str, str, Worst]]:
    results = {
        label: run.results[check]
        for label, run in runs.items()
        if check in run.results
    }
    for left, right in combinations(results, 2):
        pair = results[left].actual, results[right].actual
        yield left, right, by_criterion(check, *pair)
    for label, result in results.items():
        yield label, "reference", against_reference(result)
    for label, run in runs.items():
        if run.problem and run.missing == check and not run.absent:
            failed = float("inf"), run.problem
            yield label, "reference", {criterion(check, ""): failed}


def against_reference(result: Result) -> Worst:
    """The largest differences from the arrays of the reference."""
    actual = {name: result.actual.get(name) for name in result.expected}
    return by_criterion(result.check, actual, result.expected)


def by_criterion(check: str, left: Arrays, right: Arrays) -> Worst:
    """The largest difference by each criterion of a check, and its array."""
    largest: Worst = {}
    for name in dict.fromkeys([*left, *right]):
        key = criterion(check, name)
        measure = difference if key else unequal
        pair = measure(left.get(name), right.get(name)), name
        largest[key] = max(pair, largest.get(key, pair))
    return largest


def worst(left: Arrays, right: Arrays) -> tuple[float, str]:
    """The largest difference of two sets of arrays, and its array.

    It is infinite if only one of them has an array.
    """
    return max(
        (difference(left.get(name), right.get(name)), name)
        for name in {*left, *right}
    )


def difference(left: Any, right: Any) -> float:
    """max |left - right|, relative to the largest entry of both.

    Infinite if shapes differ or an entry is not a finite number.
    """
    if left is None or right is None or np.shape(left) != np.shape(right):
        return float("inf")
    left, right = np.float64(left), np.float64(right)
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return float("inf")
    scale = max(np.abs(left).max(), np.abs(right).max(), SMALL)
    return float(np.abs(left - right).max() / scale)


def unequal(left: Any, right: Any) -> float:
    """The share of entries whose bits differ.

    Infinite if shapes or types differ.
    """
    if left is None or right is None or np.shape(left) != np.shape(right):
        return float("inf")
    if left.dtype != right.dtype:
        return float("inf")
    bits = f"V{left.dtype.itemsize}"
    left, right = (np.ascontiguousarray(x).view(bits) for x in (left, right))
    return float(np.mean(left != right))
