"""Time of a training step by operation, from the framework's profiler.

A profiler slows the program down: shares are right, times are those of the
speed pass.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from impls.profiling import Operations


def trace(
    profile: Callable[[Operations], AbstractContextManager[None]],
    step: Callable[[], object],
    wait: Callable[[], None],
    steps: int,
) -> dict[str, Any]:
    """Perform steps under a framework's profiler, one of `impls.profiling`.

    `wait`: returns when the device is done. Returns `seconds` of a step, and
    its `operations`, the longest first: `name`, `calls`, and `seconds` of all
    threads, without those of the operations that it calls.
    """
    totals: Operations = {}
    with profile(totals):
        started = time.perf_counter()
        for _ in range(steps):
            step()
        wait()
        total = time.perf_counter() - started
    operations: list[dict[str, Any]] = [
        {"name": name, "calls": calls / steps, "seconds": seconds / steps}
        for name, (seconds, calls) in totals.items()
    ]
    operations.sort(key=lambda row: row["seconds"], reverse=True)
    return {"seconds": total / steps, "operations": operations}
