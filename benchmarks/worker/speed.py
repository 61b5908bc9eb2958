"""Timed training, inference and decoding: compile and first step apart."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.data.batches import Split, padding
from benchmarks.records.metric import Metric, metric, metric_or
from benchmarks.worker.request import Request
from benchmarks.worker.timing import (
    Block,
    Clock,
    OnBlock,
    Report,
    Stages,
    Step,
    cycle,
    ignore,
    milliseconds,
    shapes,
    step_metrics,
    throughput,
    timed,
    warm,
)
from impls.interface import Batch, Runner
from impls.sequences import PADDING

OVER = "blocks of one process"
WARMUP_CALLS = 20
WARMUP_DECODINGS = 3  # each has as many steps as it generates symbols


class CompiledAgain(Exception):
    """Something was compiled inside a timed region."""


def training(
    runner: Runner,
    splits: dict[str, Split],
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Compile, then time training steps; raises CompiledAgain."""
    stages = Stages(report, clock)
    bench = TimedRunner(runner, request, clock, stages.on_block)
    train = splits["train"]
    with stages("compile"):
        metrics = bench.first_steps(train)
    with stages("timing"):
        metrics |= step_metrics(bench.blocks("training", train), OVER)
    return {
        "metrics": metrics | bench.padded(train),
        "timings": stages.seconds,
    }


def inference(
    runner: Runner,
    splits: dict[str, Split],
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Time inference, and decoding where there is any; raises CompiledAgain.

    With the parameters that are loaded: the length of a decoded text depends
    on them, and so does its time.
    """
    stages = Stages(report, clock)
    bench = TimedRunner(runner, request, clock, stages.on_block)
    test = splits["test"]
    with stages("inference"):
        metrics = inference_metrics(
            bench.blocks("inference", test), bench.latency(test)
        )
    if request.max_new_tokens:
        with stages("decoding"):
            decoded = bench.blocks("decoding", test)
        tokens_per_second = throughput(decoded, OVER, "tokens/s")
        metrics["decoding_tokens_per_second"] = tokens_per_second
    metrics |= bench.compilations()
    return {"metrics": metrics, "timings": stages.seconds}


def inference_metrics(
    blocks: list[Block], latency: Metric
) -> dict[str, Metric]:
    """The metrics that a Runner and the book's program share."""
    return {
        "inference_examples_per_second": throughput(blocks, OVER),
        "inference_latency_milliseconds": latency,
    }


@dataclass
class TimedRunner:
    """One Runner and a clock."""

    runner: Runner
    request: Request
    clock: Clock = time.perf_counter
    on_block: OnBlock = ignore
    _compiled: int = 0  # inside timed regions

    def first_steps(self, split: Split) -> dict[str, Metric]:
        """Seconds to compile the train step, and of the step after it."""
        first, _ = next(cycle(split, self.request))
        placed = self.runner.place(first)
        self.runner.wait()
        started = self.clock()
        self.runner.compile(placed)
        compiled = self.clock()
        self.runner.train_step(placed)
        self.runner.wait()
        stepped = self.clock()
        return {
            "compile_seconds": self._if_compiled(compiled - started, "seconds"),
            "first_step_seconds": metric(stepped - compiled, "seconds"),
        }

    def step(self, kind: str, split: Split) -> Step:
        """One step of a kind, its batch gathered and placed inside.

        `training`: an update. `inference`: a forward pass whose logits
        arrive on the host. `decoding`: tokens of a batch on the host, as
        many as end or as `max_new_tokens`; these are counted, not examples.
        """
        work, size = self._work(kind), self._size(kind)
        stream = cycle(split, self.request, size)

        def step() -> int:
            batch, valid = next(stream)
            result = work(self.runner.place(batch))
            if kind != "decoding":
                return valid
            # Every step of a text is a token, whatever its number
            if self.request.bptt_steps or self.request.crop_steps:
                return int(result.size)
            return tokens(result[:valid])

        return step

    def _work(self, kind: str) -> Callable[[Batch], Any]:
        runner, request = self.runner, self.request
        return {
            "training": runner.train_step,
            "inference": runner.logits,
            "decoding": lambda placed: runner.generate(
                placed, request.max_new_tokens, request.beam_width
            ),
        }[kind]

    def _size(self, kind: str) -> int:
        request = self.request
        training = kind == "training"
        return request.batch_size if training else request.eval_batch_size

    def warm(self, kind: str, split: Split) -> tuple[Step, int]:
        """A step after its warm-up, and how many of them are one block.

        Compiled for every shape that it can meet.
        """
        request = self.request
        if request.buckets:
            work = self._work(kind)
            for batch in shapes(split, request, self._size(kind)):
                work(self.runner.place(batch))
        step, wait = self.step(kind, split), self.runner.wait
        warmup = request.warmup_steps
        if kind == "decoding":
            warmup = min(warmup, WARMUP_DECODINGS)
        # No gradient, no update: shorter blocks hold as many steps
        share = 1 if kind == "training" else 0.5
        seconds = share * request.block_seconds
        return step, warm(step, wait, warmup, seconds, self.clock)

    def blocks(self, kind: str, split: Split) -> list[Block]:
        """The request's timed blocks, after their warm-up."""
        step, steps = self.warm(kind, split)
        wait, count = self.runner.wait, self.request.blocks
        with self._uncompiled():
            return timed(step, wait, steps, count, self.clock, self.on_block)

    def latency(self, split: Split) -> Metric:
        """Milliseconds from one example on the host to its logits there."""
        runner, request = self.runner, self.request
        single = next(request.batches(split, 1, None))

        def call() -> None:
            runner.logits(runner.place(single))

        for _ in range(WARMUP_CALLS):
            call()  # compiles for a batch of one, before the timed region
        with self._uncompiled():
            return milliseconds(call, self.clock)

    def compilations(self) -> dict[str, Metric]:
        """Programs compiled in timed regions (0, or none are), and of buckets.

        A program per bucket and kind of step: all of the process's.
        """
        metrics = {
            "compilations_count": self._if_compiled(
                self._compiled, "count", "timed regions"
            )
        }
        if self.request.buckets:
            count = self.runner.compilations()
            metrics["programs_count"] = self._if_compiled(
                count, "count", "one process"
            )
        return metrics

    def padded(self, split: Split) -> dict[str, Metric]:
        """The share of padding; {} of a split without lengths."""
        request = self.request
        if split.lengths is None:
            return {}
        share = padding(
            split, request.batch_size, request.seed, request.buckets
        )
        over = "targets of one epoch"
        return {"padding_fraction": metric(share, "fraction", over=over)}

    def _if_compiled(
        self, value: float | None, unit: str, over: str | None = None
    ) -> Metric:
        if self.runner.compilations() is None:
            value = None
        reason = f"{self.request.mode}: nothing is compiled"
        return metric_or(reason, value, unit, over)

    @contextmanager
    def _uncompiled(self) -> Iterator[None]:
        before = self.runner.compilations() or 0
        yield
        self._compiled += (self.runner.compilations() or 0) - before
        if self._compiled:
            raise CompiledAgain(
                f"{self._compiled} programs were compiled inside a timed "
                "region, which must hold steps alone: a shape or a type "
                "differs from those of the warm-up"
            )


def tokens(rows: np.ndarray) -> int:
    """Generated tokens of (batch, length), padding left out."""
    return int(np.count_nonzero(rows != PADDING))
