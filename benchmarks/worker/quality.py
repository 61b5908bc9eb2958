"""The quality pass: train, evaluate every epoch, keep the curves."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.data import batches
from benchmarks.data.batches import Split
from benchmarks.worker.curves import History, mean
from benchmarks.worker.gradient_norms import Norms
from benchmarks.worker.request import Plan
from benchmarks.worker.subgroups import by_group
from benchmarks.worker.timing import Clock, shapes
from impls.interface import Batch, Runner

Say = Callable[[dict[str, Any]], None]
PEEK_SECONDS = 1.0


def quality(
    runner: Runner,
    splits: dict[str, Split],
    plan: Plan,
    say: Say,
    clock: Clock = time.perf_counter,
) -> dict[str, Any]:
    """Train the plan's epochs: metrics, curves, seconds of each phase.

    A loss that is no longer finite ends the training after its epoch;
    `failure` says so, and what cannot be known is None for that reason.
    Of no epoch at all there is only the evaluation.
    """
    history = History(plan)
    norms = Norms(plan, steps_of(splits["train"], plan))

    def figures(name: str) -> tuple[float, float]:
        return evaluate(runner, splits[name], plan)

    if plan.epochs:
        started = clock()
        for batch in shapes(splits["train"], plan, plan.batch):
            runner.compile(runner.place(batch))
        runner.wait()
        history.phases["compile"] = clock() - started
    for epoch in range(plan.epochs):
        epoch_of = train(
            runner, splits["train"], plan, epoch, say, clock, norms
        )
        history.trained(*epoch_of)
        if history.failure:
            break
        started = clock()
        validated = "validation" in splits
        due = ["validation"] * validated
        due += ["test"] * history.test_due(validated)
        history.evaluated({name: figures(name) for name in due})
        history.phases["evaluation"] += clock() - started
        say({"stage": "evaluated", "epoch": epoch + 1, **history.last()})
    if not history.failure:
        started = clock()
        if not plan.epochs and "test" in splits:
            history.evaluated({"test": figures("test")})
        if plan.fitted:
            history.fitted = figures("train")
        if plan.groups and "test" in splits:
            say({"stage": "groups"})
            history.groups = by_group(runner, splits["test"], plan)
        history.phases["evaluation"] += clock() - started
    return norms.into(history.result())


def train(
    runner: Runner,
    split: Split,
    plan: Plan,
    epoch: int,
    say: Say,
    clock: Clock,
    norms: Norms | None = None,
) -> tuple[np.ndarray, np.ndarray, float]:
    """One epoch: (step, 2) loss and accuracy, (step,) targets, seconds.

    The targets are those that count. The norms of gradients are taken
    between steps, outside of the seconds.
    """
    steps: list[Any] = []
    counts: list[int] = []
    every = steps_of(split, plan)
    started = told = clock()
    shape = plan.buckets, plan.window
    for batch in batches.epoch(split, plan.batch, plan.seed, epoch, *shape):
        counts.append(batches.valid(batch))
        placed = runner.place(batch)
        if norms is not None and norms.due():
            runner.wait()
            paused = clock()
            norms.take(runner, placed)
            started += clock() - paused
        if plan.schedule == "linear":
            done = epoch * every + len(steps)
            runner.set_rate(plan.rate * (1 - done / (plan.epochs * every)))
        steps.append(runner.train_step(placed))
        if clock() - told > PEEK_SECONDS:
            loss = float(runner.fetch(steps[-1:])[0, 0])
            say(_progress(plan, epoch, len(steps), every, loss))
            told = clock()
    runner.wait()
    seconds = clock() - started
    return runner.fetch(steps), np.array(counts), seconds


def evaluate(runner: Runner, split: Split, plan: Plan) -> tuple[float, float]:
    """Loss and accuracy over a whole split, in evaluation mode.

    Means over all targets that count, whatever batch they are in.
    """
    steps, counts = [], []
    for batch in evaluation(split, plan):
        counts.append(batches.valid(batch))
        steps.append(runner.eval_step(runner.place(batch)))
    loss, accuracy = mean(runner.fetch(steps), np.array(counts))
    return float(loss), float(accuracy)


def evaluation(split: Split, plan: Plan) -> Iterator[Batch]:
    """A whole split in its order, in the plan's batches for evaluation."""
    size, shape = plan.evaluation_batch, (plan.buckets, plan.window)
    return batches.epoch(split, size, plan.seed, None, *shape)


def steps_of(split: Split, plan: Plan) -> int:
    """Steps of one epoch."""
    if plan.window:
        return len(split) // plan.batch // plan.window
    return -(-len(split) // plan.batch)


def _progress(
    plan: Plan, epoch: int, step: int, steps: int, loss: float
) -> dict[str, Any]:
    return {
        "stage": "training",
        "epoch": epoch + 1,
        "epochs": plan.epochs,
        "step": step,
        "steps": steps,
        "loss": loss if np.isfinite(loss) else None,
    }
