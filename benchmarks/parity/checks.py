"""The parity checks of one implementation, in order of `case.CHECKS`.

A result holds the arrays that the implementation computed and those of the
NumPy reference at the same point.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.parity import reference, training_mode
from benchmarks.parity.case import Case, checks
from benchmarks.passes.remote_runner import RemoteRunner
from impls.interface import Params, Setting, trained

STEPS, TRAJECTORY = 10, 30  # optimizer steps, and those of the trajectory

Build = Callable[[Setting], RemoteRunner]


class Result(NamedTuple):
    """The arrays of one check: of the implementation and the reference."""

    check: str
    actual: Params
    expected: Params


def run(case: Case, build: Build, mode: str) -> Iterator[Result]:
    """Run the checks of one implementation in one of its modes.

    Raises the exceptions of the Runner, at the check that it fails.
    """
    runner = build(case.setting(mode=mode))
    yield _parameters(case, runner)
    yield _logits(case, runner)
    yield _gradients(case, runner)
    adam = _steps(case, runner, case.setting())
    trajectory = _trajectory(case, runner)
    training = None
    if "training mode" in checks(case.name):
        training = training_mode.training(case, runner)
    descent = case.setting("sgd", mode)
    sgd = _steps(case, build(descent), descent)
    yield Result(
        "optimizer steps",
        adam.actual | sgd.actual,
        adam.expected | sgd.expected,
    )
    if training:
        yield Result("training mode", *training)
    yield trajectory


def _parameters(case: Case, runner: RemoteRunner) -> Result:
    runner.load(case.kinked)
    return Result("names and shapes", runner.params(), case.kinked)


def _logits(case: Case, runner: RemoteRunner) -> Result:
    batch = case.batch(0)
    expected = case.logits(case.kinked, batch)
    actual = runner.logits(batch)
    return Result("logits", {"logits": actual}, {"logits": expected})


def _gradients(case: Case, runner: RemoteRunner) -> Result:
    """Gradients at kinks, for pairs; at a smooth point, for the reference."""
    loss, gradients = runner.gradients(case.batch(0))
    actual = {"loss": np.array(loss)} | gradients
    metrics = case.metrics(case.kinked, case.batch(0), training=True)
    expected = {"loss": metrics["loss"]}
    runner.load(case.smooth)
    loss, gradients = runner.gradients(case.batch(1))
    actual |= {"loss, smooth": np.array(loss)}
    metrics = case.metrics(case.smooth, case.batch(1), training=True)
    expected |= {"loss, smooth": metrics["loss"]}
    slopes = reference.project(gradients, case.directions)
    actual |= {f"{name}, projected": slope for name, slope in slopes.items()}
    expected |= {f"{n}, projected": slope for n, slope in case.slopes.items()}
    return Result("gradients", actual, expected)


def _steps(case: Case, runner: RemoteRunner, setting: Setting) -> Result:
    """Parameters after one step, and their change after ten.

    The reference steps by the gradients of the implementation, which the
    check `gradients` compares.
    """
    batches = [case.batch(seed) for seed in range(STEPS)]
    runner.load(case.smooth)
    runner.train_steps(batches[:1])  # whose moments `load` must reset
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
    return Result(
        "optimizer steps",
        _effects(start, after, setting.optimizer),
        _effects(start, expected, setting.optimizer),
    )


def _effects(start: Params, after: dict[int, Params], rule: str) -> Params:
    first = {f"{name}, 1 {rule}": after[1][name] for name in start}
    return first | {
        f"{name}, effect of {STEPS} {rule}": np.float64(after[STEPS][name])
        - value
        for name, value in start.items()
    }


def _trajectory(case: Case, runner: RemoteRunner) -> Result:
    """Losses of training; the reference evaluates its first and last point."""
    runner.load(case.smooth)
    batches = [case.batch(seed % 5) for seed in range(TRAJECTORY)]
    steps = runner.train_steps(batches)
    batch = case.batch(7)
    evaluated = runner.eval_steps([batch])
    actual = _named("evaluation", evaluated) | _named("first", steps[:1])
    actual |= {"evaluation logits": runner.logits(batch)}
    actual |= {"losses": steps[:, 0]}
    params = runner.params()
    first = case.metrics(case.smooth, batches[0], training=True)
    if "accuracy" in first:
        actual |= {"accuracies": steps[:, 1]}
    points = {"evaluation": case.metrics(params, batch), "first": first}
    expected = {
        f"{point} {name}": value
        for point, metrics in points.items()
        for name, value in metrics.items()
    }
    expected |= {"evaluation logits": case.logits(params, batch)}
    return Result("trajectory", actual, expected)


def _named(point: str, steps: np.ndarray) -> Params:
    """Loss and accuracy of one step; no accuracy if it is NaN."""
    ((loss, accuracy),) = steps
    metrics = {f"{point} loss": np.array(loss)}
    if not np.isnan(accuracy):
        metrics[f"{point} accuracy"] = np.array(accuracy)
    return metrics
