"""One train step under pytest-benchmark, in this process, as users time it.

Not collected by itself: `other_tools.py` runs it in fresh processes, and
describes the step and its slowdown in an environment variable.
"""

import json
import os
from typing import Any

from benchmarks.studies.gate_power import injected_slowdown

TASK = "TRIPTYCH_BENCHMARKED_STEP"


def test_step(benchmark: Any) -> None:
    task = json.loads(os.environ[TASK])
    session = injected_slowdown.Session(task["framework"], "impls")
    session.build(**task["build"])
    session.open(**task["open"])
    session.compile()
    session.warm(injected_slowdown.KIND)
    session.slow(task["count"])
    step = session.steps[injected_slowdown.KIND]
    wait = session.runner.wait

    def timed() -> None:
        step()
        wait()  # else the call alone would be timed where steps return early

    timed()
    benchmark(timed)
