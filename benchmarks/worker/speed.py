"""The speed pass: compile and first step apart, then timed blocks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.data.batches import Split, padding
from benchmarks.records.metric import Metric, metric, metric_or
from benchmarks.worker.request import Request
from benchmarks.worker.roofline import ceiling, share
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


class CompiledAgain(Exception):
    """Something was compiled inside a timed region."""


def speed(
    runner: Runner,
    splits: dict[str, Split],
    request: Request,
    flops: int,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Time training, inference and the machine, all in a single process.

    `flops`: of the forward pass of one example. Raises CompiledAgain.
    """
    stages = Stages(report, clock)
    bench = TimedRunner(runner, request, clock, stages.on_block)
    initial = runner.params() if request.max_new_tokens else {}
    metrics, steps = _train(bench, stages, splits["train"])
    with stages("inference"):
        inferred = bench.blocks("inference", splits["test"])
        latency = bench.latency(splits["test"])
    if request.max_new_tokens:
        # The length of a text depends on the parameters, and so does its
        # time: every framework decodes with the initial ones
        runner.load(initial)
        with stages("decoding"):
            decoded = bench.blocks("decoding", splits["test"])
        tokens_per_second = throughput(decoded, OVER, "tokens/s")
        metrics["decoding_tokens_per_second"] = tokens_per_second
    metrics |= bench.padded(splits["train"])
    with stages("ceiling"):
        peak = ceiling(runner.matmul, request.device, clock)
    compilations = bench.compilations()
    metrics |= summarized(steps, inferred, latency, compilations, peak, flops)
    return {"metrics": metrics, "timings": stages.seconds}


def training(
    runner: Runner,
    split: Split,
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Time training alone: of a phase beside the main one."""
    stages = Stages(report, clock)
    bench = TimedRunner(runner, request, clock, stages.on_block)
    _, steps = _train(bench, stages, split)
    return {"metrics": steps, "timings": stages.seconds}


def _train(
    bench: "TimedRunner", stages: Stages, split: Split
) -> tuple[dict[str, Metric], dict[str, Metric]]:
    with stages("compile"):
        first = bench.first_steps(split)
    with stages("timing"):
        return first, step_metrics(bench.blocks("training", split), OVER)


def summarized(
    steps: dict[str, Metric],
    inferred: list[Block],
    latency: Metric,
    compilations: Metric,
    peak: Metric,
    flops: int,
) -> dict[str, Metric]:
    """The metrics that a Runner and the book's program share."""
    return {
        **steps,
        "inference_examples_per_second": throughput(inferred, OVER),
        "inference_latency_milliseconds": latency,
        "compilations_count": compilations,
        "matmul_gflops_per_second": peak,
        "peak_share_fraction": share(
            flops, steps["training_examples_per_second"], peak
        ),
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
            if self.request.bptt_steps:
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
        # No gradient, no update: shorter blocks hold as many steps
        share = 1 if kind == "training" else 0.5
        seconds = share * request.block_seconds
        return step, warm(step, wait, request.warmup_steps, seconds, self.clock)

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

    def compilations(self) -> Metric:
        """Programs compiled inside timed regions: 0, or none ever are."""
        return self._if_compiled(self._compiled, "count", "timed regions")

    def padded(self, split: Split) -> dict[str, Metric]:
        """Share of padding, and programs of buckets; {} without either."""
        request, metrics = self.request, {}
        if split.lengths is not None:
            share = padding(
                split, request.batch_size, request.seed, request.buckets
            )
            over = "targets of one epoch"
            metrics["padding_fraction"] = metric(share, "fraction", over=over)
        if request.buckets:
            count = self.runner.compilations()
            metrics["programs_count"] = self._if_compiled(
                count, "count", "one process"
            )
        return metrics

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
