"""The parity ladder: what one column computes, rung by rung.

1 names, shapes, bits; 2 scores; 3 loss and gradients; 4 optimiser steps;
5 training mode, where a model has one; 6 a trajectory of losses. Beside
what was found stands what the model's `reference.py` and `oracle.py` say of
the same point.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.parity import reference, training_mode
from benchmarks.parity.case import RUNGS, Case, facts, rungs
from benchmarks.passes.remote_runner import RemoteRunner
from impls.interface import Params, Setting, trained

__all__ = ["RUNGS", "Case", "Step", "climb", "facts"]

STEPS, TRAJECTORY = 10, 30  # optimiser steps of rungs 4 and 6

Build = Callable[[Setting], RemoteRunner]


class Step(NamedTuple):
    """One rung: what the column computed, what the reference says."""

    rung: int
    found: Params
    expected: Params


def climb(case: Case, build: Build, mode: str) -> Iterator[Step]:
    """Rung after rung of one column, in one of its modes.

    Raises what the Runner raises, at the rung that it cannot climb.
    """
    runner = build(case.setting(mode=mode))
    yield _bits(case, runner)
    yield _scores(case, runner)
    yield _gradients(case, runner)
    steps = _steps(case, runner, case.setting())
    trajectory = _trajectory(case, runner)
    training = (
        training_mode.training(case, runner) if 5 in rungs(case.name) else None
    )
    descent = case.setting("sgd", mode)
    other = _steps(case, build(descent), descent)
    yield Step(4, steps.found | other.found, steps.expected | other.expected)
    if training:
        yield Step(5, *training)
    yield trajectory


def _bits(case: Case, runner: RemoteRunner) -> Step:
    runner.load(case.kinked)
    return Step(1, runner.params(), case.kinked)


def _scores(case: Case, runner: RemoteRunner) -> Step:
    batch = case.batch(0)
    expected = case.scores(case.kinked, batch)
    return Step(2, {"scores": runner.scores(batch)}, {"scores": expected})


def _gradients(case: Case, runner: RemoteRunner) -> Step:
    """Gradients at kinks, for pairs; at a smooth point, for the reference."""
    loss, gradients = runner.gradients(case.batch(0))
    found = {"loss": np.array(loss)} | gradients
    told = case.objective(case.kinked, case.batch(0), training=True)
    expected = {"loss": told["loss"]}
    runner.load(case.smooth)
    loss, gradients = runner.gradients(case.batch(1))
    found |= {"loss, smooth": np.array(loss)}
    told = case.objective(case.smooth, case.batch(1), training=True)
    expected |= {"loss, smooth": told["loss"]}
    slopes = reference.project(gradients, case.along)
    found |= {f"{name}, along": slope for name, slope in slopes.items()}
    expected |= {f"{n}, along": slope for n, slope in case.slopes.items()}
    return Step(3, found, expected)


def _steps(case: Case, runner: RemoteRunner, setting: Setting) -> Step:
    """Parameters after one step, and how far ten have moved them.

    The reference steps by the same gradients: rung 3 has held those.
    """
    batches = [case.batch(seed) for seed in range(STEPS)]
    runner.load(case.smooth)
    runner.train_steps(batches[:1])  # what `load` must make forgotten
    runner.load(case.kinked)
    gradients, after = [], {}
    for number, batch in enumerate(batches, 1):
        gradients.append(runner.gradients(batch)[1])
        runner.train_steps([batch])
        if number in (1, STEPS):
            after[number] = runner.params()
    start = {name: case.kinked[name] for name in trained(case.kinked)}
    expected = {
        number: reference.train(start, gradients[:number], setting)
        for number in after
    }
    return Step(
        4,
        _effects(start, after, setting.optimiser),
        _effects(start, expected, setting.optimiser),
    )


def _effects(start: Params, after: dict[int, Params], rule: str) -> Params:
    one = {f"{name}, 1 {rule}": after[1][name] for name in start}
    return one | {
        f"{name}, effect of {STEPS} {rule}": np.float64(after[STEPS][name])
        - value
        for name, value in start.items()
    }


def _trajectory(case: Case, runner: RemoteRunner) -> Step:
    """Losses of training, then of evaluation; the reference evaluates."""
    runner.load(case.smooth)
    batches = [case.batch(seed % 5) for seed in range(TRAJECTORY)]
    steps = runner.train_steps(batches)
    held = case.batch(7)
    evaluated = runner.eval_steps([held])
    found = _named("evaluation", evaluated) | _named("first", steps[:1])
    found |= {"evaluation scores": runner.scores(held)}
    found |= {"losses": steps[:, 0]}
    params = runner.params()
    start = case.objective(case.smooth, batches[0], training=True)
    if "accuracy" in start:
        found |= {"accuracies": steps[:, 1]}
    told = {
        "evaluation": case.objective(params, held),
        "first": start,
    }
    expected = {
        f"{point} {name}": value
        for point, each in told.items()
        for name, value in each.items()
    }
    expected |= {"evaluation scores": case.scores(params, held)}
    return Step(6, found, expected)


def _named(point: str, steps: np.ndarray) -> Params:
    """Loss and accuracy of one step; the latter unless there is none."""
    ((loss, accuracy),) = steps
    found = {f"{point} loss": np.array(loss)}
    if not np.isnan(accuracy):
        found[f"{point} accuracy"] = np.array(accuracy)
    return found
