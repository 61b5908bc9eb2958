"""The same done by both trees at once, each by its own worker.

For what is not timed. Each tree says itself what its settings mean.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.environment.env_vars import cores, inherited, variables
from benchmarks.passes.process import Worker, WorkerFailed
from benchmarks.records.verdict import Side

Cell = dict[str, Any]
Answer = TypeVar("Answer")

# What this tree's Setting does not know, an older one may
OWN = """
import json, sys
from benchmarks.measure import plan
cell = json.load(sys.stdin)
print(json.dumps([plan.setting(cell), plan.plan(cell)]))
"""


@dataclass(frozen=True)
class Asked:
    """One side at work: a worker that runs its tree's code."""

    side: Side
    cell: Cell
    worker: Worker
    setting: dict[str, Any]  # the tree's own Setting of the cell
    plan: dict[str, Any]  # its own Plan


def both(
    sides: tuple[Side, Side],
    cells: tuple[Cell, Cell],
    files: Path,
    name: str,
    work: Callable[[Asked], Answer],
    library: str = "impls",
) -> list[Answer]:
    """What `work` answers for base and for head, done at the same time.

    Each has half of the processor's cores, whatever its cell says. Logs go
    to `<name>-<side>.log` in `files`. `library`: as `Worker`'s. Raises
    WorkerFailed, with the side in its reason; no worker survives, however
    it ends.
    """
    half = {"threads": max(1, cores() // len(sides))}
    chosen = [cell | {"device": cell["device"] | half} for cell in cells]
    with ExitStack() as stack:
        asked = [
            _asked(stack, side, cell, files, name, library)
            for side, cell in zip(sides, chosen, strict=True)
        ]
        return _together(asked, work)


def _together(
    asked: Sequence[Asked], work: Callable[[Asked], Answer]
) -> list[Answer]:
    """Do all at once; the first failure, or Ctrl-C, ends the others."""
    # An interruption while a thread starts leaves one that is waited for by
    # nobody: none may ask its worker before all have started
    go: Future[bool] = Future()

    def one(each: Asked) -> Answer:
        if not go.result():
            raise WorkerFailed(f"{each.side.name}: interrupted")
        return _told(work, each)

    with ThreadPoolExecutor(len(asked)) as pool:
        try:
            futures = [pool.submit(one, each) for each in asked]
            go.set_result(True)
            pending = set(futures)
            while pending:
                # Not for ever: a signal that comes just before a wait begins
                # is not seen by Python until the wait has ended
                done, pending = wait(pending, 1, FIRST_COMPLETED)
                for future in done:
                    future.result()
        except BaseException:
            _stop(each.worker for each in asked)
            if not go.done():
                go.set_result(False)
            raise
    return [future.result() for future in futures]


def _asked(
    stack: ExitStack,
    side: Side,
    cell: Cell,
    files: Path,
    name: str,
    library: str,
) -> Asked:
    framework = cell["framework"]["name"]
    python = side.pythons.get(framework, sys.executable)
    setting, plan = _own(side, python, cell)
    worker = Worker(
        framework,
        python=python,
        log=files / f"{name}-{side.name}.log",
        scratch=files,
        environment=variables(cell),
        library=library,
        root=side.root,
    )
    try:
        stack.enter_context(worker)
    except WorkerFailed as failed:
        raise _of(side, failed) from failed
    return Asked(side, cell, worker, setting, plan)


def _own(side: Side, python: str, cell: Cell) -> list[dict[str, Any]]:
    try:
        answer = subprocess.run(
            [python, "-c", OWN],
            cwd=side.root,
            env=inherited(),
            input=json.dumps(cell),
            capture_output=True,
            text=True,
        )
    except OSError as problem:
        raise WorkerFailed(f"{side.name}: {problem}") from problem
    if answer.returncode:
        last = answer.stderr.strip().splitlines()[-1:] or ["no message"]
        raise WorkerFailed(
            f"{side.name}: its benchmarks/worker/request.py does not say what"
            f" the cell's settings are ({last[0]})"
        )
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


def _told(work: Callable[[Asked], Answer], asked: Asked) -> Answer:
    try:
        return work(asked)
    except WorkerFailed as failed:
        raise _of(asked.side, failed) from failed


def _of(side: Side, failed: WorkerFailed) -> WorkerFailed:
    return WorkerFailed(f"{side.name}: {failed.reason}", failed.log_tail)


def _stop(workers: Iterable[Worker]) -> None:
    # Not `kill`: it would close pipes that another thread waits on. At the
    # end of its process that thread wakes up
    for worker in workers:
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
