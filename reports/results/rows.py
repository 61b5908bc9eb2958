"""From cells to rows: one framework and mode over its seeds."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from reports.results import statistics
from reports.results.columns import column as column_of
from reports.results.format import STARTUP
from reports.results.statistics import Interval
from reports.results.titles import BOOK, SLIDE, backend, cell_title

ONE = "one seed, one measurement"


@dataclass(frozen=True)
class Estimate:
    """A value with its interval, repeats and what they are over."""

    value: float | None
    low: float | None = None
    high: float | None = None
    repeats: int = 0
    over: str = ""
    reason: str = ""  # why there is no value
    remark: str = ""  # a note on the value


@dataclass(frozen=True)
class Row:
    """The cells of one framework and mode, on one data set and machine."""

    workload: str
    data: str
    precision: str
    device: str
    framework: str
    mode: str
    synthetic: bool
    cells: pd.DataFrame  # finished ones, one per seed
    lost: pd.DataFrame  # failed and skipped ones
    details: dict[str, dict[str, Any]] = field(repr=False)
    config: dict[str, str] = field(repr=False)  # flat, without the seed
    variant: str = ""  # what else sets it apart: "batch 64"

    @property
    def title(self) -> str:
        """PyTorch eager"""
        return cell_title(
            self.framework,
            self.mode,
            self.precision,
            self.device,
            self.variant,
        )

    @property
    def backend(self) -> str:
        """The framework that computes: of the slide's program, Keras'."""
        return backend(self.framework, self.mode)

    @property
    def baseline(self) -> bool:
        """Whether this is the slide's program as the book runs it."""
        return self.framework == SLIDE and self.backend == BOOK

    @property
    def own(self) -> list[dict[str, Any]]:
        """The details of its finished cells."""
        return [self.details[record] for record in self.cells["record"]]

    @property
    def seeds(self) -> int:
        """How many seeds finished."""
        return len(self.cells)

    @property
    def phases(self) -> list[str]:
        """Names of the phases of its training, in order; [] for one only."""
        return next((list(detail["order"]) for detail in self.own), [])

    @property
    def main(self) -> str:
        """The phase that is timed and gated: stated, or the last; or none."""
        return self.config.get("workload.main") or (self.phases or [""])[-1]

    @property
    def margin(self) -> float | None:
        """Accuracies nearer than this are the same; a fraction, as stated."""
        stated = self.config.get("workload.margin")
        return None if stated is None else float(stated)

    def setting(self, phase: str, name: str) -> str | None:
        """What a phase is trained with (`rate`, `spec.classes`), as text."""
        own = self.config.get(f"workload.phases.{phase}.{name}")
        return own or self.config.get(f"workload.{name}")

    def measured(self, metric: str) -> dict[int, float]:
        """A metric's values by seed, by the name that records give it."""
        units: dict[str, str] = {}
        for detail in self.own:
            units |= detail["units"]
        return self.by_seed(column_of(metric, units))

    def by_seed(self, column: str) -> dict[int, float]:
        """The measured values of a column, by seed."""
        return {
            int(cell["seed"]): float(cell[column])
            for cell in self._records
            if pd.notna(cell.get(column))
        }

    @cached_property
    def _records(self) -> list[dict[str, Any]]:
        # Rows of a frame, read thousands of times: a dictionary each is fast
        names = list(map(str, self.cells))
        values = self.cells.to_numpy(dtype=object)
        return [dict(zip(names, own, strict=True)) for own in values]

    def knows(self, column: str) -> bool:
        """Whether a cell has this column, or a reason why it is missing."""
        return bool(self.by_seed(column) or self._reasons(column))

    def estimate(self, column: str) -> Estimate:
        """Over seeds where there are several, else as the cell has it."""
        if column == "startup_seconds":
            return self._startup()
        values = self.by_seed(column)
        if not values:
            return Estimate(None, reason=self._why(column))
        if len(values) == 1:
            return self._single(column, *values)
        return _estimate(list(values.values()))

    def times(self, other: "Row", column: str) -> Interval | None:
        """A column over that of another row; None without a common seed.

        The geometric mean over pairs by seed. One pair: its interval comes
        from both values' intervals over blocks of one process, if any.
        """
        pairs = statistics.ratios(self.by_seed(column), other.by_seed(column))
        if not pairs:
            return None
        own = statistics.geometric(list(pairs.values()))
        if own.count > 1:
            return own
        (seed,) = pairs
        own, others = (
            Interval(value.value or 0.0, value.low, value.high, 1, 0.95)
            for row in (self, other)
            for value in [row._single(column, seed)]
        )
        return statistics.quotient(own, others)

    def _single(self, column: str, seed: int) -> Estimate:
        """The value of one seed, with its interval over blocks."""
        cell = next(own for own in self._records if own["seed"] == seed)
        value, low, high, repeats = (
            None if pd.isna(part) else float(part)
            for end in ("", "_low", "_high", "_repeats")
            for part in [cell.get(column + end)]
        )
        count, over = int(repeats or 1), ONE
        if low is not None:
            blocks = self.details[cell["record"]]["over"].get(column)
            over = f"one seed, median of {count} ({blocks}), 95 % interval"
        return Estimate(value, low, high, count, over)

    def _startup(self) -> Estimate:
        """Import, build, compile and first step of each seed, added up.

        A part that a mode lacks (eager: nothing is compiled) counts as 0
        and is named; without import or first step there is no sum.
        """
        sums: pd.Series[float] | float = 0.0
        without = []
        for part in STARTUP:
            values = pd.Series(self.by_seed(part.column), dtype=float)
            if not values.empty:
                sums = values + sums
            elif part in (STARTUP[0], STARTUP[-1]):
                return Estimate(None, reason=self._why(part.column))
            else:
                without.append(f"no {part.title}: {self._why(part.column)}")
        total = _estimate(list(pd.Series(sums).dropna()))
        return replace(total, remark="; ".join(without))

    def _why(self, column: str) -> str:
        """Why a value is missing, as the records have it."""
        if self.cells.empty:
            return next(iter(self.lost["reason"].dropna()), "no cell finished")
        return next(iter(self._reasons(column)), "not measured")

    def _reasons(self, column: str) -> list[str]:
        return [
            str(reason)
            for detail in self.own
            for name, reason in detail["missing"].items()
            if column == name or column.startswith(name + "_")
        ]


def _estimate(values: list[float]) -> Estimate:
    """The mean over seeds and its interval."""
    own = statistics.interval(values)
    over = f"mean over {own.count} seeds, 95 % t interval"
    over = over if own.count > 1 else ONE
    return Estimate(own.mean, own.low, own.high, own.count, over)
