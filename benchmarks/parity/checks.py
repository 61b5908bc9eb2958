"""The parity checks of one implementation, in order of `case.CHECKS`.

A result holds the arrays that the implementation computed and those of the
NumPy reference at the same point.
"""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.parity import reference
from benchmarks.parity.case import Case, checks
from benchmarks.parity.result import Result
from benchmarks.passes.remote_runner import RemoteRunner
from benchmarks.worker.learning_rate import share
from impls.interface import Batch, Params, Setting, trained

STEPS, TRAJECTORY = 10, 30  # optimizer steps, and those of the trajectory
FROZEN = 3  # steps of a partly frozen model
WINDOWS = 4  # consecutive, of which the last two are evaluated

Build = Callable[[Setting], RemoteRunner]


def run(case: Case, build: Build, mode: str) -> Iterator[Result]:
    """Run the checks of one implementation in one of its modes.

    Raises the exceptions of the Runner, at the check that it fails.
    """
    steps = Result("optimizer steps")
    if case.descends:  # first: the Runner built last is the one that stays
        descent = case.setting("sgd", mode)
        points, gradients = _points(case, build(descent), descent)
        _steps(case, descent, points, gradients, steps)
    own = case.setting(mode=mode)
    runner = build(own)
    yield _parameters(case, runner)
    yield _logits(case, runner)
    yield _gradients(case, runner)
    points, gradients = _points(case, runner, own)
    _steps(case, own, points, gradients, steps)
    yield steps
    if "training mode" in checks(case.name):
        yield training_mode(case, runner)
    yield _trajectory(case, runner)


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


def rates(setting: Setting) -> list[float]:
    """Learning rates of the optimizer steps: AdamW's rise and decay."""
    if setting.optimizer != "adamw":
        return STEPS * [setting.learning_rate]
    shares = [share("cosine", step, STEPS, 3, 0.1) for step in range(STEPS)]
    return [setting.learning_rate * each for each in shares]


def _points(
    case: Case, runner: RemoteRunner, setting: Setting
) -> tuple[list[Params], list[Params]]:
    """Parameters at the start and after each of ten optimizer steps.

    And the gradients before each step, which must not disturb it.
    """
    batches = [case.batch(seed) for seed in range(STEPS)]
    runner.load(case.smooth)
    runner.train_steps(batches[:1])  # whose moments `load` must reset
    runner.load(case.kinked)
    points, gradients = [runner.params()], []
    for batch, rate in zip(batches, rates(setting), strict=True):
        gradients.append(runner.gradients(batch)[1])
        runner.set_learning_rate(rate)
        runner.train_steps([batch])
        points.append(runner.params())
    return points, gradients


def _steps(
    case: Case,
    setting: Setting,
    points: list[Params],
    gradients: list[Params],
    result: Result,
) -> None:
    """Add parameters after one step, and their change after ten.

    The reference steps by the gradients of the implementation, which the
    check `gradients` compares.
    """
    start = {name: case.kinked[name] for name in trained(case.kinked)}
    first = reference.train(start, gradients[:1], setting, rates(setting))
    last = reference.train(start, gradients, setting, rates(setting))
    rule = setting.optimizer
    for name, value in start.items():
        result.add(f"{name}, 1 {rule}", points[1][name], first[name])
        effect = np.float64(points[-1][name]) - value
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


def training_mode(case: Case, runner: RemoteRunner) -> Result:
    """What training does that evaluation does not.

    Dropout masks that the batch provides, statistics of a batch and how they
    move the running ones, frozen parameters, and the recurrent state. The
    suffix of an array's name selects its bound: `running` and `state` have
    bounds of their own, and `frozen` permits no difference.
    """
    result = Result("training mode")
    _by_batch(case, runner, result)
    _running(case, runner, result)
    _frozen(case, runner, result)
    if case.spec.state():
        _state(case, runner, result)
    return result


