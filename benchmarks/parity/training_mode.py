"""The check `training mode`: what training does that evaluation does not.

Dropout masks that the batch provides, statistics of a batch and how they move
the running ones, frozen parameters, and the recurrent state. The suffix of an
array's name selects its bound: `running` and `state` have bounds of their
own, and `frozen` permits no difference.
"""

import numpy as np

from benchmarks.parity import reference
from benchmarks.parity.case import Case, Result
from benchmarks.passes.remote_runner import RemoteRunner
from impls.interface import Batch, Params, trained

STEPS = 10  # that move running statistics
FROZEN = 3  # steps of a partly frozen model
WINDOWS = 4  # consecutive, of which the last two are evaluated


def training(case: Case, runner: RemoteRunner) -> Result:
    """The arrays of one implementation, and those expected."""
    result = Result("training mode")
    _gradients(case, runner, result)
    _running(case, runner, result)
    _frozen(case, runner, result)
    if case.spec.state():
        _state(case, runner, result)
    return result


def _gradients(case: Case, runner: RemoteRunner, result: Result) -> None:
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
    for seed in range(STEPS):
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
