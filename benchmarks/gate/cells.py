"""One cell on both trees: pairs until every metric is decided or time is up."""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.environment.describe import describe, fingerprint
from benchmarks.errors import UserError
from benchmarks.gate import accuracy, numerics
from benchmarks.gate.checkout import compose_cells
from benchmarks.gate.decide import MIN_PAIRS, Trial, orders
from benchmarks.gate.exact import EXACT, exact
from benchmarks.gate.pairs import STEPS, TIMED, Sample, measure, open_pair
from benchmarks.gate.settings import Settings
from benchmarks.passes.process import WorkerFailed
from benchmarks.records.verdict import (
    INCONCLUSIVE,
    METRICS,
    NOT_MEASURED,
    CellResult,
    Decision,
    Numerics,
    Side,
)

MAX_LOST = 3  # pairs of a cell whose worker was killed
KINDS = {metric: kind for kind, (metric, _) in STEPS.items()}
BY_NAME = {metric.name: metric for metric in METRICS}
Status = Callable[[str], None]


@dataclass
class Task:
    """One cell of a gate."""

    title: str
    sides: tuple[Side, Side]
    cells: tuple[dict[str, Any], dict[str, Any]]  # as either tree composes it
    settings: Settings
    tests: int  # timed comparisons of the whole gate
    data: Callable[[dict[str, Any]], dict[str, Any]]  # cell -> description

    @property
    def names(self) -> tuple[str, str]:
        """Workload and framework."""
        cell = self.cells[1]
        return cell["workload"]["name"], cell["framework"]["name"]


@dataclass
class Series:
    """The pairs of one timed metric."""

    name: str
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
        values = [sample.get(self.name) for sample in samples]
        if any(value is None or value["value"] is None for value in values):
            reasons = [v["reason"] for v in values if v and v["reason"]]
            self.reason = reasons[0] if reasons else "was not measured"
            return
        base, head = (float(value["value"]) for value in values if value)
        self.base.append(base)
        self.head.append(head)
        higher = BY_NAME[self.name].higher_is_better
        cost = base / head if higher else head / base
        self.trial.add(math.log(cost), order)

    def decision(self) -> Decision:
        """The decision from all pairs so far."""
        name, unit = self.name, BY_NAME[self.name].unit
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


def run(task: Task, seconds: float, status: Status) -> CellResult:
    """Compare one cell within so many seconds.

    A cell that fails raises nothing: see its `failure`.
    """
    began = time.monotonic()
    result = CellResult(
        task.title,
        task.cells[1],
        configuration=compose_cells.configuration(*task.cells),
    )
    for side, cell in zip(task.sides, task.cells, strict=True):
        around = environment(side, cell)
        result.environments[side.name] = around
        result.fingerprints[side.name] = fingerprint(around)
    with TemporaryDirectory(prefix="triptych-gate-") as folder:
        files = Path(folder)
        try:
            status("numerics")
            result.numerics = _numerics(task, files)
            result.decisions = _pairs(task, files, began + seconds, status)
        except WorkerFailed as failed:
            result.failure = _failure(failed)
    result.seconds = time.monotonic() - began
    return result


def _numerics(task: Task, files: Path) -> Numerics:
    result = numerics.compare(task.sides, task.cells, files)
    if result.outcome == numerics.CHANGED:
        try:
            data = task.data(task.cells[1])
        except UserError as error:  # the rest is measured all the same
            result.accuracy = accuracy.not_measured(str(error))
        else:
            result.accuracy = accuracy.accuracy(
                task.sides, task.cells, data, files
            )
    return result


def _pairs(
    task: Task, files: Path, end: float, status: Status
) -> list[Decision]:
    """Pair after pair, each metric until it is decided."""
    settings = task.settings
    series = [
        Series(name, Trial(settings.rule(name, *task.names, task.tests)))
        for name in TIMED
    ]
    first: tuple[Sample, Sample] | None = None
    lost, took = 0, 0.0
    for number, base_first in enumerate(orders(settings.seed, task.title)):
        began = time.monotonic()
        measured = number - lost  # fewer pairs have no interval
        if measured >= settings.max_pairs or (
            measured >= MIN_PAIRS and began + took > end
        ):
            break
        status(_progress(number, series))
        try:
            samples = _pair(task, files, series, number, base_first)
        except WorkerFailed as failed:
            lost += 1  # a kill may be chance; an exception is not
            if lost >= MAX_LOST or " raised " in failed.reason:
                raise
            continue
        first = first or samples
        for metric in series:
            metric.add(samples, 1 if base_first else -1)
        took = time.monotonic() - began
        if not any(metric.open for metric in series):
            break
    assert first is not None  # or it has raised
    bounds = {m.name: settings.floor(m.name, *task.names) for m in EXACT}
    return [metric.decision() for metric in series] + exact(*first, bounds)


def _pair(
    task: Task,
    files: Path,
    series: list[Series],
    number: int,
    base_first: bool,
) -> tuple[Sample, Sample]:
    how = task.settings.blocks
    open_ = {metric.name for metric in series if metric.open}
    with open_pair(
        task.sides,
        task.cells,
        files,
        seed=task.settings.seed + number,
        kinds=[kind for metric, kind in KINDS.items() if metric in open_],
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
    undecided = sum(metric.open for metric in series)
    words.append(f"{undecided} of {len(series)} undecided")
    return "  ".join(words)


def _failure(failed: WorkerFailed) -> str:
    text = failed.reason
    if failed.log_tail:
        with suppress(IndexError):
            text += f" ({failed.log_tail.splitlines()[-1].strip()[:200]})"
    return text
