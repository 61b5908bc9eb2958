"""Work that is not timed, done by both trees at once, each in its worker."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.environment.env_vars import cores
from benchmarks.gate.checkout import processes
from benchmarks.passes.process import Worker, WorkerFailed
from benchmarks.passes.remote_runner import open_worker
from benchmarks.records.verdict import Side

Cell = dict[str, Any]
Answer = TypeVar("Answer")

# By the tree's own code: an older Setting may have other fields
SCRIPT = """
import json, sys
from benchmarks.worker.request import request, setting
cell = json.load(sys.stdin)
print(json.dumps([setting(cell), request(cell)]))
"""


@dataclass(frozen=True)
class Tree:
    """A side at work: a worker that runs the code of its tree."""

    side: Side
    cell: Cell
    worker: Worker
    setting: dict[str, Any]  # the tree's own Setting of the cell
    request: dict[str, Any]  # its own Request


def both(
    sides: tuple[Side, Side],
    cells: tuple[Cell, Cell],
    files: Path,
    name: str,
    work: Callable[[Tree], Answer],
) -> list[Answer]:
    """The results of `work` for base and for head, computed in parallel.

    Each has half of the processor's cores, whatever its cell says. Logs go
    to `<name>-<side>.log` in `files`. Raises WorkerFailed, with the side in
    its reason; no worker survives, however it ends.
    """
    half = {"threads": max(1, cores() // len(sides))}
    with ExitStack() as stack:
        trees = []
        for side, cell in zip(sides, cells, strict=True):
            cell = cell | {"device": cell["device"] | half}
            python = side.pythons[cell["framework"]["name"]]
            setting, request = _own_arguments(side, python, cell)
            worker = open_worker(
                cell,
                files,
                f"{name}-{side.name}",
                python=python,
                root=side.root,
                label=side.name,
            )
            stack.enter_context(worker)
            trees.append(Tree(side, cell, worker, setting, request))
        return _parallel(trees, work)


def _parallel(
    trees: Sequence[Tree], work: Callable[[Tree], Answer]
) -> list[Answer]:
    """Run in one thread each; the first failure, or Ctrl-C, ends the others."""
    with ThreadPoolExecutor(len(trees)) as pool:
        try:
            # An interruption while a thread starts would leave a thread that
            # nobody waits for
            with processes.shielded():
                futures = [pool.submit(work, tree) for tree in trees]
            pending = set(futures)
            while pending:
                # With a timeout: Python handles a signal that arrives just
                # before a wait only when the wait has ended
                done, pending = wait(pending, 1, FIRST_COMPLETED)
                for future in done:
                    future.result()
        except BaseException:
            for tree in trees:
                tree.worker.stop()
            raise
    return [future.result() for future in futures]


def _own_arguments(side: Side, python: str, cell: Cell) -> list[dict[str, Any]]:
    try:
        arguments: list[dict[str, Any]] = processes.answer(
            python, side.root, SCRIPT, cell
        )
    except OSError as problem:
        raise WorkerFailed(f"{side.name}: {problem}") from problem
    except ValueError as problem:
        raise WorkerFailed(
            f"{side.name}: its benchmarks/worker/request.py rejects the cell"
            f" ({problem})"
        ) from problem
    return arguments
