"""The speed pass: compile and first step apart, then timed blocks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmarks.data.batches import Split, batches, padding
from benchmarks.records.metric import Metric, metric, summary, unknown
from benchmarks.worker.request import Plan
from benchmarks.worker.roofline import ceiling, share
from benchmarks.worker.timing import (
    Block,
    Clock,
    Step,
    Tell,
    cycle,
    shapes,
    step_milliseconds,
    throughput,
    timed,
    unheard,
    warm,
)
from impls.interface import Runner
from impls.sequences import PADDING

OVER = "blocks of one process"
WARMUP_CALLS = 20
CALLS, FEW, CALLS_SECONDS = 200, 30, 2.0  # samples of the latency
Say = Callable[[dict[str, Any]], None]


class CompiledAgain(Exception):
    """Something was compiled inside a timed region."""


def speed(
    runner: Runner,
    splits: dict[str, Split],
    plan: Plan,
    flops: int,
    say: Say,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Time training, inference, and the machine; all in one process.

    `flops`: of the forward pass of one example. Raises CompiledAgain.
    """
    stages = Stages(say, clock)
    bench = Bench(runner, plan, clock, stages.tell)
    initial = runner.params() if plan.decode else {}
    with stages("compile"):
        metrics = bench.first_steps(splits["train"])
    with stages("timing"):
        trained = bench.blocks("training", splits["train"])
    with stages("inference"):
        inferred = bench.blocks("inference", splits["test"])
        calls = bench.latency(splits["test"])
    if plan.decode:
        # What is said depends on parameters, and so how long it takes: each
        # framework begins with the same, however far it has trained by now
        runner.load(initial)
        with stages("decoding"):
            decoded = bench.blocks("decoding", splits["test"])
        rate = throughput(decoded, OVER, "tokens/s")
        metrics["decoding_tokens_per_second"] = rate
    metrics |= bench.padded(splits["train"])
    with stages("ceiling"):
        peak = ceiling(runner.matmul, plan.device, clock)
    rate = throughput(trained, OVER)
    metrics |= {
        "training_examples_per_second": rate,
        "training_step_milliseconds": step_milliseconds(trained, OVER),
        "inference_examples_per_second": throughput(inferred, OVER),
        "inference_latency_milliseconds": calls,
        "compilations_count": bench.compilations(),
        "matmul_gflops_per_second": peak,
        "peak_share_fraction": share(flops, rate, peak),
    }
    return {"metrics": metrics, "phases": stages.seconds}


