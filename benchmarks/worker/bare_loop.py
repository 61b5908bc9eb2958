"""A training loop written by hand: what the harness's throughput is held to.

The session of `benchmarks.worker --session`, of one verb.
"""

import os
import time
from statistics import median
from typing import Any

import numpy as np

import impls
from benchmarks.worker.timing import Report
from impls import init
from impls.interface import Batch, Setting


def start(framework: str, library: str, report: Report) -> "Session":
    """The session of a framework."""
    return Session(framework)


class Session:
    """One loop over the training examples of a cell."""

    def __init__(self, framework: str) -> None:
        self.framework = framework

    def hello(self) -> dict[str, Any]:
        return {"pid": os.getpid()}

    def throughput(
        self,
        model: str,
        spec: dict[str, Any],
        setting: dict[str, Any],
        train: dict[str, Any],
        batch_size: int,
        speed: dict[str, Any],
    ) -> float:
        """Examples per second: the median over blocks."""
        sizes = impls.spec(model)(**spec)
        runner = impls.build(model, self.framework, sizes, Setting(**setting))
        runner.load(init.draw(sizes, setting["seed"]))
        inputs = np.load(train["inputs"][0], mmap_mode="r")
        targets = np.load(train["targets"], mmap_mode="r")
        ones = np.ones(batch_size, np.float32)
        random = np.random.default_rng(setting["seed"])
        whole = train["size"] // batch_size * batch_size
        order = random.permutation(whole).reshape(-1, batch_size)
        done = 0

        def examples_per_second(steps: int) -> float:
            nonlocal done
            runner.wait()
            started = time.perf_counter()
            for _ in range(steps):
                rows = order[done % len(order)]
                batch = Batch((inputs[rows],), targets[rows], ones)
                runner.train_step(runner.place(batch))
                done += 1
            runner.wait()
            return steps * batch_size / (time.perf_counter() - started)

        examples_per_second(speed["warmup_steps"])  # compiles
        warm = examples_per_second(speed["warmup_steps"])
        steps = max(1, round(speed["block_seconds"] * warm / batch_size))
        return median(
            examples_per_second(steps) for _ in range(speed["blocks"])
        )
