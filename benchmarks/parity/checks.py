"""The parity checks of one implementation, in order of `case.CHECKS`.

A result holds the arrays that the implementation computed and those of the
NumPy reference at the same point.
"""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.parity import reference, training_mode
from benchmarks.parity.case import Case, Result, checks
from benchmarks.passes.remote_runner import RemoteRunner
from impls.interface import Params, Setting, trained

STEPS, TRAJECTORY = 10, 30  # optimizer steps, and those of the trajectory

Build = Callable[[Setting], RemoteRunner]


def run(case: Case, build: Build, mode: str) -> Iterator[Result]:
    """Run the checks of one implementation in one of its modes.

    Raises the exceptions of the Runner, at the check that it fails.
    """
    runner = build(case.setting(mode=mode))
    yield _parameters(case, runner)
    yield _logits(case, runner)
    yield _gradients(case, runner)
    steps = Result("optimizer steps")
    _steps(case, runner, case.setting(), steps)
    trajectory = _trajectory(case, runner)
    training = None
    if "training mode" in checks(case.name):
        training = training_mode.training(case, runner)
    descent = case.setting("sgd", mode)
    _steps(case, build(descent), descent, steps)
    yield steps
    if training:
        yield training
    yield trajectory


def _parameters(case: Case, runner: RemoteRunner) -> Result:
    runner.load(case.kinked)
    return Result("names and shapes", runner.params(), case.kinked)


def _logits(case: Case, runner: RemoteRunner) -> Result:
    batch = case.batch(0)
    result = Result("logits")
    expected = case.logits(case.kinked, batch)
    result.add("logits", runner.logits(batch), expected)
    return result


def _gradients(case: Case, runner: RemoteRunner) -> Result:
    """Gradients at kinks, for pairs; at a smooth point, for the reference."""
    result, batch = Result("gradients"), case.batch(0)
    loss, gradients = runner.gradients(batch)
    metrics = case.metrics(case.kinked, batch, training=True)
    result.add("loss", loss, metrics["loss"])
    result.actual |= gradients
    runner.load(case.smooth)
    batch = case.batch(1)
    loss, gradients = runner.gradients(batch)
    metrics = case.metrics(case.smooth, batch, training=True)
    result.add("loss, smooth", loss, metrics["loss"])
    case.add_slopes(result, "projected", gradients, case.slopes)
    return result


def _steps(
    case: Case, runner: RemoteRunner, setting: Setting, result: Result
) -> None:
    """Add parameters after one step, and their change after ten.

    The reference steps by the gradients of the implementation, which the
    check `gradients` compares.
    """
    batches = [case.batch(seed) for seed in range(STEPS)]
    runner.load(case.smooth)
    runner.train_steps(batches[:1])  # whose moments `load` must reset
    runner.load(case.kinked)
    gradients, after = [], []
    for batch in batches:
        gradients.append(runner.gradients(batch)[1])
        runner.train_steps([batch])
        after.append(runner.params())
    start = {name: case.kinked[name] for name in trained(case.kinked)}
    first = reference.train(start, gradients[:1], setting)
    last = reference.train(start, gradients, setting)
    rule = setting.optimizer
    for name, value in start.items():
        result.add(f"{name}, 1 {rule}", after[0][name], first[name])
        effect = np.float64(after[-1][name]) - value
        expected = last[name] - value
        result.add(f"{name}, effect of {STEPS} {rule}", effect, expected)


def _trajectory(case: Case, runner: RemoteRunner) -> Result:
    """Losses of training; the reference evaluates its first and last point."""
    result, batch = Result("trajectory"), case.batch(7)
    runner.load(case.smooth)
    batches = [case.batch(seed % 5) for seed in range(TRAJECTORY)]
    steps = runner.train_steps(batches)
    evaluated = runner.eval_steps([batch])
    params, logits = runner.params(), runner.logits(batch)
    first = case.metrics(case.smooth, batches[0], training=True)
    for point, step, metrics in (
        ("first", steps[0], first),
        ("evaluation", evaluated[0], case.metrics(params, batch)),
    ):
        result.actual |= _named(point, step)
        for name, value in metrics.items():
            result.expected[f"{point} {name}"] = value
    result.add("evaluation logits", logits, case.logits(params, batch))
    result.actual["losses"] = steps[:, 0]
    if "accuracy" in first:
        result.actual["accuracies"] = steps[:, 1]
    return result


def _named(point: str, step: np.ndarray) -> Params:
    """Loss and accuracy of one step; no accuracy if it is NaN."""
    loss, accuracy = step
    metrics = {f"{point} loss": np.array(loss)}
    if not np.isnan(accuracy):
        metrics[f"{point} accuracy"] = np.array(accuracy)
    return metrics
