"""State that goes on from batch to batch, exactly, and no further."""

import numpy as np
import pytest

from benchmarks.parity import reference as parity_reference
from tests.support import decoders
from tests.support.decoders import SIZE, SPECS
from tests.support.decoders import reference as small
from tests.support.implementations import USUAL

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)
SPEC = SPECS["Stream"]
ZERO = (np.zeros((SIZE, SPEC.hidden)),)


def stream(framework, mode, **changed):
    return decoders.runner("Stream", framework, mode, **changed)


def window(seed):
    """A window of a stream; that of seed 0 begins it."""
    return decoders.batch("Stream", seed)


def near(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12)


def reference(batch, state, params=None):
    params = params or decoders.params("Stream")
    return small.stream(SPEC, params, *batch.inputs, state)


@implementations
def test_windows_are_read_as_one(framework, mode):
    runner, state = stream(framework, mode), ZERO
    assert runner.state() == {}
    for seed in range(3):
        batch = window(seed)
        logits, after = reference(batch, state)
        loss, accuracy = parity_reference.objective(logits, batch)
        placed = runner.place(batch)
        near(runner.logits(placed), logits)
        metrics = runner.fetch([runner.eval_step(placed)])[0]
        near(metrics, [loss, accuracy])
        near(runner.state()["hidden"], after[0])
        state = after


@implementations
def test_a_training_step_carries_what_it_read(framework, mode):
    runner = stream(framework, mode)
    state = ZERO
    for seed in range(3):
        params = runner.params()
        runner.train_step(runner.place(window(seed)))
        state = reference(window(seed), state, params)[1]
        near(runner.state()["hidden"], state[0])


@implementations
def test_training_goes_on_from_what_evaluation_read(framework, mode):
    runner = stream(framework, mode)
    runner.eval_step(runner.place(window(0)))
    runner.train_step(runner.place(window(1)))
    state = reference(window(1), reference(window(0), ZERO)[1])[1]
    near(runner.state()["hidden"], state[0])


@implementations
def test_scores_and_gradients_start_there_and_move_nothing(framework, mode):
    runner = stream(framework, mode)
    runner.eval_step(runner.place(window(0)))
    before, batch = runner.state()["hidden"], window(1)
    placed = runner.place(batch)
    runner.logits(placed)
    _, gradients = runner.gradients(placed)
    small_batch = runner.place(decoders.batch("Stream", 0, 5))
    runner.logits(small_batch), runner.gradients(small_batch)
    np.testing.assert_array_equal(runner.state()["hidden"], before)

    def loss(params):
        return parity_reference.objective(
            reference(batch, (before,), params)[0], batch
        )[0]

    params = decoders.params("Stream")
    along = parity_reference.directions(params, 3, 0)
    expected = parity_reference.derivatives(loss, params, along)
    for name, actual in parity_reference.project(gradients, along).items():
        near(actual, expected[name])


@implementations
def test_a_fresh_stream_forgets(framework, mode):
    runner = stream(framework, mode)
    runner.eval_step(runner.place(window(1)))
    runner.eval_step(runner.place(window(0)))
    near(runner.state()["hidden"], reference(window(0), ZERO)[1][0])
    tokens, _ = window(1).inputs
    fresh = np.float32(np.arange(SIZE) % 2)
    batch = window(1)._replace(inputs=(tokens, fresh))
    state = reference(batch, reference(window(0), ZERO)[1])[1]
    runner.eval_step(runner.place(batch))
    near(runner.state()["hidden"], state[0])


@implementations
def test_it_starts_at_zero_with_a_load_a_freeze_another_size(framework, mode):
    runner = stream(framework, mode)
    batch, start = runner.place(window(1)), decoders.params("Stream")
    expected = reference(window(1), ZERO)[0]
    for again in (
        lambda: runner.load(start),
        lambda: runner.freeze([]),
        lambda: runner.eval_step(runner.place(decoders.batch("Stream", 1, 5))),
    ):
        runner.eval_step(batch)
        assert (abs(runner.logits(batch) - expected) > 1e-3).any()
        again()
        near(runner.logits(batch), expected)
    runner.load(start)
    assert runner.state() == {}


@implementations
def test_carrying_compiles_a_program_once(framework, mode):
    runner = stream(framework, mode)
    runner.compile(runner.place(window(0)))
    assert runner.state() == {}
    runner.train_step(runner.place(window(0)))
    counted = runner.compilations()
    for seed in range(1, 4):
        runner.train_step(runner.place(window(seed)))
    assert runner.compilations() == counted


@implementations
def test_who_carries_nothing_has_nothing(framework, mode):
    runner = decoders.runner("Model", framework, mode)
    runner.train_step(runner.place(decoders.batch("Model")))
    assert runner.state() == {}
