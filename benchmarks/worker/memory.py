"""Peaks of memory: of the process, and of the framework's allocator."""

import re
import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.data.batches import Split
from benchmarks.records.metric import Metric, metric, metric_or
from benchmarks.worker.request import Request
from benchmarks.worker.timing import Clock, Report, Stages, cycle, shapes
from impls.interface import Runner

STEPS = 10


def few_steps(
    runner: Runner,
    splits: dict[str, Split],
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Compile and train ten steps: what the memory pass alone measures.

    Before that, one step for each bucket: the longest has the peak.
    """
    stages = Stages(report, clock)
    train = splits["train"]
    stream = cycle(train, request)
    with stages("compile"):
        if request.buckets:
            for batch in shapes(train, request, request.batch_size):
                runner.train_step(runner.place(batch))
        runner.compile(runner.place(next(stream)[0]))
    with stages("training"):
        for _ in range(STEPS):
            runner.train_step(runner.place(next(stream)[0]))
        runner.wait()
    return {"metrics": {}, "timings": stages.seconds}


def host_peak() -> Metric:
    """Largest resident memory of this process since it started."""
    status = Path("/proc/self/status")
    if status.exists():
        # `ru_maxrss` survives exec: a larger parent would leave its peak.
        # This one is of the program alone.
        match = re.search(r"VmHWM:\s+(\d+)", status.read_text())
        assert match is not None, "the kernel reports no VmHWM"
        peak = int(match[1]) * 1024
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # Bytes on macOS, KiB everywhere else
        peak *= 1 if sys.platform == "darwin" else 1024
    return metric(peak, "bytes", over="one process")


def allocator(sizes: dict[str, Any]) -> dict[str, Metric]:
    """Metrics of `Runner.memory`, which may give a reason in place of sizes."""
    reason = sizes.get("reason") or "the allocator reports no sizes"
    return {
        f"allocator_{name}": metric_or(
            reason, sizes.get(name), "bytes", "one process"
        )
        for name in ("peak_bytes", "reserved_bytes")
    }
