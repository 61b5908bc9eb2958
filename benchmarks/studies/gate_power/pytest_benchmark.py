"""What others say of the same planted changes, on the same machine.

`pytest-benchmark --benchmark-compare-fail=mean:5%`, really run, and a
one-sided Mann-Whitney test over the steps of two processes at 1 %. Both
compare one process with one process; each base is held against each head.
"""

import json
import os
import random
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from benchmarks.studies.gate_power import pool as power_pool
from benchmarks.studies.gate_power.pool import Pool
from benchmarks.studies.gate_power.rival_step import TASK
from benchmarks.worker.request import setting

MODULE = Path(__file__).with_name("rival_step.py")
FOLDER = "rivals"  # in the folder of pools
RULE, PERCENT = "mean:5%", 5.0
ALPHA = 0.01
SIZES = (0, 3, 5)
PROCESSES = 8  # of base, and of head with each size

Say = Callable[[str], None]
Which = tuple[str, int, int]  # side, planted per cent, number
Process = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """Of all comparisons with one size: how many failed, by either rule."""

    benchmark: int
    mann_whitney: int
    comparisons: int


def run(pool: Pool, processes: int, seed: int, say: Say) -> Path:
    """Time base and head anew, in an order that is drawn.

    Goes on where it was stopped; returns the file of all processes.
    """
    path = beside(pool)
    known = power_pool.read(path)
    if known is None:
        power_pool.begin(path, pool.head)
    have = [_which(one) for one in known.rounds] if known else []
    planned = _planned(processes, seed)
    with TemporaryDirectory(prefix="triptych-rivals-") as folder:
        for number, which in enumerate(planned, 1):
            if which in have:
                continue
            say(f"pytest-benchmark, process {number} of {len(planned)}")
            told = _timed(pool, which, path.with_suffix(""), Path(folder))
            power_pool.append(path, told)
    return path


def beside(pool: Pool) -> Path:
    """Where the processes of the rivals are kept."""
    return pool.path.parent / FOLDER / pool.path.name


def _planned(processes: int, seed: int) -> list[Which]:
    """The first base first: the heads are compared with it as they run."""
    rest: list[Which] = [("base", 0, copy) for copy in range(1, processes)]
    rest += [("head", s, copy) for s in SIZES for copy in range(processes)]
    random.Random(seed).shuffle(rest)
    return [("base", 0, 0), *rest]


def _timed(pool: Pool, which: Which, saved: Path, files: Path) -> Process:
    """One process: its seconds per step, and what its exit code says."""
    side, size, copy = which
    cell = pool.head["cell"]
    workload = cell["workload"]
    task = {
        "framework": cell["framework"]["name"],
        "build": {
            "model": workload["model"],
            "spec": workload["spec"],
            "setting": setting(cell),
        },
        "open": {
            "split": pairs.example(cell, files / "examples"),
            "batch": workload["batch"],
        },
        "count": pool.head["counts"][str(size)] if size else 0.0,
    }
    report = files / "report.json"
    options = [f"--benchmark-storage=file://{saved}"]
    if which == ("base", 0, 0):
        options.append("--benchmark-save=base")
    elif side == "head":
        options += ["--benchmark-compare=0001"]
        options += [f"--benchmark-compare-fail={RULE}"]
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
    """Run it; whether it says that the performance has regressed."""
    name = cell["framework"]["name"]
    python = cell["framework"]["python"] or environments.here(ROOT)[name]
    done = subprocess.run(
        # Warnings of the libraries are nothing that is measured here
        [
            python,
            "-m",
            "pytest",
            str(MODULE),
            "-o",
            "filterwarnings=",
            *options,
        ],
        cwd=ROOT,
        env=inherited() | variables(cell) | {TASK: json.dumps(task)},
        capture_output=True,
        text=True,
    )
    told = done.stdout + done.stderr
    regressed = "Performance has regressed" in told
    lost = "Can't compare" in told  # a warning, and exit code 0
    if lost or (done.returncode != 0 and not regressed):
        tail = "\n".join(told.splitlines()[-20:])
        raise UserError(
            f"pytest-benchmark could not time {name} under {python}:"
            f" expected exit code 0 and a base to compare with, came"
            f" {done.returncode}.\n{tail}"
        )
    return done.returncode != 0


def said(pool: Pool, size: int) -> Said:
    """What each rule says of each base against each head."""
    base = _of(pool, "base", 0)
    head = _of(pool, "head", size)
    both = [(one, other) for one in base for other in head]
    return Said(
        sum(slower(a["steps"], b["steps"]) for a, b in both),
        sum(shifted(a["steps"], b["steps"]) for a, b in both),
        len(both),
    )


def agreed(pool: Pool) -> tuple[int, int]:
    """How often the command line said what `slower` says, of how often."""
    base = _of(pool, "base", 0)[:1]
    told = [one for one in pool.rounds if one["failed"] is not None]
    same = [
        slower(base[0]["steps"], one["steps"]) == one["failed"] for one in told
    ]
    return sum(same), len(same)


def slower(base: Sequence[float], head: Sequence[float]) -> bool:
    """pytest-benchmark's rule: the mean has grown by more than 5 %."""
    mean = sum(head) / len(head) / (sum(base) / len(base))
    return 100 * mean - 100 > PERCENT


def shifted(base: Sequence[float], head: Sequence[float]) -> bool:
    """Mann-Whitney: the head's steps take longer, one-sided at 1 %."""
    found = mannwhitneyu(head, base, alternative="greater")
    return bool(found.pvalue < ALPHA)


def _of(pool: Pool, side: str, size: int) -> list[Process]:
    found = [one for one in pool.rounds if _which(one)[:2] == (side, size)]
    return sorted(found, key=lambda one: int(one["copy"]))


def _which(one: Process) -> Which:
    return one["side"], one["size"], one["copy"]
