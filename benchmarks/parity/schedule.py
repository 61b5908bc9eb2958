"""Columns climb the ladder of parity, each in a worker."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import OmegaConf

import impls
from benchmarks.environment import interpreters
from benchmarks.environment.env_vars import cores, variables
from benchmarks.parity.case import Case, facts, rungs, variants
from benchmarks.parity.checks import climb
from benchmarks.parity.compare import Climb
from benchmarks.passes.process import FrameworkMissing, Worker, WorkerFailed
from benchmarks.passes.remote_runner import RemoteRunner
from impls.interface import Setting

PRECISIONS = ("float64", "float32")
CONF = Path(__file__).parents[2] / "conf" / "framework"

Say = Callable[[str], None]


class Place(NamedTuple):
    """One column of one model, in one precision."""

    framework: str
    mode: str
    model: str  # or a variant: `cnn average`
    precision: str

    @property
    def column(self) -> str:
        """torch-eager"""
        return f"{self.framework}-{self.mode}"


def modes(framework: str, model: str, every: bool = False) -> list[str]:
    """Modes to climb in: what a bench takes by itself, and eager.

    And `loop` of models that have it: `loops` in their `parity.json`.
    `every`: those too that compile for minutes.
    """
    known: Any = OmegaConf.load(CONF / f"{framework}.yaml")
    loops = facts(model).get("loops", False)
    possible = [mode for mode in known.modes if loops or mode != "loop"]
    if every:
        return possible
    fastest = known.fastest.cpu
    model = model.partition(" ")[0]
    usual = {"eager", "loop", fastest.get(model, fastest.default)}
    return [mode for mode in possible if mode in usual]


def places(
    models: Iterable[str] = impls.MODELS,
    frameworks: Iterable[str] = impls.FRAMEWORKS,
    precisions: Iterable[str] = PRECISIONS,
    every: bool = False,
) -> list[Place]:
    """All columns of what is named, and of its variants.

    `loop` in float64 alone: it is the same formula, which that shows.
    """
    return [
        Place(framework, mode, model, precision)
        for precision, framework, model in product(
            precisions, frameworks, variants(models)
        )
        for mode in modes(framework, model, every)
        if every or mode != "loop" or precision == "float64"
    ]


def gather(
    wanted: Iterable[Place], say: Say = lambda line: None, seed: int = 0
) -> dict[Place, Climb]:
    """Let every place climb: one worker per framework and precision.

    As many at once as there are processors, with one thread each. What
    fails is told in its Climb; nothing is raised for it.
    """
    groups: dict[tuple[str, str], list[Place]] = {}
    for place in wanted:
        key = place.precision, place.framework
        groups.setdefault(key, []).append(place)
    parties = [Party(group, say, seed) for group in groups.values()]
    pool = ThreadPoolExecutor(cores())
    try:
        list(pool.map(Party.climb, parties))
    except BaseException:
        for party in parties:
            party.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return {k: v for party in parties for k, v in party.done.items()}


class Party:
    """Places of one framework and precision, after one another."""

    def __init__(self, group: list[Place], say: Say, seed: int) -> None:
        self.left = list(group)
        self.say = say
        self.seed = seed
        self.done: dict[Place, Climb] = {}
        self._worker: Worker | None = None
        self._stopped = False

    def climb(self) -> None:
        """Fill `done`; a fresh worker goes on where one has failed."""
        while self.left and not self._stopped:
            self._worker = _worker(self.left[0])
            try:
                with self._worker:
                    for place in self._one_by_one():
                        if not self._stopped:  # or it says what killed it
                            self.say(told(place, self.done[place]))
            except WorkerFailed as failed:  # it did not even start
                self._give_up(_failed(Climb(), failed))

    def stop(self) -> None:
        """End the worker and begin no other; from any thread."""
        self._stopped = True
        if self._worker is not None:
            with suppress(AssertionError, ProcessLookupError):
                os.killpg(self._worker.pid, signal.SIGKILL)

    def _one_by_one(self) -> Iterator[Place]:
        while self.left:
            place = self.left.pop(0)
            self.done[place] = found = self._one(place)
            yield place
            if found.absent:
                self._give_up(found)
            if found.problem:
                return

    def _one(self, place: Place) -> Climb:
        case = _case(place.model, place.precision, self.seed)

        def build(setting: Setting) -> RemoteRunner:
            assert self._worker is not None
            return RemoteRunner(self._worker, case.model, case.spec, setting)

        started, found = time.perf_counter(), Climb(rungs=rungs(case.name))
        try:
            for step in climb(case, build, place.mode):
                found.steps[step.rung] = step
        except WorkerFailed as failed:
            _failed(found, failed)
        found.seconds = time.perf_counter() - started
        return found

    def _give_up(self, found: Climb) -> None:
        if self.left and not found.absent:
            self.say(told(self.left[0], found))
        self.done |= dict.fromkeys(self.left, found)
        self.left.clear()


def told(place: Place, found: Climb) -> str:
    """How a climb went, in a line."""
    if found.absent:
        return f"{place.framework} is skipped: {found.problem}"
    name = f"{place.model} {place.column} {place.precision}"
    if found.problem:
        return f"{name}: failed at rung {found.missed}: {found.problem}"
    return f"{name}: {found.seconds:.1f} s"


@cache
def _case(name: str, precision: str, seed: int) -> Case:
    """What the reference says of it is reckoned once for all columns."""
    return Case(name, precision, seed)


def _worker(place: Place) -> Worker:
    device = {"name": "cpu", "threads": 1}
    return Worker(
        place.framework,
        python=interpreters.interpreter(place.framework),
        environment=variables({"device": device, "precision": place.precision}),
    )


def _failed(found: Climb, failed: WorkerFailed) -> Climb:
    found.problem = failed.reason
    found.absent = isinstance(failed, FrameworkMissing)
    return found
