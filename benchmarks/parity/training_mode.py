"""The fifth rung: what training does that evaluation does not.

Masks that are handed in, statistics of a batch and how they move the running
ones, what is frozen, and what is carried from batch to batch. The last part
of an array's name says how it is held: `running` and `carried` have bounds of
their own, of `frozen` no bit may differ.
"""

import numpy as np

from benchmarks.parity import reference
from benchmarks.parity.case import Case
from benchmarks.passes.remote_runner import RemoteRunner
from impls.interface import Batch, Params, carried, masks, trained

STEPS = 10  # that move running statistics
FROZEN = 3  # steps of a model of which a part is frozen
WINDOWS = 4  # one after another, of which the last two are evaluated

Both = tuple[Params, Params]  # found, and expected


def training(case: Case, runner: RemoteRunner) -> Both:
    """What one column computes, and what is to be expected of it."""
    parts = (
        _gradients(case, runner),
        _running(case, runner),
        _frozen(case, runner),
        _carried(case, runner),
    )
    found, expected = zip(*parts, strict=True)
    return _merged(*found), _merged(*expected)


def _gradients(case: Case, runner: RemoteRunner) -> Both:
    """Loss and gradients of a batch, by masks or statistics of its own."""
    runner.load(case.smooth)
    loss, gradients = runner.gradients(case.batch(2))
    told = case.objective(case.smooth, case.batch(2), training=True)
    found = {"loss": np.array(loss)} | gradients
    expected = {"loss": told["loss"]}
    return _along(case, "along", gradients, case.other_slopes, found, expected)


def _running(case: Case, runner: RemoteRunner) -> Both:
    """Statistics after steps, and what evaluation makes of them.

    The reference moves its own by the parameters that the column had.
    """
    params = case.smooth
    runner.load(params)
    moved = {n: params[n] for n in params if n not in trained(params)}
    for seed in range(STEPS):
        batch = case.batch(seed)
        _, moved = case.training(params | moved, batch)
        runner.train_steps([batch])
        params = runner.params()
    held = case.batch(7)
    scores = runner.scores(held)
    found = {f"{name}, running": params[name] for name in moved}
    expected = {f"{name}, running": moved[name] for name in moved}
    found["evaluation scores"] = scores
    expected["evaluation scores"] = case.scores(params | moved, held)
    plain = held._replace(masks=None)
    without, steps = runner.scores(plain), runner.eval_steps([plain, held])
    found["evaluation heeds masks, frozen"] = np.array(
        [
            not np.array_equal(without, scores),
            not np.array_equal(steps[0], steps[1], equal_nan=True),
        ]
    )
    expected["evaluation heeds masks, frozen"] = np.zeros(2, bool)
    return found, expected


def _frozen(case: Case, runner: RemoteRunner) -> Both:
    """The first layer and all statistics, while the others go on."""
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
    found = {f"{name}, frozen": after[name] for name in names}
    expected = {f"{name}, frozen": case.smooth[name] for name in names}
    found["what goes on, frozen"] = np.array(
        [
            gradients.keys() == set(rest),
            all((after[name] != case.smooth[name]).any() for name in rest),
        ]
    )
    expected["what goes on, frozen"] = np.ones(2, bool)
    if masks(case.spec) or len(moving) == len(case.smooth):
        return found, expected
    slopes = {name: case.frozen_slopes[name] for name in rest}
    word = "along, by running statistics"
    return _along(case, word, gradients, slopes, found, expected)


def _carried(case: Case, runner: RemoteRunner) -> Both:
    """Windows that go on: losses, gradients of each, and what is carried.

    The reference carries its own state, by the parameters that the column
    had, and no derivative goes through it.
    """
    found: Params = {}
    expected: Params = {}
    if not carried(case.spec):
        return found, expected
    runner.load(case.smooth)
    state = case.nothing()
    for number in range(WINDOWS):
        params, batch = runner.params(), case.window(number)
        told = case.objective(params, batch, False, state) | {
            "scores": case.scores(params, batch, state),
            **case.derivatives(params, batch, False, state),
        }
        state = case.carried(params, batch, state)
        told |= dict(zip(carried(case.spec), state, strict=True))
        trains = number < WINDOWS // 2
        seen = _window(case, runner, batch, trains)
        word = "trained" if trains else "evaluated"
        found |= {f"{word} {number} {n}, carried": seen[n] for n in told}
        expected |= {f"{word} {number} {n}, carried": told[n] for n in told}
    return found, expected


def _window(
    case: Case, runner: RemoteRunner, batch: Batch, trains: bool
) -> Params:
    """All that a column says of one window, and then carries on."""
    scores, (_, gradients) = runner.scores(batch), runner.gradients(batch)
    step = runner.train_steps if trains else runner.eval_steps
    ((loss, accuracy),) = step([batch])
    return {
        "loss": np.array(loss),
        "accuracy": np.array(accuracy),
        "scores": scores,
        **reference.project(gradients, case.along),
        **runner.carried(),
    }


def _along(
    case: Case,
    word: str,
    gradients: Params,
    slopes: Params,
    found: Params,
    expected: Params,
) -> Both:
    along = {name: case.along[name] for name in slopes}
    projected = reference.project(gradients, along)
    return (
        found | {f"{name}, {word}": value for name, value in projected.items()},
        expected | {f"{name}, {word}": value for name, value in slopes.items()},
    )


def _merged(*parts: Params) -> Params:
    return {name: value for part in parts for name, value in part.items()}
