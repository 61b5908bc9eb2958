"""Time of a cell's training step by operation: the measurement, and a table.

The step of the cell's main phase, as in the speed pass, under the framework's
own profiler.
"""

import re
from pathlib import Path
from typing import Any

from benchmarks.errors import UserError
from benchmarks.passes.measure import training_splits
from benchmarks.passes.remote_runner import initialize, open_worker
from benchmarks.worker.request import request

MAX_ROWS = 15  # operations of the table; the others share a row
# Events of threads that wait for an operation of another thread
WAITING = re.compile(r"wait|^KernelAndDeviceFunc::Run$", re.IGNORECASE)

Cell = dict[str, Any]
Row = dict[str, Any]  # name, calls, seconds


def check(cell: Cell) -> None:
    """Raise UserError for a cell whose steps cannot be profiled."""
    if cell["framework"]["name"] == "slide":
        raise UserError(
            "framework=slide: expected torch, tensorflow or jax. The book's"
            " program has no step of its own."
        )
    if cell["device"]["name"] != "cpu":
        raise UserError(
            f"device={cell['device']['name']}: expected cpu. For the kernels"
            " of a GPU, use its vendor's profiler."
        )


def trace(
    cell: Cell, data: dict[str, Any], files: Path | str, steps: int
) -> dict[str, Any]:
    """`seconds` of a step, and its `operations`: see `worker.profile.trace`.

    The log is `trace.log`. Raises FrameworkMissing and WorkerFailed.
    """
    with open_worker(cell, files, "trace") as worker:
        initialize(worker, cell)
        answer: dict[str, Any] = worker.ask(
            "trace",
            splits=training_splits(cell, data),
            request=request(cell),
            steps=steps,
        )
        return answer


def table(cell: Cell, profile: dict[str, Any]) -> list[str]:
    """Lines for a terminal: a summary, and operations, the longest first."""
    framework, workload = cell["framework"], cell["workload"]
    rows = [row for row in profile["operations"] if not _waits(row)]
    waited = sum(row["seconds"] for row in profile["operations"] if _waits(row))
    total = _sum("total", rows)
    size, steps = workload["data"]["batch_size"], workload["bptt_steps"]
    batch = f"{size} examples"
    if steps:
        batch = f"{size} streams, {steps} symbols each"
    elif workload["crop_steps"]:
        batch = f"{size} crops of {workload['crop_steps']} symbols"
    mean = total["seconds"] / max(total["calls"], 1)
    if rest := rows[MAX_ROWS:]:
        rows = [*rows[:MAX_ROWS], _sum(f"{len(rest)} others", rest)]
    return [
        f"{workload['name']} {framework['name']} {framework['mode']}: "
        f"{1000 * profile['seconds']:.2f} ms a step of {batch} under the "
        f"profiler, {total['calls']:,.0f} operations of "
        f"{1e6 * mean:.1f} microseconds, and "
        f"{1000 * waited:.2f} ms in which threads waited",
        f"{'operation':44} {'calls a step':>12} {'ms a step':>10} {'share':>7}",
        *(
            f"{row['name'][:44]:44} {row['calls']:12,.0f} "
            f"{1000 * row['seconds']:10.3f} "
            f"{row['seconds'] / total['seconds']:7.1%}"
            for row in rows
        ),
    ]


def _sum(name: str, rows: list[Row]) -> Row:
    sums = {k: sum(row[k] for row in rows) for k in ("calls", "seconds")}
    return {"name": name, **sums}


def _waits(row: Row) -> bool:
    return bool(WAITING.search(row["name"]))