def _by_batch(case: Case, runner: RemoteRunner, result: Result) -> None:
    """Loss and gradients by a batch's own masks and statistics."""
    runner.load(case.smooth)
    loss, gradients = runner.gradients(case.batch(2))
    metrics = case.metrics(case.smooth, case.batch(2), training=True)
    result.add("loss", loss, metrics["loss"])
    result.actual |= gradients
    case.add_slopes(result, "projected", gradients, case.other_slopes)


def _running(case: Case, runner: RemoteRunner, result: Result) -> None:
    """Running statistics after steps, and an evaluation that uses them.

    The reference moves its own by the parameters of the implementation.
    """
    params = case.smooth
    runner.load(params)
    moved = {n: params[n] for n in params if n not in trained(params)}
    for seed in range(STEPS if moved else 1):
        batch = case.batch(seed)
        _, moved = case.training(params | moved, batch)
        runner.train_steps([batch])
        params = runner.params()
    for name in moved:
        result.add(f"{name}, running", params[name], moved[name])
    batch = case.batch(7)
    logits, expected = runner.logits(batch), case.logits(params | moved, batch)
    result.add("evaluation logits", logits, expected)
    unmasked = batch._replace(masks=None)
    without = runner.logits(unmasked)
    steps = runner.eval_steps([unmasked, batch])
    uses_masks = [
        not np.array_equal(without, logits),
        not np.array_equal(steps[0], steps[1], equal_nan=True),
    ]
    never = [False, False]
    result.add("evaluation uses masks, frozen", uses_masks, never)


def _frozen(case: Case, runner: RemoteRunner, result: Result) -> None:
    """Freeze the first layer and all statistics, and train the rest."""
    moving = trained(case.smooth)
    first = moving[0].rpartition(".")[0]
    rest = [name for name in moving if not name.startswith(f"{first}.")]
    frozen = [name for name in case.smooth if name not in rest]
    runner.load(case.smooth)
    runner.freeze(frozen)
    _, gradients = runner.gradients(case.batch(2))
    runner.train_steps([case.batch(seed) for seed in range(FROZEN)])
    after = runner.params()
    runner.freeze([])
    for name in frozen:
        result.add(f"{name}, frozen", after[name], case.smooth[name])
    trains = [
        gradients.keys() == set(rest),
        all((after[name] != case.smooth[name]).any() for name in rest),
    ]
    result.add("the rest is trained, frozen", trains, [True, True])
    if len(moving) < len(case.smooth) and not case.spec.masks():
        slopes = {name: case.frozen_slopes[name] for name in rest}
        suffix = "projected, by running statistics"
        case.add_slopes(result, suffix, gradients, slopes)


def _state(case: Case, runner: RemoteRunner, result: Result) -> None:
    """Consecutive windows: loss, gradients and recurrent state of each.

    The reference keeps its own state, by the parameters of the
    implementation, and no derivative goes through it.
    """
    runner.load(case.smooth)
    state = case.zero_state()
    for number in range(WINDOWS):
        params, batch = runner.params(), case.window(number)
        expected = case.metrics(params, batch, False, state) | {
            "logits": case.logits(params, batch, state),
            **case.derivatives(params, batch, False, state),
        }
        state = case.final_state(params, batch, state)
        expected |= dict(zip(case.spec.state(), state, strict=True))
        trains = number < WINDOWS // 2
        actual = _window(case, runner, batch, trains)
        word = "trained" if trains else "evaluated"
        for name, array in expected.items():
            result.add(f"{word} {number} {name}, state", actual[name], array)


def _window(
    case: Case, runner: RemoteRunner, batch: Batch, trains: bool
) -> Params:
    """The arrays of one window; afterwards the runner has its state."""
    logits, (_, gradients) = runner.logits(batch), runner.gradients(batch)
    step = runner.train_steps if trains else runner.eval_steps
    ((loss, accuracy),) = step([batch])
    return {
        "loss": np.array(loss),
        "accuracy": np.array(accuracy),
        "logits": logits,
        **reference.project(gradients, case.directions),
        **runner.state(),
    }
