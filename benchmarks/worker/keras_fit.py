"""What is measured of the book's own program, a Keras `fit`.

The clock is read in callbacks, inside one `fit`, once the batches so far are
computed: Keras runs ahead of them. A metric that needs a Runner is None, with
the reason.
"""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.data.batches import Split
from benchmarks.records.metric import Metric, metric, unknown
from benchmarks.worker.curves import Curves
from benchmarks.worker.memory import STEPS
from benchmarks.worker.request import Request
from benchmarks.worker.speed import OVER, WARMUP_CALLS, inference_metrics
from benchmarks.worker.timing import (
    REPORT_SECONDS,
    Block,
    Clock,
    OnBlock,
    Report,
    Stages,
    block,
    milliseconds,
    progress,
    step_metrics,
    steps_for,
    timed,
)

APART = "inside the first step of `fit`: cannot be timed apart"
UNREPORTED = "the slide's program does not report it"
ENDLESS = 1_000_000  # epochs


class Enough(Exception):
    """Leaves a `fit` once all blocks are timed."""


def quality(
    program: Any,
    splits: dict[str, Split],
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """`fit` as printed on the slide, and `evaluate` on the test split.

    The seconds of an epoch end with its last batch, before validation;
    those of the first include tracing and compiling, as the slide's do.
    Raises ValueError for a learning-rate schedule, which no slide has.
    """
    if request.schedule != "constant" or request.schedule_warmup:
        raise ValueError(
            f"schedule {request.schedule!r}, warm-up of"
            f" {request.schedule_warmup} updates: the slide's program has one"
            " learning rate; expected 'constant' and 0"
        )
    curves, train = Curves(request), splits["train"]
    test = _arrays(splits["test"])
    kept = math.floor(len(train) * (1 - request.validation))
    steps = -(-kept // request.batch_size)
    started = trained = reported = clock()

    def on_batch(index: int) -> None:
        nonlocal trained, reported
        if index + 1 == steps:
            program.wait()
        trained = clock()
        if trained - reported > REPORT_SECONDS:
            reported = trained
            epoch = len(curves.seconds) + 1
            report(progress(request, epoch, index + 1, steps))

    def on_epoch(logs: dict[str, float]) -> None:
        """Validation is over, too."""
        nonlocal started
        curves.add_epoch(logs["loss"], logs["accuracy"], trained - started)
        if "val_loss" in logs:
            curves.add("validation", logs["val_loss"], logs["val_accuracy"])
        if curves.test_due(bool(request.validation)):
            size = request.eval_batch_size
            curves.add("test", *program.evaluate(*test, size))
        report({"stage": "evaluated", **curves.last()})
        started = clock()
        curves.timings["evaluation"] += started - trained

    _fit(program, train, request, request.epochs, on_epoch, on_batch)
    return curves.result()


def training(
    program: Any,
    splits: dict[str, Split],
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Blocks of steps inside one long `fit`."""
    stages = Stages(report, clock)
    with stages("timing"):
        blocks = BlockCallback(request, clock, stages.on_block)
        trained = blocks.fit(program, splits["train"])
    metrics = {
        "compile_seconds": unknown("seconds", APART),
        "first_step_seconds": metric(blocks.first_seconds, "seconds"),
        **step_metrics(trained, f"{OVER}, inside one fit"),
    }
    return {"metrics": metrics, "timings": stages.seconds}


def inference(
    program: Any,
    splits: dict[str, Split],
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Blocks of one `predict` each, and its latency."""
    stages = Stages(report, clock)
    test = splits["test"]
    with stages("inference"):
        metrics = inference_metrics(
            predicted(program, test, request, clock, stages.on_block),
            latency(program, test, clock),
        )
    metrics["compilations_count"] = unknown("count", UNREPORTED)
    return {"metrics": metrics, "timings": stages.seconds}


def few_steps(
    program: Any,
    splits: dict[str, Split],
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """A `fit` of ten batches: what the memory pass alone measures."""
    stages = Stages(report, clock)
    train = splits["train"]
    few = slice(STEPS * request.batch_size)
    short = Split(tuple(a[few] for a in train.inputs), train.targets[few])
    with stages("training"):
        _fit(program, short, request, 1)
        program.wait()
    return {"metrics": {}, "timings": stages.seconds}


@dataclass
class BlockCallback:
    """Reads the clock at fixed counts of batches, from inside a `fit`."""

    request: Request
    clock: Clock
    on_block: OnBlock

    def __post_init__(self) -> None:
        self.first_seconds = 0.0  # of the first step
        self._warmup = max(2, self.request.warmup_steps)
        self._batches = 0
        self._steps = 0  # of a block, once the warm-up is over
        self._half = 0.0  # when the timed half of the warm-up began
        self._edges: list[float] = []

    def fit(self, program: Any, split: Split) -> list[Block]:
        """Fit until all blocks are timed; sets `first_seconds`, too."""
        self._examples, self._wait = len(split), program.wait
        self._started = self.clock()
        with suppress(Enough):
            _fit(program, split, self.request, ENDLESS, on_batch=self._on_batch)
        return [
            Block(self._steps, self._valid(i), end - start)
            for i, (start, end) in enumerate(pairwise(self._edges))
        ]

    def _on_batch(self, index: int) -> None:
        self._batches += 1
        warmup = self._warmup
        past = self._batches - warmup
        if self._batches == 1:
            self.first_seconds = self._now() - self._started
        if self._batches == warmup - warmup // 2:
            self._half = self._now()
        elif past == 0:
            now = self._now()
            step = (now - self._half) / (warmup // 2)
            self._steps = steps_for(self.request.block_seconds, step)
            self._edges.append(now)
        elif past > 0 and past % self._steps == 0:
            self._edges.append(self._now())
            self.on_block(len(self._edges) - 1, self.request.blocks)
            if len(self._edges) > self.request.blocks:
                raise Enough

    def _now(self) -> float:
        """The clock, once all batches so far are computed."""
        self._wait()
        return self.clock()

    def _valid(self, block: int) -> int:
        """Examples of a block: the last batch of an epoch may be smaller."""
        size, examples = self.request.batch_size, self._examples
        per_epoch = -(-examples // size)
        first = self._warmup + block * self._steps
        steps = np.arange(first, first + self._steps) % per_epoch
        return int(np.minimum(size, examples - steps * size).sum())


def predicted(
    program: Any,
    split: Split,
    request: Request,
    clock: Clock,
    on_block: OnBlock,
) -> list[Block]:
    """Blocks of one `predict` each, over as many batches as fill it."""
    inputs, _ = _arrays(split)
    size = request.eval_batch_size

    def predict(steps: int) -> int:
        chosen = inputs[: steps * size]
        program.predict(chosen, size)
        return len(chosen)

    few = max(1, request.warmup_steps)
    predict(few)
    once = block(lambda: predict(few), _wait, 1, clock)
    steps = steps_for(request.block_seconds / 2, once.seconds / few)
    count = request.blocks
    return timed(lambda: predict(steps), _wait, 1, count, clock, on_block)


def latency(program: Any, split: Split, clock: Clock) -> Metric:
    """Milliseconds of `predict` on one example."""
    single = _arrays(split)[0][:1]
    for _ in range(WARMUP_CALLS):
        program.predict(single, 1)
    return milliseconds(lambda: program.predict(single, 1), clock)


def _fit(
    program: Any,
    split: Split,
    request: Request,
    epochs: int,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
    on_batch: Callable[[int], None] | None = None,
) -> None:
    # Only the quality pass validates: a block of steps must not
    validation = request.validation if on_epoch else 0.0
    size = request.batch_size
    program.fit(*_arrays(split), epochs, size, validation, on_epoch, on_batch)


def _arrays(split: Split) -> tuple[np.ndarray, np.ndarray]:
    # `fit` takes whole arrays; all of the chapter's models have one input
    return np.asarray(split.inputs[0]), np.asarray(split.targets)


def _wait() -> None:
    """Nothing: `predict` waits itself."""
