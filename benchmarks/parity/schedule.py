"""Run the parity checks of many implementations in workers."""

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import OmegaConf

import impls
from benchmarks.config import phases
from benchmarks.environment import interpreters
from benchmarks.environment.env_vars import cores, variables
from benchmarks.parity.case import Case, checks, variants
from benchmarks.parity.checks import run
from benchmarks.parity.compare import Run
from benchmarks.passes.process import Worker, WorkerFailed
from benchmarks.passes.remote_runner import RemoteRunner, open_worker
from impls.interface import Setting

PRECISIONS = ("float64", "float32")
UNOPTIMIZED = "--xla_backend_optimization_level=0"
CONF = Path(__file__).parents[2] / "conf" / "framework"
# Modes that run what the fastest compiles, and the models that stand for all:
# one with convolutions, one that starts at a zero state and one that keeps its
BESIDE = {"eager": ("cnn", "lstm", "language"), "loop": ("lstm", "language")}

Log = Callable[[str], None]


class Implementation(NamedTuple):
    """One framework and mode of one model, in one precision."""

    framework: str
    mode: str
    model: str  # or a variant: `cnn average`
    precision: str

    @property
    def label(self) -> str:
        """Framework and mode, such as `torch-eager`."""
        return f"{self.framework}-{self.mode}"


def modes(framework: str, model: str, every: bool = False) -> list[str]:
    """The fastest mode of a bench; of some models also `eager` and `loop`.

    every: all modes, even those that compile for minutes.
    """
    config: Any = OmegaConf.load(CONF / f"{framework}.yaml")
    unrolled = impls.spec(model.partition(" ")[0]).unrolled
    possible = [mode for mode in config.modes if unrolled or mode != "loop"]
    if every:
        return possible
    usual = {mode for mode, models in BESIDE.items() if model in models}
    usual.add(phases.fastest(framework, model.partition(" ")[0], "cpu"))
    return [mode for mode in possible if mode in usual]


def implementations(
    models: Iterable[str] = impls.MODELS,
    frameworks: Iterable[str] = impls.FRAMEWORKS,
    precisions: Iterable[str] = PRECISIONS,
    every: bool = False,
) -> list[Implementation]:
    """All implementations of the models and their variants.

    float32, which shows lost digits, in the fastest mode only, unless `every`.
    """
    return [
        Implementation(framework, mode, model, precision)
        for precision, framework, model in product(
            precisions, frameworks, variants(models)
        )
        for mode in modes(framework, model, every)
        if every
        or precision == "float64"
        or mode == phases.fastest(framework, model.partition(" ")[0], "cpu")
    ]


def run_all(
    implementations: Iterable[Implementation],
    log: Log = lambda line: None,
    seed: int = 0,
) -> dict[Implementation, Run]:
    """Run all checks, with one worker per framework and precision.

    As many workers at once as there are cores, with one thread each. A
    failure is recorded in its Run instead of being raised.
    """
    groups: dict[tuple[str, str], list[Implementation]] = {}
    for key in implementations:
        groups.setdefault((key.precision, key.framework), []).append(key)
    queues = [Queue(group, log, seed) for group in groups.values()]
    pool = ThreadPoolExecutor(cores())
    try:
        list(pool.map(Queue.run, queues))
    except BaseException:
        for queue in queues:
            queue.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return {key: run for queue in queues for key, run in queue.done.items()}


@dataclass
class Queue:
    """Implementations of one framework and precision, one after another."""

    pending: list[Implementation]
    log: Log
    seed: int
    done: dict[Implementation, Run] = field(default_factory=dict)
    _worker: Worker | None = None
    _stopped: bool = False

    def run(self) -> None:
        """Fill `done`; start a new worker after a failure."""
        while self.pending and not self._stopped:
            self._worker = _worker(self.pending[0])
            try:
                with self._worker as worker:
                    self._until_failure(worker)
            except WorkerFailed as failed:  # at its start
                result = Run()
                result.fail(failed)
                self.log(summary(self.pending[0], result))
                self._give_up(result)

    def stop(self) -> None:
        """End the worker and start no other; from any thread."""
        self._stopped = True
        if self._worker is not None:
            self._worker.stop()

    def _until_failure(self, worker: Worker) -> None:
        result = Run()
        while self.pending and not result.problem:
            key = self.pending.pop(0)
            self.done[key] = result = _checked(worker, key, self.seed)
            if not self._stopped:
                self.log(summary(key, result))
        if result.absent:
            self._give_up(result)

    def _give_up(self, result: Run) -> None:
        self.done |= dict.fromkeys(self.pending, result)
        self.pending.clear()


_case = cache(Case)  # shared, so that the reference computes once


def _checked(worker: Worker, key: Implementation, seed: int) -> Run:
    case = _case(key.model, key.precision, seed)

    def build(setting: Setting) -> RemoteRunner:
        return RemoteRunner(worker, case.model, case.spec, setting)

    started, result = time.perf_counter(), Run(checks=checks(case.name))
    try:
        for check in run(case, build, key.mode):
            result.results[check.check] = check
    except WorkerFailed as failed:
        result.fail(failed)
    result.seconds = time.perf_counter() - started
    return result


def summary(key: Implementation, run: Run) -> str:
    """One line about the checks of one implementation."""
    if run.absent:
        return f"{key.framework} is skipped: {run.problem}"
    name = f"{key.model} {key.label} {key.precision}"
    if run.problem:
        return f"{name}: check {run.missing!r} failed: {run.problem}"
    return f"{name}: {run.seconds:.1f} s"


def _worker(key: Implementation) -> Worker:
    cell: dict[str, Any] = {
        "framework": {
            "name": key.framework,
            "python": interpreters.interpreter(key.framework),
        },
        "device": {"name": "cpu", "threads": 1},
        "precision": key.precision,
    }
    return open_worker(cell, environment=_environment(cell))


def _environment(cell: dict[str, Any]) -> dict[str, str]:
    """Variables of a worker.

    XLA optimizes a float32 program as in a bench. In float64, which compares
    formulas, it leaves out LLVM's passes, which are most of its compilation.
    """
    chosen = variables(cell)
    if cell["precision"] == "float64":
        given = os.environ.get("XLA_FLAGS", "").split()
        flags = dict.fromkeys([*given, UNOPTIMIZED])
        chosen["XLA_FLAGS"] = " ".join(flags)
    return chosen
