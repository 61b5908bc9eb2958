"""One train step under pytest-benchmark, in this process, as users do it.

Not collected by itself: `pytest_benchmark.py` beside it runs it in fresh
processes, and says in the environment what it times and how much slower.
"""

import json
import os
from typing import Any

from benchmarks.studies.gate_power import injected_slowdown

TASK = "TRIPTYCH_RIVAL"


def test_step(benchmark: Any) -> None:
    task = json.loads(os.environ[TASK])
    session = injected_slowdown.Session(task["framework"], "impls")
    session.build(**task["build"])
    session.open(**task["open"])
    session.compile()
    session.warm("training")
    session.slow("training", task["count"])
    step, wait = session.steps["training"], session.runner.wait

    def timed() -> None:
        step()
        wait()  # or nothing but the call would be timed where steps return

    timed()
    benchmark(timed)
