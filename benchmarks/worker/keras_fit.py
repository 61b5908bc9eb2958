"""The same three passes over the book's own program, a Keras `fit`.

A `fit` cannot be taken apart: its clock is read in callbacks, and what
only a Runner can tell is None, with the reason.
"""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.data.batches import Split
from benchmarks.records.metric import Metric, metric, unknown
from benchmarks.worker.curves import History
from benchmarks.worker.memory import STEPS, allocator, host_peak
from benchmarks.worker.quality import PEEK_SECONDS
from benchmarks.worker.request import Plan
from benchmarks.worker.roofline import ceiling, share
from benchmarks.worker.speed import (
    OVER,
    WARMUP_CALLS,
    Say,
    Stages,
    milliseconds,
)
from benchmarks.worker.timing import (
    Block,
    Clock,
    Tell,
    step_milliseconds,
    steps_for,
    throughput,
    timed,
)

APART = "inside the first step of `fit`: not to be had apart"
UNTOLD = "the slide's program does not tell"


class Enough(Exception):
    """Leaves a `fit` once all blocks are timed."""


def quality(
    program: Any,
    splits: dict[str, Split],
    plan: Plan,
    say: Say,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """`fit` as printed on the slide, and `evaluate` on the test split.

    The seconds of an epoch end with its last batch, before validation;
    those of the first hold tracing and compiling, as the slide's do.
    """
    watch = Watch(program, splits, plan, say, clock)
    _fit(
        program,
        splits["train"],
        plan,
        plan.epochs,
        watch.on_epoch,
        watch.on_batch,
    )
    return watch.history.result()


class Watch:
    """Fills a History from inside a `fit`, and says how far it has come."""

    def __init__(
        self,
        program: Any,
        splits: dict[str, Split],
        plan: Plan,
        say: Say,
        clock: Clock,
    ) -> None:
        self.history = History(plan)
        self._program = program
        self._test = _arrays(splits["test"])
        kept = math.floor(len(splits["train"]) * (1 - plan.validation))
        self._steps = -(-kept // plan.batch)
        self._plan = plan
        self._say = say
        self._clock = clock
        self._started = self._trained = self._told = clock()

    def on_batch(self, index: int) -> None:
        """A batch has been trained on: only the time is taken."""
        self._trained = self._clock()
        if self._trained - self._told > PEEK_SECONDS:
            self._told = self._trained
            self._say(
                {
                    "stage": "training",
                    "epoch": len(self.history.seconds) + 1,
                    "epochs": self._plan.epochs,
                    "step": index + 1,
                    "steps": self._steps,
                }
            )

    def on_epoch(self, logs: dict[str, float]) -> None:
        """An epoch has ended, its validation included."""
        history, plan = self.history, self._plan
        seconds = self._trained - self._started
        history.passed(logs["loss"], logs["accuracy"], seconds)
        if "val_loss" in logs:
            history.add("validation", logs["val_loss"], logs["val_accuracy"])
        if history.test_due(bool(plan.validation)):
            figures = self._program.evaluate(*self._test, plan.evaluation_batch)
            history.evaluated({"test": figures})
        self._say({"stage": "evaluated", **history.last()})
        self._started = self._clock()
        history.phases["evaluation"] += self._started - self._trained


def speed(
    program: Any,
    splits: dict[str, Split],
    plan: Plan,
    flops: int,
    say: Say,
    matmul: Callable[[int], Callable[[], None]],
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Blocks inside one long `fit`, `predict`, and TensorFlow's ceiling."""
    stages = Stages(say, clock)
    with stages("timing"):
        edges = Edges(plan, len(splits["train"]), clock, stages.tell)
        trained = edges.blocks(program, splits["train"])
    with stages("inference"):
        test = splits["test"]
        inferred = inference(program, test, plan, clock, stages.tell)
        calls = latency(program, test, clock)
    with stages("ceiling"):
        peak = ceiling(matmul, plan.device, clock)
    rate = throughput(trained, f"{OVER}, inside one fit")
    metrics = {
        "compile_seconds": unknown("seconds", APART),
        "first_step_seconds": metric(edges.first_seconds, "seconds"),
        "training_examples_per_second": rate,
        "training_step_milliseconds": step_milliseconds(
            trained, f"{OVER}, inside one fit"
        ),
        "inference_examples_per_second": throughput(inferred, OVER),
        "inference_latency_milliseconds": calls,
        "compilations_count": unknown("count", UNTOLD),
        "matmul_gflops_per_second": peak,
        "peak_share_fraction": share(flops, rate, peak),
    }
    return {"metrics": metrics, "phases": stages.seconds}


def memory(
    program: Any,
    splits: dict[str, Split],
    plan: Plan,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """A `fit` of ten batches, then the peak of the process, in bytes."""
    train = splits["train"]
    few = slice(STEPS * plan.batch)
    short = Split(tuple(a[few] for a in train.inputs), train.targets[few])
    started = clock()
    _fit(program, short, plan, 1)
    host = host_peak()
    return {
        "metrics": {"host_peak_bytes": host, **allocator({"reason": UNTOLD})},
        "phases": {"training": clock() - started},
    }


class Edges:
    """Reads the clock at fixed counts of batches, from inside a `fit`."""

    def __init__(
        self, plan: Plan, examples: int, clock: Clock, tell: Tell
    ) -> None:
        self.plan = plan
        self.tell = tell
        self.first_seconds = 0.0
        self._examples = examples
        self._clock = clock
        self._batches = 0
        self._steps = 0  # of a block, once the warm-up is over
        self._half = 0.0  # when the observed half of the warm-up began
        self._edges: list[float] = []

    def blocks(self, program: Any, split: Split) -> list[Block]:
        """Fit until all blocks are timed; `first_seconds` is set, too."""
        self._started = self._clock()
        endless = 1_000_000  # epochs
        with suppress(Enough):
            _fit(program, split, self.plan, endless, on_batch=self._passed)
        return [
            Block(self._steps, self._valid(i), end - start)
            for i, (start, end) in enumerate(pairwise(self._edges))
        ]

    def _passed(self, index: int) -> None:
        self._batches += 1
        warmup = max(2, self.plan.warmup_steps)
        past = self._batches - warmup
        if self._batches == 1:
            self.first_seconds = self._clock() - self._started
        if self._batches == warmup - warmup // 2:
            self._half = self._clock()
        elif past == 0:
            now = self._clock()
            step = (now - self._half) / (warmup // 2)
            self._steps = steps_for(self.plan.block_seconds, step)
            self._edges.append(now)
        elif past > 0 and past % self._steps == 0:
            self._edges.append(self._clock())
            self.tell(len(self._edges) - 1, self.plan.blocks)
            if len(self._edges) > self.plan.blocks:
                raise Enough

    def _valid(self, block: int) -> int:
        # The last batch of every epoch holds what is left
        size, examples = self.plan.batch, self._examples
        per_epoch = -(-examples // size)
        first = max(2, self.plan.warmup_steps) + block * self._steps
        places = np.arange(first, first + self._steps) % per_epoch
        return int(np.minimum(size, examples - places * size).sum())


def inference(
    program: Any, split: Split, plan: Plan, clock: Clock, tell: Tell
) -> list[Block]:
    """Blocks of one `predict` each, over as many batches as fill it."""
    inputs, _ = _arrays(split)
    size = plan.evaluation_batch

    def predict(steps: int) -> int:
        chosen = inputs[: steps * size]
        program.predict(chosen, size)
        return len(chosen)

    few = max(1, plan.warmup_steps)
    predict(few)
    once = timed(lambda: predict(few), _nothing, 1, 1, clock)[0]
    steps = steps_for(plan.block_seconds / 2, once.seconds / few)
    count = plan.blocks
    return timed(lambda: predict(steps), _nothing, 1, count, clock, tell)


def latency(program: Any, split: Split, clock: Clock) -> Metric:
    """Milliseconds of `predict` on one example."""
    single = _arrays(split)[0][:1]
    for _ in range(WARMUP_CALLS):
        program.predict(single, 1)
    return milliseconds(lambda: program.predict(single, 1), clock)


def _fit(
    program: Any,
    split: Split,
    plan: Plan,
    epochs: int,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
    on_batch: Callable[[int], None] | None = None,
) -> None:
    inputs, targets = _arrays(split)
    # Held out while measuring quality only: a block of steps has none
    validation = plan.validation if on_epoch else 0.0
    program.fit(
        inputs,
        targets,
        epochs,
        plan.batch,
        validation,
        on_epoch,
        on_batch,
    )


def _arrays(split: Split) -> tuple[np.ndarray, np.ndarray]:
    # `fit` takes whole arrays; all of the chapter's models have one input
    return np.asarray(split.inputs[0]), np.asarray(split.targets)


def _nothing() -> None:
    """What there is to wait for after a `predict`, which waits itself."""
