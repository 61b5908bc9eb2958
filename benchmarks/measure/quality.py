"""The quality pass: train, evaluate every epoch, keep the curves."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.batches import Split, batches, order
from benchmarks.measure.blocks import Clock, cycle
from benchmarks.measure.history import History, mean
from benchmarks.measure.norms import Norms
from benchmarks.measure.plan import Plan
from impls.interface import Runner

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
    norms = Norms(plan, len(splits["train"]))
    size = plan.evaluation_batch
    if plan.epochs:
        started = clock()
        first = next(cycle(splits["train"], plan.seed, plan.batch))
        runner.compile(runner.place(first[0]))
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
        history.evaluated({n: evaluate(runner, splits[n], size) for n in due})
        history.phases["evaluation"] += clock() - started
        say({"stage": "evaluated", "epoch": epoch + 1, **history.last()})
    if not history.failure:
        started = clock()
        if not plan.epochs and "test" in splits:
            history.evaluated({"test": evaluate(runner, splits["test"], size)})
        if plan.fitted:
            history.fitted = evaluate(runner, splits["train"], size)
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
    """One epoch: (step, 2) loss and accuracy, (step,) examples, seconds.

    The norms of gradients are taken between steps, outside of the seconds.
    """
    steps: list[Any] = []
    started = told = clock()
    indices = order(len(split), plan.seed, epoch)
    for batch in batches(split, indices, plan.batch):
        placed = runner.place(batch)
        if norms is not None and norms.due():
            runner.wait()
            paused = clock()
            norms.take(runner, placed)
            started += clock() - paused
        steps.append(runner.train_step(placed))
        if clock() - told > PEEK_SECONDS:
            loss = float(runner.fetch(steps[-1:])[0, 0])
            say(_progress(plan, epoch, len(steps), len(split), loss))
            told = clock()
    runner.wait()
    seconds = clock() - started
    return runner.fetch(steps), counts(len(split), plan.batch), seconds


def evaluate(runner: Runner, split: Split, size: int) -> tuple[float, float]:
    """Loss and accuracy over a whole split, in evaluation mode."""
    steps = [
        runner.eval_step(runner.place(batch))
        for batch in batches(split, np.arange(len(split)), size)
    ]
    loss, accuracy = mean(runner.fetch(steps), counts(len(split), size))
    return float(loss), float(accuracy)


def counts(examples: int, size: int) -> np.ndarray:
    """Valid examples of each batch: (step,)."""
    starts = np.arange(0, examples, size)
    return np.minimum(size, examples - starts)


def _progress(
    plan: Plan, epoch: int, step: int, examples: int, loss: float
) -> dict[str, Any]:
    return {
        "stage": "training",
        "epoch": epoch + 1,
        "epochs": plan.epochs,
        "step": step,
        "steps": -(-examples // plan.batch),
        "loss": loss if np.isfinite(loss) else None,
    }
