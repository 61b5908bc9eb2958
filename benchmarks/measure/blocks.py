"""Timed blocks: many steps between two readings of the clock."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.batches import Split, batches, order
from benchmarks.measure.metrics import Metric, summary
from impls.interface import Batch

Clock = Callable[[], float]
Step = Callable[[], int]  # performs one step; returns its valid examples
Tell = Callable[[int, int], None]  # how many are done, of how many


@dataclass(frozen=True)
class Block:
    """What was done between two synchronised edges."""

    steps: int
    examples: int  # padding does not count
    seconds: float


def unheard(done: int, count: int) -> None:
    """Nobody waits for a word."""


def cycle(split: Split, seed: int, size: int) -> Iterator[tuple[Batch, int]]:
    """Batches and their valid examples, epoch after epoch, endlessly."""
    for epoch in itertools.count():
        left = len(split)
        for batch in batches(split, order(left, seed, epoch), size):
            yield batch, min(size, left)
            left -= size


def timed(
    step: Step,
    wait: Callable[[], None],
    steps: int,
    count: int,
    clock: Clock,
    tell: Tell = unheard,
) -> list[Block]:
    """`count` blocks of `steps` steps; synchronised at their edges only.

    `tell` hears between two blocks how many of them are done.
    """
    blocks = []
    for done in range(count):
        tell(done, count)
        blocks.append(_timed(step, wait, steps, clock))
    return blocks


def _timed(
    step: Step, wait: Callable[[], None], steps: int, clock: Clock
) -> Block:
    examples = 0
    wait()
    started = clock()
    for _ in range(steps):
        examples += step()
    wait()
    return Block(steps, examples, clock() - started)


def warm(
    step: Step,
    wait: Callable[[], None],
    warmup: int,
    seconds: float,
    clock: Clock,
) -> int:
    """Perform the warm-up; returns how many steps take about `seconds`.

    Its second half is timed: the first may still set things up.
    """
    observed = max(1, warmup // 2)
    for _ in range(warmup - observed):
        step()
    block = _timed(step, wait, observed, clock)
    return steps_for(seconds, block.seconds / block.steps)


def steps_for(seconds: float, step_seconds: float) -> int:
    """Steps that fill a block: at least one."""
    if step_seconds <= 0:
        return 1
    return max(1, round(seconds / step_seconds))


def throughput(blocks: list[Block], over: str) -> Metric:
    """Examples per second: median and interval over blocks."""
    rates = [block.examples / block.seconds for block in blocks]
    return summary(rates, "examples/s", over)


def step_milliseconds(blocks: list[Block], over: str) -> Metric:
    """Milliseconds per step: median and interval over blocks."""
    each = [1000 * block.seconds / block.steps for block in blocks]
    return summary(each, "milliseconds", over)
