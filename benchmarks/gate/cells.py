"""One cell on both trees: pairs until all is decided or the time is up."""

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
from benchmarks.gate import accuracy, exact, numerics
from benchmarks.gate.checkout import compose_cells
from benchmarks.gate.decide import FEWEST, Trial, orders
from benchmarks.gate.pairs import STEPS, TIMED, Sample, measure, open_pair
from benchmarks.gate.settings import Settings
from benchmarks.passes.process import WorkerFailed
from benchmarks.records.verdict import (
    CANNOT_TELL,
    CHANGED,
    METRICS,
    NOT_MEASURED,
    CellResult,
    Decision,
    Side,
)

LOST = 3  # pairs of a cell whose worker died: more, and it is the code
KINDS = {metric: kind for kind, (metric, _) in STEPS.items()}
Say = Callable[[str], None]


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
    """What came of the pairs of one metric."""

    trial: Trial
    base: list[float] = field(default_factory=list)
    head: list[float] = field(default_factory=list)
    reason: str | None = None  # why there is nothing


def run(task: Task, seconds: float, say: Say) -> CellResult:
    """Everything that the gate says of a cell within so many seconds.

    Nothing is raised for a cell that fails: that is in its `failure`.
    """
    began = time.monotonic()
    result = CellResult(
        task.title,
        task.cells[1],
        configuration=compose_cells.configuration(*task.cells),
    )
    for side, cell in zip(task.sides, task.cells, strict=True):
        around = surroundings(side, cell)
        result.environments[side.name] = around
        result.fingerprints[side.name] = fingerprint(around)
    with TemporaryDirectory(prefix="triptych-gate-") as folder:
        files = Path(folder)
        try:
            say("mathematics")
            result.mathematics = _mathematics(task, files)
            _pairs(task, result, files, began + seconds, say)
        except WorkerFailed as failed:
            result.failure = _failure(failed)
    result.seconds = time.monotonic() - began
    return result


def _mathematics(task: Task, files: Path) -> Any:
    found = numerics.compare(*task.sides, *task.cells, files)
    if found.word == CHANGED:
        found.accuracy = _accuracy(task, files)
    return found


def _accuracy(task: Task, files: Path) -> Decision:
    """Of short runs; without data it is not known, and the rest still is."""
    try:
        data = task.data(task.cells[1])
    except UserError as error:
        return Decision(
            accuracy.METRIC, "fraction", NOT_MEASURED, reason=str(error)
        )
    return numerics.accuracy(*task.sides, *task.cells, data, files)


def _pairs(
    task: Task, result: CellResult, files: Path, end: float, say: Say
) -> None:
    """Pair after pair, each metric until it is decided."""
    series = {name: Series(Trial(_rule(task, name))) for name in TIMED}
    first: tuple[Sample, Sample] | None = None
    lost = 0
    took = 0.0
    settings = task.settings
    for number, base_first in enumerate(orders(settings.seed, task.title)):
        began = time.monotonic()
        measured = number - lost  # two pairs have no interval
        if measured >= settings.most_pairs or (
            measured >= FEWEST and began + took > end
        ):
            break
        say(_progress(number, series))
        try:
            samples = _pair(task, files, series, number, base_first)
        except WorkerFailed as failed:
            lost += 1  # killed, it may have been chance; raising is not
            if lost >= LOST or " raised " in failed.reason:
                raise
            continue
        first = first or samples
        for name, one in series.items():
            _take(one, name, samples, 1 if base_first else -1)
        took = time.monotonic() - began
        if not any(_open(one) for one in series.values()):
            break
    assert first is not None  # or it has raised
    result.decisions = [_decision(task, n, one) for n, one in series.items()]
    result.decisions += exact.exact(*first, _bounds(task))


def _pair(
    task: Task,
    files: Path,
    series: dict[str, Series],
    number: int,
    base_first: bool,
) -> tuple[Sample, Sample]:
    how = task.settings.blocks
    kinds = tuple(KINDS[n] for n in KINDS if n in series and _open(series[n]))
    with open_pair(
        task.sides,
        task.cells,
        files,
        seed=task.settings.seed + number,
        kinds=kinds,
        how=how,
        base_first=base_first,
    ) as pair:
        return measure(pair, how)


def _open(one: Series) -> bool:
    return one.reason is None and one.trial.word is None


def _take(
    one: Series, name: str, samples: tuple[Sample, Sample], order: int
) -> None:
    if not _open(one):
        return
    found = [sample.get(name) for sample in samples]
    if any(value is None or value["value"] is None for value in found):
        reasons = [v["reason"] for v in found if v and v["reason"]]
        one.reason = reasons[0] if reasons else "was not measured"
        return
    base, head = (float(value["value"]) for value in found if value)
    one.base.append(base)
    one.head.append(head)
    higher = next(m.higher_is_better for m in METRICS if m.name == name)
    cost = base / head if higher else head / base
    one.trial.add(math.log(cost), order)


def _decision(task: Task, name: str, one: Series) -> Decision:
    metric = next(m for m in METRICS if m.name == name)
    if one.reason is not None:
        return Decision(name, metric.unit, NOT_MEASURED, reason=one.reason)
    trial, now = one.trial, one.trial.now()
    low, high = now.limits(0.025)
    word = trial.word or CANNOT_TELL
    more = trial.more_pairs() if trial.word is None else None
    return Decision(
        name,
        metric.unit,
        word,
        ratio=math.exp(now.mean),
        low=math.exp(low),
        high=math.exp(high),
        pairs=len(trial.values),
        floor=trial.rule.floor,
        noise=now.spread,
        p=now.p(1),
        confirmed=trial.confirmed,
        more_pairs=more,
        base=median(one.base),
        head=median(one.head),
        reason=None if trial.word else trial.why(),
        log_ratios=list(trial.values),
    )


def _rule(task: Task, metric: str) -> Any:
    return task.settings.rule(metric, *task.names, task.tests)


def _bounds(task: Task) -> dict[str, float]:
    return {
        metric.name: task.settings.floor(metric.name, *task.names)
        for metric in METRICS
        if metric.kind == "exact"
    }


def surroundings(side: Side, cell: dict[str, Any]) -> dict[str, Any]:
    """The environment that a side measures a cell in."""
    framework = cell["framework"]
    python = side.pythons[framework["name"]]
    return describe(cell | {"framework": framework | {"python": python}})


def _progress(number: int, series: dict[str, Series]) -> str:
    words = [f"pair {number + 1}"]
    trial = series["training_step_milliseconds"].trial
    if len(trial.values) >= FEWEST:
        now = trial.now()
        half = now.limits(0.025)[1] - now.mean
        words.append(f"step {100 * now.mean:+.1f} % (+-{100 * half:.1f})")
    undecided = sum(_open(one) for one in series.values())
    words.append(f"{undecided} of {len(series)} undecided")
    return "  ".join(words)


def _failure(failed: WorkerFailed) -> str:
    text = failed.reason
    if failed.log_tail:
        with suppress(IndexError):
            text += f" ({failed.log_tail.splitlines()[-1].strip()[:200]})"
    return text
