"""A worker's session with an injected slowdown of known size.

Loaded into a worker in place of `benchmarks/gate/timer.py`. The slowdown is
work and no waiting, in the framework and after each step: products of small
matrices, as if somebody had added them to the step, on the device of the
step.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gate import timer

PATH = Path(__file__)
SIZE = 32  # of the square matrices: microseconds each
KIND = "training"  # the steps that are slowed down

Step = Callable[[], object]
Work = Callable[[int], object]  # performs so many products


def start(
    framework: str, library: str, say: Callable[[timer.Answer], None]
) -> "Session":
    """The session of `benchmarks.worker --session`."""
    return Session(framework, library)


class Session(timer.Session):
    """The gate's session with one verb more, `slow`."""

    def warm(self, kind: str) -> timer.Answer:
        """As the gate does; then prepare the work of `slow`."""
        answer = super().warm(kind)
        if self.framework == "jax":
            self.steps[kind] = waited(self.steps[kind], self.runner.wait)
        self.variants: dict[float, Step] = {0.0: self.steps[kind]}
        self.work = WORK[self.framework](self.runner)
        self.work(SIZE)
        self.runner.wait()
        return answer

    def slow(self, count: float) -> None:
        """Add `count` products to every training step; 0: none.

        Fractions accumulate from step to step and from block to block, also
        across blocks with other counts.
        """
        if count not in self.variants:
            self.variants[count] = slowed(self.variants[0], self.work, count)
        self.steps[KIND] = self.variants[count]


def waited(step: Step, wait: Callable[[], None]) -> Step:
    """A step that has been computed when it returns.

    JAX returns earlier, and XLA computes independent operations at the same
    time: products of 3 % of a step slowed it down by 0.2 %. So JAX's steps
    of this study wait, on both sides.
    """

    def call() -> object:
        result = step()
        wait()
        return result

    return call


def slowed(step: Step, work: Work, count: float) -> Step:
    """A step with `count` products more.

    After n steps it has done floor(n count): as evenly as whole products
    allow, and exact in the mean.
    """
    number = done = 0

    def call() -> object:
        nonlocal number, done
        result = step()
        number += 1
        due = int(number * count) - done
        if due:
            work(due)
            done += due
        return result

    return call


def _torch(runner: Any) -> Work:
    torch = import_module("torch")
    square = torch.eye(SIZE, device=runner.device)
    product = torch.empty_like(square)

    def work(count: int) -> None:
        for _ in range(count):
            torch.mm(square, square, out=product)

    return work


def _tensorflow(runner: Any) -> Work:
    tf = import_module("tensorflow")
    with tf.device(runner.device):
        square = tf.eye(SIZE)

    def work(count: int) -> None:
        for _ in range(count):
            tf.linalg.matmul(square, square)

    return work


def _jax(runner: Any) -> Work:
    jax = import_module("jax")
    square = jax.device_put(np.eye(SIZE, dtype=np.float32), runner.device)

    def products(count: Any, square: Any) -> Any:
        return jax.lax.fori_loop(0, count, lambda _, x: x @ square, square)

    # One program for any count: a call for each product would cost more
    # than the product, and wake the device's thread every time
    program = jax.jit(products).lower(np.int32(1), square).compile()
    return lambda count: program(np.int32(count), square).block_until_ready()


WORK = {"torch": _torch, "tensorflow": _tensorflow, "jax": _jax}
