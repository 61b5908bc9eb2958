"""Timed blocks: many steps between two readings of the clock."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.data.batches import Split, batches, epoch, valid
from benchmarks.records.metric import Metric, summary
from benchmarks.worker.request import Plan
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


def cycle(
    split: Split, plan: Plan, size: int | None = None
) -> Iterator[tuple[Batch, int]]:
    """Batches and their examples, epoch after epoch, endlessly.

    What fills a batch up is no example. Of a stream each step is one.
    """
    size = size or plan.batch
    shape = plan.buckets, plan.window
    for number in itertools.count():
        for batch in epoch(split, size, plan.seed, number, *shape):
            yield batch, examples(batch, plan.window)


def examples(batch: Batch, window: int | None = None) -> int:
    """Examples of a batch that is not placed; steps, where it is a window."""
    if window:
        return valid(batch)
    weights = np.asarray(batch.weights)
    return int(np.count_nonzero(weights.reshape(len(weights), -1).any(1)))


def shapes(split: Split, plan: Plan, size: int) -> Iterator[Batch]:
    """One batch of each shape that any epoch can bring.

    Of a bucket: made of its longest example alone. So all that is ever
    compiled for this split can be, before a clock is read.
    """
    if not plan.buckets or split.times is None:
        shape = plan.buckets, plan.window
        yield next(epoch(split, size, plan.seed, 0, *shape))
        return
    times = np.asarray(split.times)
    shorter = 0.0
    for limit in (*plan.buckets, np.inf):
        inside = (times > shorter) & (times <= limit)
        if inside.any():
            longest = np.argmax(np.where(inside, times, -1))
            yield next(batches(split, np.full(size, longest), size,
                               plan.buckets))  # fmt: skip
        shorter = limit


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


def throughput(
    blocks: list[Block], over: str, unit: str = "examples/s"
) -> Metric:
    """Examples, or tokens, per second: median and interval over blocks."""
    rates = [block.examples / block.seconds for block in blocks]
    return summary(rates, unit, over)


def step_milliseconds(blocks: list[Block], over: str) -> Metric:
    """Milliseconds per step: median and interval over blocks."""
    each = [1000 * block.seconds / block.steps for block in blocks]
    return summary(each, "milliseconds", over)
