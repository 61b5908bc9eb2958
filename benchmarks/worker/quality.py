"""The quality pass: train, evaluate after every epoch; decode."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.data.batches import Split, batches, valid
from benchmarks.data.dataset import CONTROL
from benchmarks.records.metric import finite
from benchmarks.worker.curves import Curves, mean
from benchmarks.worker.gradient_norms import Norms
from benchmarks.worker.learning_rate import share
from benchmarks.worker.request import Request
from benchmarks.worker.timing import (
    REPORT_SECONDS,
    Clock,
    Report,
    examples,
    progress,
    shapes,
)
from impls.interface import Batch, Runner


def quality(
    runner: Runner,
    splits: dict[str, Split],
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Train the request's epochs: metrics, curves, timings, failure.

    A loss that is not finite, or above `LARGEST`, ends the training after its
    epoch. It, or a parameter that is not finite, gives `failure`, and the
    reason of each metric without a value. With no epochs, the model is only
    evaluated.
    """
    curves = Curves(request)
    norms = Norms(request, request.steps(splits["train"]))

    def evaluate_on(name: str) -> tuple[float, float]:
        return evaluate(runner, splits[name], request)

    if request.epochs:
        started = clock()
        for batch in programs(splits["train"], request):
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
        if curves.failure:
            break
    if request.epochs:
        curves.check(runner.params())
    if not curves.failure:
        started = clock()
        if not request.epochs and "test" in splits:
            curves.add("test", *evaluate_on("test"))
        if request.train_accuracy:
            curves.train_split = evaluate_on("train")
        if request.groups and "test" in splits:
            report({"stage": "groups"})
            curves.groups = by_group(runner, splits["test"], request)
            if CONTROL in splits:
                curves.control = by_group(runner, splits[CONTROL], request)
        curves.timings["evaluation"] += clock() - started
    return norms.add_to(curves.result())


def programs(split: Split, request: Request) -> Iterator[Batch]:
    """A batch for each program that a training needs."""
    yield from shapes(split, request, request.batch_size)
    if not request.fill:
        *_, last = request.training_batches(split, 0)
        if len(last.weights) < request.batch_size:
            yield last


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
    total = request.steps(split)
    started = reported = clock()
    for batch in request.training_batches(split, epoch):
        counts.append(valid(batch))
        placed = runner.place(batch)
        if norms is not None and norms.due():
            runner.wait()
            paused = clock()
            norms.take(runner, placed)
            started += clock() - paused
        if request.schedule != "constant" or request.schedule_warmup:
            now = share(
                request.schedule,
                epoch * total + len(steps),
                request.epochs * total,
                request.schedule_warmup,
                request.final_share,
            )
            runner.set_learning_rate(request.learning_rate * now)
        steps.append(runner.train_step(placed))
        if clock() - reported > REPORT_SECONDS:
            loss = float(runner.fetch(steps[-1:])[0, 0])
            message = progress(request, epoch + 1, len(steps), total)
            report(message | {"loss": finite(loss)})
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
    for batch in request.batches(split, request.eval_batch_size, None):
        counts.append(valid(batch))
        steps.append(runner.eval_step(runner.place(batch)))
    loss, accuracy = mean(runner.fetch(steps), np.array(counts))
    return float(loss), float(accuracy)


def by_group(
    runner: Runner, split: Split, request: Request
) -> dict[str, list[Any]] | None:
    """`accuracy` and `count` of each of the request's groups, in their order.

    None for a split without groups. The accuracy of an empty group is None.
    """
    if split.groups is None:
        return None
    hits = np.zeros(len(request.groups))
    counts = np.zeros(len(request.groups), int)
    size = request.eval_batch_size
    for start in range(0, len(split), size):
        rows = np.arange(start, min(start + size, len(split)))
        batch = next(batches(split, rows, size, request.buckets))
        logits = runner.logits(runner.place(batch))
        correct = predicted(logits, request.objective) == batch.targets
        groups = np.asarray(split.groups[rows])
        if groups.ndim > 1:  # cut as the batch is
            groups = groups[:, : batch.targets.shape[1]]
        kept = (groups >= 0) & (batch.weights[: len(rows)] > 0)
        hit = correct[: len(rows)][kept]
        counts += np.bincount(groups[kept], minlength=len(counts))
        hits += np.bincount(groups[kept], hit, len(counts))
    return {
        "accuracy": [
            float(hit / count) if count else None
            for hit, count in zip(hits, counts, strict=True)
        ],
        "count": [int(count) for count in counts],
    }


def predicted(logits: np.ndarray, objective: str) -> np.ndarray:
    """The most likely class: (..., class) -> (...)."""
    if objective == "binary_cross_entropy":
        return np.asarray(logits[..., 0] > 0)
    return np.asarray(logits.argmax(-1))


def decode(
    runner: Runner,
    split: Split,
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> np.ndarray:
    """Tokens of all examples of a split, in its order.

    Returns (example, `max_new_tokens`) int32, decoded with `beam_width`.
    """
    size = request.eval_batch_size
    reported, rows = -np.inf, []
    for step, batch in enumerate(request.batches(split, size, None)):
        if clock() - reported > REPORT_SECONDS:
            steps = -(-len(split) // size)
            report({"stage": "decoding", "step": step, "steps": steps})
            reported = clock()
        tokens = runner.generate(
            runner.place(batch), request.max_new_tokens, request.beam_width
        )
        rows.append(tokens[: examples(batch)])
    return np.concatenate(rows)
