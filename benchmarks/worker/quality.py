"""The quality pass: train, evaluate after every epoch, keep the curves."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.data import batches
from benchmarks.data.batches import Split
from benchmarks.worker.curves import Curves, mean
from benchmarks.worker.gradient_norms import Norms
from benchmarks.worker.request import Request
from benchmarks.worker.subgroups import by_group
from benchmarks.worker.timing import REPORT_SECONDS, Clock, Report, shapes
from impls.interface import Batch, Runner


def quality(
    runner: Runner,
    splits: dict[str, Split],
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Train the request's epochs: metrics, curves, timings, failure.

    A loss that is not finite ends the training after its epoch; it gives
    `failure`, and the reason of each metric without a value. With no epochs,
    the model is only evaluated.
    """
    curves = Curves(request)
    norms = Norms(request, steps_of(splits["train"], request))

    def evaluate_on(name: str) -> tuple[float, float]:
        return evaluate(runner, splits[name], request)

    if request.epochs:
        started = clock()
        for batch in shapes(splits["train"], request, request.batch_size):
            runner.compile(runner.place(batch))
        runner.wait()
        curves.timings["compile"] = clock() - started
    for epoch in range(request.epochs):
        curves.add_steps(
            *train(
                runner, splits["train"], request, epoch, report, clock, norms
            )
        )
        if curves.failure:
            break
        started = clock()
        validated = "validation" in splits
        if validated:
            curves.add("validation", *evaluate_on("validation"))
        if curves.test_due(validated):
            curves.add("test", *evaluate_on("test"))
        curves.timings["evaluation"] += clock() - started
        report({"stage": "evaluated", "epoch": epoch + 1, **curves.last()})
    if not curves.failure:
        started = clock()
        if not request.epochs and "test" in splits:
            curves.add("test", *evaluate_on("test"))
        if request.train_accuracy:
            curves.train_split = evaluate_on("train")
        if request.groups and "test" in splits:
            report({"stage": "groups"})
            curves.groups = by_group(runner, splits["test"], request)
        curves.timings["evaluation"] += clock() - started
    return norms.add_to(curves.result())


def train(
    runner: Runner,
    split: Split,
    request: Request,
    epoch: int,
    report: Report,
    clock: Clock,
    norms: Norms | None = None,
) -> tuple[np.ndarray, np.ndarray, float]:
    """One epoch: (step, 2) loss and accuracy, (step,) targets, seconds.

    Targets without padding. Norms of gradients are taken between steps,
    outside of the seconds.
    """
    steps: list[Any] = []
    counts: list[int] = []
    total = steps_of(split, request)
    started = reported = clock()
    for batch in _batches(split, request, request.batch_size, epoch):
        counts.append(batches.valid(batch))
        placed = runner.place(batch)
        if norms is not None and norms.due():
            runner.wait()
            paused = clock()
            norms.take(runner, placed)
            started += clock() - paused
        if request.schedule == "linear":
            done = (epoch * total + len(steps)) / (request.epochs * total)
            runner.set_learning_rate(request.learning_rate * (1 - done))
        steps.append(runner.train_step(placed))
        if clock() - reported > REPORT_SECONDS:
            loss = float(runner.fetch(steps[-1:])[0, 0])
            report(
                {
                    "stage": "training",
                    "epoch": epoch + 1,
                    "epochs": request.epochs,
                    "step": len(steps),
                    "steps": total,
                    "loss": loss if np.isfinite(loss) else None,
                }
            )
            reported = clock()
    runner.wait()
    seconds = clock() - started
    return runner.fetch(steps), np.array(counts), seconds


def evaluate(
    runner: Runner, split: Split, request: Request
) -> tuple[float, float]:
    """Loss and accuracy over a whole split, in evaluation mode.

    Means over all targets without padding, whatever batch they are in.
    """
    steps, counts = [], []
    for batch in evaluation(split, request):
        counts.append(batches.valid(batch))
        steps.append(runner.eval_step(runner.place(batch)))
    loss, accuracy = mean(runner.fetch(steps), np.array(counts))
    return float(loss), float(accuracy)


def evaluation(split: Split, request: Request) -> Iterator[Batch]:
    """A whole split in its order, in batches for evaluation."""
    return _batches(split, request, request.eval_batch_size, None)


def steps_of(split: Split, request: Request) -> int:
    """Steps of one epoch."""
    if request.bptt_steps:
        return len(split) // request.batch_size // request.bptt_steps
    return -(-len(split) // request.batch_size)


def _batches(
    split: Split, request: Request, size: int, epoch: int | None
) -> Iterator[Batch]:
    shape = request.buckets, request.bptt_steps
    return batches.epoch(split, size, request.seed, epoch, *shape)