def training(
    runner: Runner,
    split: Split,
    plan: Plan,
    say: Say,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Time training alone: of a phase beside the main one."""
    stages = Stages(say, clock)
    bench = Bench(runner, plan, clock, stages.tell)
    with stages("compile"):
        bench.first_steps(split)
    with stages("timing"):
        trained = bench.blocks("training", split)
    metrics = {
        "training_examples_per_second": throughput(trained, OVER),
        "training_step_milliseconds": step_milliseconds(trained, OVER),
    }
    return {"metrics": metrics, "phases": stages.seconds}


class Bench:
    """One Runner under the clock."""

    def __init__(
        self, runner: Runner, plan: Plan, clock: Clock, tell: Tell = unheard
    ) -> None:
        self.runner = runner
        self.plan = plan
        self.clock = clock
        self.tell = tell
        self._compiled = 0  # inside timed regions

    def first_steps(self, split: Split) -> dict[str, Metric]:
        """Seconds to compile the train step, and of the step after it."""
        first, _ = next(cycle(split, self.plan))
        placed = self.runner.place(first)
        self.runner.wait()
        started = self.clock()
        self.runner.compile(placed)
        compiled = self.clock()
        self.runner.train_step(placed)
        self.runner.wait()
        stepped = self.clock()
        return {
            "compile_seconds": (
                self._eager("seconds")
                if self.runner.compilations() is None
                else metric(compiled - started, "seconds")
            ),
            "first_step_seconds": metric(stepped - compiled, "seconds"),
        }

    def step(self, kind: str, split: Split) -> Step:
        """One step of a kind, its batch gathered and placed inside.

        `training`: an update. `inference`: a forward pass whose scores
        arrive on the host. `decoding`: as many tokens as an example has, or
        the plan's most, on the host.
        """
        runner, plan = self.runner, self.plan
        if kind == "decoding":
            return self._decoding(split)
        work, size = {
            "training": (runner.train_step, plan.batch),
            "inference": (runner.scores, plan.evaluation_batch),
        }[kind]
        stream = cycle(split, plan, size)

        def step() -> int:
            batch, valid = next(stream)
            work(runner.place(batch))
            return valid

        return step

    def _decoding(self, split: Split) -> Step:
        """What is counted is tokens, the end sign among them."""
        runner, plan = self.runner, self.plan
        stream = cycle(split, plan, plan.evaluation_batch)

        def step() -> int:
            batch, valid = next(stream)
            placed = runner.place(batch)
            found = runner.generate(placed, plan.decode, plan.beam)
            # Every step of a text is a token, whatever its number
            return int(found.size) if plan.window else tokens(found[:valid])

        return step

    def reach(self, kind: str, split: Split) -> None:
        """Bring every shape that a kind of step can meet, once."""
        runner, plan = self.runner, self.plan
        if not plan.buckets:
            return
        size = plan.batch if kind == "training" else plan.evaluation_batch
        for batch in shapes(split, plan, size):
            placed = runner.place(batch)
            if kind == "decoding":
                runner.generate(placed, plan.decode, plan.beam)
            elif kind == "inference":
                runner.scores(placed)
            else:
                runner.train_step(placed)

    def warm(self, kind: str, step: Step) -> int:
        """Perform the warm-up; returns the steps of one block."""
        # No gradient, no update: shorter blocks hold as many steps
        share = 1 if kind == "training" else 0.5
        seconds = share * self.plan.block_seconds
        warmup = self.plan.warmup_steps
        return warm(step, self.runner.wait, warmup, seconds, self.clock)

    def blocks(self, kind: str, split: Split) -> list[Block]:
        """The plan's timed blocks, after their warm-up."""
        self.reach(kind, split)
        step = self.step(kind, split)
        steps = self.warm(kind, step)
        wait, count = self.runner.wait, self.plan.blocks
        with self._uncompiled():
            return timed(step, wait, steps, count, self.clock, self.tell)

    def latency(self, split: Split) -> Metric:
        """Milliseconds from one example on the host to its scores there."""
        runner, plan = self.runner, self.plan
        single = (
            next(cycle(split, plan, 1))[0]
            if plan.window
            else next(batches(split, np.arange(1), 1, plan.buckets))
        )

        def call() -> None:
            runner.scores(runner.place(single))

        for _ in range(WARMUP_CALLS):
            call()  # compiles for a batch of one, before the timed region
        with self._uncompiled():
            return milliseconds(call, self.clock)

    def compilations(self) -> Metric:
        """Programs compiled inside timed regions: 0, or none ever are."""
        if self.runner.compilations() is None:
            return self._eager("count")
        return metric(self._compiled, "count", over="timed regions")

    def padded(self, split: Split) -> dict[str, Metric]:
        """What padding wastes and buckets cost; {} where there is neither."""
        plan, metrics = self.plan, {}
        if split.lengths is not None:
            wasted = padding(split, plan.batch, plan.seed, plan.buckets)
            over = "targets of one epoch"
            metrics["padding_fraction"] = metric(wasted, "fraction", over=over)
        if plan.buckets:
            count = self.runner.compilations()
            metrics["programs_count"] = (
                self._eager("count")
                if count is None
                else metric(count, "count", over="one process")
            )
        return metrics

    def _eager(self, unit: str) -> Metric:
        return unknown(unit, f"{self.plan.mode}: nothing is compiled")

    @contextmanager
    def _uncompiled(self) -> Iterator[None]:
        before = self.runner.compilations() or 0
        yield
        self._compiled += (self.runner.compilations() or 0) - before
        if self._compiled:
            raise CompiledAgain(
                f"{self._compiled} programs were compiled inside a timed "
                "region, where no time but the steps' own may fall: a shape "
                "or a type differs from what the warm-up has seen"
            )


def tokens(found: np.ndarray) -> int:
    """Generated tokens of (batch, length), padding left out."""
    return int(np.count_nonzero(found != PADDING))


def milliseconds(call: Callable[[], object], clock: Clock) -> Metric:
    """Each of 200 calls timed; of fewer, if they take over two seconds."""
    samples: list[float] = []
    end = clock() + CALLS_SECONDS
    while len(samples) < CALLS and (len(samples) < FEW or clock() < end):
        started = clock()
        call()
        samples.append(1000 * (clock() - started))
    return summary(samples, "milliseconds", "calls of one process")


class Stages:
    """Seconds of each stage; each is told as it begins."""

    def __init__(self, say: Say, clock: Clock) -> None:
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._say = say
        self._clock = clock

    def tell(self, done: int, count: int) -> None:
        """How far the stage has come: the parent waits for a word."""
        self._say({"stage": self._stage, "step": done, "steps": count})

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self._stage = name
        self._say({"stage": name})
        started = self._clock()
        yield
        self.seconds[name] = self._clock() - started
