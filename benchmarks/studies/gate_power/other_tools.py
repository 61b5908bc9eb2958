"""Other tools on the same injected slowdowns, on the same machine.

`pytest-benchmark --benchmark-compare-fail=mean:5%`, really run, and a
one-sided Mann-Whitney test at 1 % over the steps of two processes. Both
compare one process with one process; each base is compared with each head.
"""

import json
import os
import random
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scipy.stats import mannwhitneyu

from benchmarks.environment.env_vars import inherited, variables
from benchmarks.errors import UserError
from benchmarks.gate import pairs
from benchmarks.gate.checkout import environments
from benchmarks.records.revision import ROOT
from benchmarks.studies.gate_power import pool as pools
from benchmarks.studies.gate_power.benchmarked_step import TASK
from benchmarks.studies.gate_power.pool import Pool
from benchmarks.worker.request import build_arguments

MODULE = Path(__file__).with_name("benchmarked_step.py")
FOLDER = "other_tools"  # in the folder of pools
FAIL, PERCENT = "mean:5%", 5.0
ALPHA = 0.01
SIZES = (0, 3, 5)
PROCESSES = 8  # of base, and of head with each size

Key = tuple[str, int, int]  # side, injected per cent, number
Process = dict[str, Any]
Steps = Sequence[float]  # seconds of each step of a process


def run(
    pool: Pool, processes: int, seed: int, status: Callable[[str], None]
) -> None:
    """Time base and head anew, in a drawn order; continues an earlier run."""
    path = beside(pool)
    others = pools.read(path) or pools.begin(path, pool.head)
    done = [_key(process) for process in others.rounds]
    planned = plan(processes, seed)
    with TemporaryDirectory(prefix="triptych-other-tools-") as folder:
        for number, key in enumerate(planned, 1):
            if key in done:
                continue
            status(
                f"{pool.title}: pytest-benchmark, process {number} of"
                f" {len(planned)}"
            )
            others.append(_time(others, key, Path(folder)))


def beside(pool: Pool) -> Path:
    """The file of the processes that belong to a pool."""
    return pool.path.parent / FOLDER / pool.path.name


def plan(processes: int, seed: int) -> list[Key]:
    """The first base first: the heads are compared with it as they run."""
    rest: list[Key] = [("base", 0, copy) for copy in range(1, processes)]
    rest += [("head", s, copy) for s in SIZES for copy in range(processes)]
    random.Random(seed).shuffle(rest)
    return [("base", 0, 0), *rest]


def _time(others: Pool, key: Key, files: Path) -> Process:
    """One process: its seconds per step, and its exit code's meaning."""
    side, size, copy = key
    cell = others.head["cell"]
    task = {
        "framework": cell["framework"]["name"],
        "build": build_arguments(cell),
        "open": {
            "split": pairs.example(cell, files / "examples"),
            "batch": cell["workload"]["data"]["batch_size"],
        },
        "count": others.head["counts"][str(size)] if size else 0.0,
    }
    report = files / "report.json"
    storage = others.path.with_suffix("")
    options = [f"--benchmark-storage=file://{storage}"]
    if key == ("base", 0, 0):
        options.append("--benchmark-save=base")
    elif side == "head":
        options += ["--benchmark-compare=0001"]
        options += [f"--benchmark-compare-fail={FAIL}"]
    load = os.getloadavg()[0]
    failed = _pytest(cell, task, [f"--benchmark-json={report}", *options])
    stats = json.loads(report.read_text())["benchmarks"][0]["stats"]
    return {
        "side": side,
        "size": size,
        "copy": copy,
        "failed": failed if side == "head" else None,
        "mean": stats["mean"],
        "steps": stats["data"],
        "load": round(load, 2),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _pytest(cell: Any, task: dict[str, Any], options: list[str]) -> bool:
    """Run it; returns whether it reports a regression."""
    name = cell["framework"]["name"]
    python = cell["framework"]["python"] or environments.here(ROOT)[name]
    # Warnings of the libraries are not measured
    command = [python, "-m", "pytest", str(MODULE), "-o", "filterwarnings="]
    done = subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env=inherited() | variables(cell) | {TASK: json.dumps(task)},
        capture_output=True,
        text=True,
    )
    output = done.stdout + done.stderr
    regressed = "Performance has regressed" in output
    lost = "Can't compare" in output  # a warning, and exit code 0
    if lost or (done.returncode != 0 and not regressed):
        tail = "\n".join(output.splitlines()[-20:])
        raise UserError(
            f"pytest-benchmark could not time {name} under {python}: exit"
            f" code {done.returncode}, expected 0 and a base to compare"
            f" with.\n{tail}"
        )
    return done.returncode != 0


def comparisons(others: Pool, size: int) -> list[tuple[Steps, Steps]]:
    """Steps of each base and of each head with a size."""
    return [
        (base["steps"], head["steps"])
        for base in _select(others, "base", 0)
        for head in _select(others, "head", size)
    ]


def agreed(others: Pool) -> list[bool]:
    """Whether each exit code agrees with `slower`."""
    base = _select(others, "base", 0)[0]
    return [
        slower(base["steps"], process["steps"]) == process["failed"]
        for process in others.rounds
        if process["failed"] is not None
    ]


def slower(base: Steps, head: Steps) -> bool:
    """pytest-benchmark's rule: the mean has grown by more than 5 %."""
    mean = sum(head) / len(head) / (sum(base) / len(base))
    return 100 * mean - 100 > PERCENT


def shifted(base: Steps, head: Steps) -> bool:
    """Mann-Whitney: the head's steps take longer, one-sided at 1 %."""
    result = mannwhitneyu(head, base, alternative="greater")
    return bool(result.pvalue < ALPHA)


RULES = {
    f"pytest-benchmark {FAIL}": slower,
    f"Mann-Whitney, p < {ALPHA:g}": shifted,
}


def _select(others: Pool, side: str, size: int) -> list[Process]:
    chosen = [p for p in others.rounds if _key(p)[:2] == (side, size)]
    return sorted(chosen, key=lambda process: int(process["copy"]))


def _key(process: Process) -> Key:
    return process["side"], process["size"], process["copy"]
