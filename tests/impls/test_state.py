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


def near(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def reference(batch, state, params=None):
    params = params or decoders.params("Stream")
    return small.stream(SPEC, params, *batch.inputs, state)


@implementations
def test_windows_are_read_as_one(framework, mode):
    one, state = stream(framework, mode), ZERO
    assert one.state() == {}
    for seed in range(3):
        batch = window(seed)
        logits, after = reference(batch, state)
        loss, accuracy = parity_reference.objective(logits, batch)
        placed = one.place(batch)
        near(one.logits(placed), logits)
        metrics = one.fetch([one.eval_step(placed)])[0]
        near(metrics, [loss, accuracy])
        near(one.state()["hidden"], after[0])
        state = after


@implementations
def test_a_training_step_carries_what_it_read(framework, mode):
    one = stream(framework, mode)
    state = ZERO
    for seed in range(3):
        params = one.params()
        one.train_step(one.place(window(seed)))
        state = reference(window(seed), state, params)[1]
        near(one.state()["hidden"], state[0])


@implementations
def test_training_goes_on_from_what_evaluation_read(framework, mode):
    one = stream(framework, mode)
    one.eval_step(one.place(window(0)))
    one.train_step(one.place(window(1)))
    state = reference(window(1), reference(window(0), ZERO)[1])[1]
    near(one.state()["hidden"], state[0])


@implementations
def test_scores_and_gradients_start_there_and_move_nothing(framework, mode):
    one = stream(framework, mode)
    one.eval_step(one.place(window(0)))
    before, batch = one.state()["hidden"], window(1)
    placed = one.place(batch)
    one.logits(placed)
    _, gradients = one.gradients(placed)
    small_batch = one.place(decoders.batch("Stream", 0, 5))
    one.logits(small_batch), one.gradients(small_batch)
    np.testing.assert_array_equal(one.state()["hidden"], before)

    def loss(params):
        return parity_reference.objective(
            reference(batch, (before,), params)[0], batch
        )[0]

    params = decoders.params("Stream")
    along = parity_reference.directions(params, 3, 0)
    expected = parity_reference.derivatives(loss, params, along)
    for name, found in parity_reference.project(gradients, along).items():
        near(found, expected[name])


@implementations
def test_a_fresh_stream_forgets(framework, mode):
    one = stream(framework, mode)
    one.eval_step(one.place(window(1)))
    one.eval_step(one.place(window(0)))
    near(one.state()["hidden"], reference(window(0), ZERO)[1][0])
    tokens, _ = window(1).inputs
    fresh = np.float32(np.arange(SIZE) % 2)
    batch = window(1)._replace(inputs=(tokens, fresh))
    state = reference(batch, reference(window(0), ZERO)[1])[1]
    one.eval_step(one.place(batch))
    near(one.state()["hidden"], state[0])


@implementations
def test_it_starts_at_zero_with_a_load_a_freeze_another_size(framework, mode):
    one = stream(framework, mode)
    batch, start = one.place(window(1)), decoders.params("Stream")
    expected = reference(window(1), ZERO)[0]
    for again in (
        lambda: one.load(start),
        lambda: one.freeze([]),
        lambda: one.eval_step(one.place(decoders.batch("Stream", 1, 5))),
    ):
        one.eval_step(batch)
        assert (abs(one.logits(batch) - expected) > 1e-3).any()
        again()
        near(one.logits(batch), expected)
    one.load(start)
    assert one.state() == {}


@implementations
def test_carrying_compiles_a_program_once(framework, mode):
    one = stream(framework, mode)
    one.compile(one.place(window(0)))
    assert one.state() == {}
    one.train_step(one.place(window(0)))
    counted = one.compilations()
    for seed in range(1, 4):
        one.train_step(one.place(window(seed)))
    assert one.compilations() == counted


@implementations
def test_who_carries_nothing_has_nothing(framework, mode):
    one = decoders.runner("Model", framework, mode)
    one.train_step(one.place(decoders.batch("Model")))
    assert one.state() == {}
