"""Timed blocks: many steps between two readings of the clock."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.data.batches import Split, batches, valid
from benchmarks.records.metric import Metric, summary
from benchmarks.worker.request import Request
from impls.interface import Batch

REPORT_SECONDS = 1.0  # between two progress reports
# Samples of a latency: fewer of slow calls
CALLS, FEWEST_CALLS, CALLS_SECONDS = 200, 30, 2.0

Clock = Callable[[], float]
Step = Callable[[], int]  # performs one step; returns its valid examples
Report = Callable[[dict[str, Any]], None]  # sends progress to the parent
OnBlock = Callable[[int, int], None]  # blocks done, blocks in all


@dataclass(frozen=True)
class Block:
    """The work between two synchronized edges."""

    steps: int
    examples: int  # without padding
    seconds: float


def ignore(done: int, count: int) -> None:
    """Report no progress."""


def progress(
    request: Request, epoch: int, step: int, steps: int
) -> dict[str, Any]:
    """The progress of a training, in its epoch; both count from 1."""
    return {
        "stage": "training",
        "epoch": epoch,
        "epochs": request.epochs,
        "step": step,
        "steps": steps,
    }


def cycle(
    split: Split, request: Request, size: int | None = None
) -> Iterator[tuple[Batch, int]]:
    """Batches and their numbers of examples, epoch after epoch, endlessly.

    Padding is no example. Of a stream each time step is one.
    """
    size = size or request.batch_size
    for number in itertools.count():
        for batch in request.batches(split, size, number):
            yield batch, examples(batch, request.bptt_steps)


def examples(batch: Batch, bptt_steps: int | None = None) -> int:
    """Examples of a batch that is not placed; of a stream, time steps."""
    if bptt_steps:
        return valid(batch)
    weights = np.asarray(batch.weights)
    return int(np.count_nonzero(weights.reshape(len(weights), -1).any(1)))


def shapes(split: Split, request: Request, size: int) -> Iterator[Batch]:
    """One batch of each shape that any epoch can bring.

    With them, all programs for this split are compiled before a clock is
    read. The batch of a bucket repeats its longest example.
    """
    if not request.buckets or split.times is None:
        yield next(request.batches(split, size, 0))
        return
    times = np.asarray(split.times)
    shorter = 0.0
    for limit in (*request.buckets, np.inf):
        inside = (times > shorter) & (times <= limit)
        if inside.any():
            longest = np.argmax(np.where(inside, times, -1))
            rows = np.full(size, longest)
            yield next(batches(split, rows, size, request.buckets))
        shorter = limit


def timed(
    step: Step,
    wait: Callable[[], None],
    steps: int,
    count: int,
    clock: Clock,
    on_block: OnBlock = ignore,
) -> list[Block]:
    """`count` blocks of `steps` steps; synchronized at their edges only."""
    blocks = []
    for done in range(count):
        on_block(done, count)
        blocks.append(block(step, wait, steps, clock))
    return blocks


def block(
    step: Step, wait: Callable[[], None], steps: int, clock: Clock
) -> Block:
    """One block of `steps` steps."""
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

    Its second half is timed: the first may still allocate and compile.
    """
    observed = max(1, warmup // 2)
    for _ in range(warmup - observed):
        step()
    half = block(step, wait, observed, clock)
    return steps_for(seconds, half.seconds / half.steps)


def steps_for(seconds: float, step_seconds: float) -> int:
    """Steps that fill a block: at least one."""
    if step_seconds <= 0:
        return 1
    return max(1, round(seconds / step_seconds))


def throughput(
    blocks: list[Block], over: str, unit: str = "examples/s"
) -> Metric:
    """Examples, or tokens, per second: median and interval over blocks."""
    values = [block.examples / block.seconds for block in blocks]
    return summary(values, unit, over)


def step_metrics(blocks: list[Block], over: str) -> dict[str, Metric]:
    """Throughput and milliseconds per step of a training, over blocks."""
    steps = [1000 * block.seconds / block.steps for block in blocks]
    return {
        "training_examples_per_second": throughput(blocks, over),
        "training_step_milliseconds": summary(steps, "milliseconds", over),
    }


def milliseconds(call: Callable[[], object], clock: Clock) -> Metric:
    """Each of 200 calls timed; of fewer, if they take over two seconds."""
    samples: list[float] = []
    end = clock() + CALLS_SECONDS
    while len(samples) < CALLS and (
        len(samples) < FEWEST_CALLS or clock() < end
    ):
        started = clock()
        call()
        samples.append(1000 * (clock() - started))
    return summary(samples, "milliseconds", "calls of one process")


@dataclass
class Stages:
    """Seconds of each stage; reports when one begins, and its blocks."""

    report: Report
    clock: Clock
    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str = ""

    def on_block(self, done: int, count: int) -> None:
        """Report how many blocks of the stage are done."""
        self.report({"stage": self._stage, "step": done, "steps": count})

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self._stage = name
        self.report({"stage": name})
        started = self.clock()
        yield
        self.seconds[name] = self.clock() - started
