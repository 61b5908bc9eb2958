"""One cell on both trees: pairs until every metric is decided or time is up."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.environment.describe import describe, fingerprint
from benchmarks.errors import UserError
from benchmarks.gate import accuracy, numerics
from benchmarks.gate.checkout import compose_cells
from benchmarks.gate.decide import MIN_PAIRS, Trial, orders
from benchmarks.gate.exact import EXACT, exact, missing
from benchmarks.gate.pairs import STEPS, TIMED, Sample, measure, open_pair
from benchmarks.gate.settings import Settings
from benchmarks.passes.process import WorkerFailed
from benchmarks.records.verdict import (
    CHANGED,
    INCONCLUSIVE,
    NOT_MEASURED,
    CellResult,
    Decision,
    Metric,
    Numerics,
    Side,
)

Status = Callable[[str], None]
MAX_LOST = 3  # pairs of a cell whose worker was killed


@dataclass
class Series:
    """The pairs of one timed metric."""

    metric: Metric
    trial: Trial
    base: list[float] = field(default_factory=list)
    head: list[float] = field(default_factory=list)
    reason: str | None = None  # why there is no value

    @property
    def open(self) -> bool:
        """Whether more pairs can decide it."""
        return self.reason is None and self.trial.outcome is None

    def add(self, samples: tuple[Sample, Sample], order: int) -> None:
        """Add a pair of samples, unless it is decided."""
        if not self.open:
            return
        old, new = (sample.get(self.metric.name, {}) for sample in samples)
        self.reason = missing(old, new)
        if self.reason is not None:
            return
        base, head = float(old["value"]), float(new["value"])
        self.base.append(base)
        self.head.append(head)
        cost = base / head if self.metric.higher_is_better else head / base
        self.trial.add(math.log(cost), order)

    def decision(self) -> Decision:
        """The decision from all pairs so far."""
        name, unit = self.metric.name, self.metric.unit
        if self.reason is not None:
            return Decision(name, unit, NOT_MEASURED, reason=self.reason)
        trial, now = self.trial, self.trial.now()
        low, high = now.limits(0.025)
        open_ = trial.outcome is None
        return Decision(
            name,
            unit,
            trial.outcome or INCONCLUSIVE,
            ratio=math.exp(now.mean),
            low=math.exp(low),
            high=math.exp(high),
            pairs=len(trial.values),
            floor=trial.rule.floor,
            noise=now.spread,
            p=now.p(1),
            confirmed=trial.confirmed,
            more_pairs=trial.more_pairs() if open_ else None,
            base=median(self.base),
            head=median(self.head),
            reason=trial.reason() if open_ else None,
            log_ratios=list(trial.values),
        )


@dataclass
class Comparison:
    """One cell of a gate, on both sides."""

    title: str
    sides: tuple[Side, Side]
    cells: tuple[dict[str, Any], dict[str, Any]]  # as either tree composes it
    settings: Settings
    tests: int  # timed comparisons of the whole gate
    data: Callable[[dict[str, Any]], dict[str, Any]]  # cell -> description

    @cached_property
    def environments(self) -> dict[str, dict[str, Any]]:
        """The environment of each side, by its name."""
        pairs = zip(self.sides, self.cells, strict=True)
        return {side.name: environment(side, cell) for side, cell in pairs}

    def run(self, seconds: float, status: Status) -> CellResult:
        """Compare within so many seconds.

        A cell that fails raises nothing: see its `failure`.
        """
        began = time.monotonic()
        result = CellResult(
            self.title,
            self.cells[1],
            configuration=compose_cells.configuration(*self.cells),
            environments=self.environments,
            fingerprints={
                name: fingerprint(around)
                for name, around in self.environments.items()
            },
        )
        with TemporaryDirectory(prefix="triptych-gate-") as folder:
            try:
                status("numerics")
                result.numerics = self._numerics(Path(folder))
                end = began + seconds
                result.decisions = self._pairs(Path(folder), end, status)
            except WorkerFailed as failed:
                result.failure = failed.reason
                if log := failed.log_tail.strip().splitlines():
                    result.failure += f" ({log[-1].strip()[:200]})"
        result.seconds = time.monotonic() - began
        return result

    def _numerics(self, files: Path) -> Numerics:
        result = numerics.compare(self.sides, self.cells, files)
        if result.outcome == CHANGED:
            try:
                data = self.data(self.cells[1])
            except UserError as error:  # the rest is measured all the same
                result.accuracy = accuracy.not_measured(str(error))
            else:
                result.accuracy = accuracy.accuracy(
                    self.sides, self.cells, data, files
                )
        return result

    def _pairs(self, files: Path, end: float, status: Status) -> list[Decision]:
        """Pair after pair, each metric until it is decided."""
        settings, cell = self.settings, self.cells[1]
        names = cell["workload"]["name"], cell["framework"]["name"]
        series = [
            Series(
                metric, Trial(settings.rule(metric.name, *names, self.tests))
            )
            for metric in TIMED
        ]
        first: tuple[Sample, Sample] | None = None
        lost, took = 0, 0.0
        for number, base_first in enumerate(orders(settings.seed, self.title)):
            began = time.monotonic()
            measured = number - lost  # fewer pairs have no interval
            if measured >= settings.max_pairs or (
                measured >= MIN_PAIRS and began + took > end
            ):
                break
            status(_progress(number, series))
            try:
                samples = self._pair(files, series, number, base_first)
            except WorkerFailed as failed:
                lost += 1  # a kill may be chance; an exception is not
                if lost >= MAX_LOST or " raised " in failed.reason:
                    raise
                continue
            first = first or samples
            for timed in series:
                timed.add(samples, 1 if base_first else -1)
            took = time.monotonic() - began
            if not any(timed.open for timed in series):
                break
        assert first is not None  # or it has raised
        bounds = {m.name: settings.floor(m.name, *names) for m in EXACT}
        return [timed.decision() for timed in series] + exact(*first, bounds)

    def _pair(
        self, files: Path, series: list[Series], number: int, base_first: bool
    ) -> tuple[Sample, Sample]:
        how = self.settings.blocks
        open_ = {timed.metric.name for timed in series if timed.open}
        with open_pair(
            self.sides,
            self.cells,
            files,
            seed=self.settings.seed + number,
            kinds=[kind for kind, (name, _) in STEPS.items() if name in open_],
            how=how,
            base_first=base_first,
        ) as pair:
            return measure(pair, how)


def environment(side: Side, cell: dict[str, Any]) -> dict[str, Any]:
    """The environment that a side measures a cell in."""
    framework = cell["framework"]
    python = side.pythons[framework["name"]]
    return describe(cell | {"framework": framework | {"python": python}})


def _progress(number: int, series: list[Series]) -> str:
    words = [f"pair {number + 1}"]
    trial = series[0].trial
    if len(trial.values) >= MIN_PAIRS:
        now = trial.now()
        half = now.limits(0.025)[1] - now.mean
        words.append(f"step {100 * now.mean:+.1f} % (+-{100 * half:.1f})")
    undecided = sum(timed.open for timed in series)
    words.append(f"{undecided} of {len(series)} undecided")
    return "  ".join(words)
