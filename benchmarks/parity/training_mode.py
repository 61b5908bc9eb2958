"""The check `training mode`: what training does that evaluation does not.

Dropout masks that the batch provides, statistics of a batch and how they move
the running ones, frozen parameters, and the recurrent state. The suffix of an
array's name selects its bound: `running` and `state` have bounds of their
own, and `frozen` permits no difference.
"""

import numpy as np

from benchmarks.parity import reference
from benchmarks.parity.case import Case
from benchmarks.passes.remote_runner import RemoteRunner
from impls.interface import Batch, Params, trained

STEPS = 10  # that move running statistics
FROZEN = 3  # steps of a partly frozen model
WINDOWS = 4  # consecutive, of which the last two are evaluated

Pair = tuple[Params, Params]  # actual, expected


def training(case: Case, runner: RemoteRunner) -> Pair:
    """The arrays of one implementation, and those expected."""
    parts = (
        _gradients(case, runner),
        _running(case, runner),
        _frozen(case, runner),
        _state(case, runner),
    )
    actual, expected = zip(*parts, strict=True)
    return _merged(*actual), _merged(*expected)


def _gradients(case: Case, runner: RemoteRunner) -> Pair:
    """Loss and gradients by a batch's own masks and statistics."""
    runner.load(case.smooth)
    loss, gradients = runner.gradients(case.batch(2))
    metrics = case.metrics(case.smooth, case.batch(2), training=True)
    pair = {"loss": np.array(loss)} | gradients, {"loss": metrics["loss"]}
    return _project(case, "projected", gradients, case.other_slopes, pair)


def _running(case: Case, runner: RemoteRunner) -> Pair:
    """Running statistics after steps, and an evaluation that uses them.

    The reference moves its own by the parameters of the implementation.
    """
    params = case.smooth
    runner.load(params)
    moved = {n: params[n] for n in params if n not in trained(params)}
    for seed in range(STEPS):
        batch = case.batch(seed)
        _, moved = case.training(params | moved, batch)
        runner.train_steps([batch])
        params = runner.params()
    batch = case.batch(7)
    logits = runner.logits(batch)
    actual = {f"{name}, running": params[name] for name in moved}
    expected = {f"{name}, running": moved[name] for name in moved}
    actual["evaluation logits"] = logits
    expected["evaluation logits"] = case.logits(params | moved, batch)
    unmasked = batch._replace(masks=None)
    without = runner.logits(unmasked)
    steps = runner.eval_steps([unmasked, batch])
    actual["evaluation uses masks, frozen"] = np.array(
        [
            not np.array_equal(without, logits),
            not np.array_equal(steps[0], steps[1], equal_nan=True),
        ]
    )
    expected["evaluation uses masks, frozen"] = np.zeros(2, bool)
    return actual, expected


def _frozen(case: Case, runner: RemoteRunner) -> Pair:
    """Freeze the first layer and all statistics, and train the rest."""
    moving = trained(case.smooth)
    first = moving[0].rpartition(".")[0]
    names = [
        name
        for name in case.smooth
        if name not in moving or name.startswith(f"{first}.")
    ]
    rest = [name for name in moving if name not in names]
    runner.load(case.smooth)
    runner.freeze(names)
    _, gradients = runner.gradients(case.batch(2))
    runner.train_steps([case.batch(seed) for seed in range(FROZEN)])
    after = runner.params()
    runner.freeze([])
    actual = {f"{name}, frozen": after[name] for name in names}
    expected = {f"{name}, frozen": case.smooth[name] for name in names}
    actual["the rest is trained, frozen"] = np.array(
        [
            gradients.keys() == set(rest),
            all((after[name] != case.smooth[name]).any() for name in rest),
        ]
    )
    expected["the rest is trained, frozen"] = np.ones(2, bool)
    if case.spec.masks() or len(moving) == len(case.smooth):
        return actual, expected
    slopes = {name: case.frozen_slopes[name] for name in rest}
    suffix = "projected, by running statistics"
    return _project(case, suffix, gradients, slopes, (actual, expected))


def _state(case: Case, runner: RemoteRunner) -> Pair:
    """Consecutive windows: loss, gradients and recurrent state of each.

    The reference keeps its own state, by the parameters of the
    implementation, and no derivative goes through it.
    """
    actual: Params = {}
    expected: Params = {}
    if not case.spec.state():
        return actual, expected
    runner.load(case.smooth)
    state = case.zero_state()
    for number in range(WINDOWS):
        params, batch = runner.params(), case.window(number)
        arrays = case.metrics(params, batch, False, state) | {
            "logits": case.logits(params, batch, state),
            **case.derivatives(params, batch, False, state),
        }
        state = case.final_state(params, batch, state)
        arrays |= dict(zip(case.spec.state(), state, strict=True))
        trains = number < WINDOWS // 2
        window = _window(case, runner, batch, trains)
        word = "trained" if trains else "evaluated"
        for name, array in arrays.items():
            actual[f"{word} {number} {name}, state"] = window[name]
            expected[f"{word} {number} {name}, state"] = array
    return actual, expected


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


def _project(
    case: Case, suffix: str, gradients: Params, slopes: Params, pair: Pair
) -> Pair:
    """Add gradients along the case's directions, and the reference's."""
    directions = {name: case.directions[name] for name in slopes}
    projected = reference.project(gradients, directions)
    actual, expected = pair
    return (
        actual
        | {f"{name}, {suffix}": value for name, value in projected.items()},
        expected
        | {f"{name}, {suffix}": value for name, value in slopes.items()},
    )


def _merged(*parts: Params) -> Params:
    return {name: value for part in parts for name, value in part.items()}
