"""A slower step, injected to measure the power of the gate.

Loaded into a worker in place of `probe`, which knows nothing of it. The
slowdown is work and no waiting, in the framework and behind each step: so
many products of small matrices, as if somebody had added them to the step.
They go where the step computes. JAX returns before it has computed, and
would compute them beside the step: there each step is waited for.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gate import timer

PATH = Path(__file__)
SIZE = 32  # of the square matrices: microseconds each

Step = Callable[[], object]
Work = Callable[[int], object]  # performs so many products


def start(
    framework: str, library: str, say: Callable[[timer.Answer], None]
) -> "Session":
    """The session of `benchmarks.worker --session`."""
    return Session(framework, library)


class Session(timer.Session):
    """The gate's own, and `slow` beside its verbs."""

    def __init__(self, framework: str, library: str) -> None:
        super().__init__(framework, library)
        self.plain: dict[str, Step] = {}
        self.slowed: dict[tuple[str, float], Step] = {}

    def warm(self, kind: str) -> timer.Answer:
        """As the gate does it; what `slow` needs is made behind it."""
        told = super().warm(kind)
        if kind in self.steps:
            if self.framework == "jax":
                self.steps[kind] = settled(self.steps[kind], self.runner.wait)
            self.plain[kind] = self.steps[kind]
            self.work = WORK[self.framework](self.runner)
            self.work(SIZE)
            self.runner.wait()
        return told

    def slow(self, kind: str, count: float) -> None:
        """Let every step of a kind do `count` products more; 0: as it was.

        Fractions are carried over: from step to step, from block to block,
        and past the blocks of other counts between.
        """
        if count == 0:
            self.steps[kind] = self.plain[kind]
            return
        key = kind, count
        if key not in self.slowed:
            self.slowed[key] = wrap(self.plain[kind], self.work, count)
        self.steps[kind] = self.slowed[key]


def settled(step: Step, wait: Callable[[], None]) -> Step:
    """A step that has been computed when it returns.

    XLA computes what does not depend on each other at the same time: 3 % of
    a step in products came to 0.2 %. So the study's steps of JAX wait, on
    both sides.
    """

    def waited() -> object:
        result = step()
        wait()
        return result

    return waited


def wrap(step: Step, work: Work, count: float) -> Step:
    """A step that does `count` products more.

    After n steps it has done floor(n count): as evenly as whole products
    can be, and right in the mean.
    """
    number = done = 0

    def slowed() -> object:
        nonlocal number, done
        result = step()
        number += 1
        due = int(number * count) - done
        if due:
            work(due)
            done += due
        return result

    return slowed


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

    # One program for any count: a call of its own for each product would
    # cost more than the product, and wake the device's thread every time
    program = jax.jit(products).lower(np.int32(1), square).compile()
    return lambda count: program(np.int32(count), square).block_until_ready()


WORK = {"torch": _torch, "tensorflow": _tensorflow, "jax": _jax}
