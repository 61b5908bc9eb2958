"""The memory pass: peaks of a process that did nothing else."""

import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.data.batches import Split
from benchmarks.records.metric import Metric, metric, unknown
from benchmarks.worker.request import Plan
from benchmarks.worker.timing import Clock, cycle, shapes
from impls.interface import Runner

STEPS = 10


def memory(
    runner: Runner,
    splits: dict[str, Split],
    plan: Plan,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Compile, train ten steps, and read the peaks, in bytes.

    Of buckets each takes a step before: the longest has the peak.
    """
    train = splits["train"]
    stream = cycle(train, plan)
    started = clock()
    if plan.buckets:
        for batch in shapes(train, plan, plan.batch):
            runner.train_step(runner.place(batch))
    runner.compile(runner.place(next(stream)[0]))
    compiled = clock()
    for _ in range(STEPS):
        runner.train_step(runner.place(next(stream)[0]))
    runner.wait()
    host = host_peak()  # before the reading itself takes memory
    return {
        "metrics": {"host_peak_bytes": host, **allocator(runner.memory())},
        "phases": {
            "compile": compiled - started,
            "training": clock() - compiled,
        },
    }


def host_peak() -> Metric:
    """Largest resident memory of this process since it started."""
    status = Path("/proc/self/status")
    if status.exists():
        # `ru_maxrss` survives exec: it would be the parent's, were that
        # larger. This one belongs to the program alone.
        line = next(
            line
            for line in status.read_text().splitlines()
            if line.startswith("VmHWM:")
        )
        return metric(int(line.split()[1]) * 1024, "bytes", over="one process")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on macOS, KiB everywhere else
    scale = 1 if sys.platform == "darwin" else 1024
    return metric(peak * scale, "bytes", over="one process")


def allocator(told: dict[str, Any]) -> dict[str, Metric]:
    """What the framework's allocator knows, or why it does not."""
    metrics = {}
    for name in ("peak_bytes", "reserved_bytes"):
        value = told.get(name)
        reason = told.get("reason") or "the allocator does not tell"
        metrics[f"allocator_{name}"] = (
            unknown("bytes", reason)
            if value is None
            else metric(value, "bytes", over="one process")
        )
    return metrics
