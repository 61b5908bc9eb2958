"""Where a step's time goes: its operations, by the framework's own profiler.

A profiler slows what it looks at: shares hold, times are those of the speed
pass.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from impls.profiling import Found


def trace(
    profile: Callable[[Found], AbstractContextManager[None]],
    step: Callable[[], object],
    wait: Callable[[], None],
    steps: int,
) -> dict[str, Any]:
    """Perform steps under a framework's profiler, one of `impls.profiling`.

    `wait`: until all that was asked for is done. Returns `seconds` of a
    step, and its `operations`, the longest first: `name`, `calls`, and
    `seconds` of all threads less those of what an operation calls.
    """
    found: Found = {}
    with profile(found):
        started = time.perf_counter()
        for _ in range(steps):
            step()
        wait()
        spent = time.perf_counter() - started
    operations: list[dict[str, Any]] = [
        {"name": name, "calls": calls / steps, "seconds": seconds / steps}
        for name, (seconds, calls) in found.items()
    ]
    operations.sort(key=lambda one: one["seconds"], reverse=True)
    return {"seconds": spent / steps, "operations": operations}
