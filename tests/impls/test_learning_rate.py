"""A learning rate that moves while a model is trained."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.parity import reference
from tests.support import decoders
from tests.support.implementations import USUAL

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)


@implementations
def test_the_rate_is_that_of_the_moment(framework, mode):
    runner = decoders.runner("Model", framework, mode)
    batch = runner.place(decoders.batch("Model"))
    for rate in (0.5, 0.25, 0.0):
        if rate != 0.5:  # the setting's
            runner.set_learning_rate(rate)
        before, (_, gradients) = runner.params(), runner.gradients(batch)
        runner.train_step(batch)
        after = runner.params()
        for name, start in before.items():
            expected = start - rate * gradients[name]
            np.testing.assert_allclose(after[name], expected, atol=1e-14)


@implementations
def test_moments_are_kept(framework, mode):
    """Ten steps of Adam at two rates agree with the reference."""
    runner = decoders.runner(
        "Model", framework, mode, optimizer="adam", learning_rate=0.01
    )
    rates = [0.01] * 3 + [0.002] * 7
    gradients, params = [], [decoders.params("Model")]
    for seed, rate in enumerate(rates):
        batch = runner.place(decoders.batch("Model", seed))
        runner.set_learning_rate(rate)
        gradients.append(runner.gradients(batch)[1])
        runner.train_step(batch)
        params.append(runner.params())
    for name, actual in params[-1].items():
        start, path = params[0][name], np.zeros_like(actual)
        for step, rate in enumerate(rates, 1):
            # The reference's step at rate 1, from its own moments
            setting = replace(runner.setting, learning_rate=1.0)
            now = reference.train(params[0], gradients[:step], setting)
            then = reference.train(params[0], gradients[: step - 1], setting)
            path += rate * (now[name] - then[name])
        np.testing.assert_allclose(actual, start + path, atol=1e-11)


@implementations
def test_loading_puts_the_rate_back(framework, mode):
    runner = decoders.runner("Model", framework, mode)
    batch = runner.place(decoders.batch("Model"))
    start = runner.params()
    runner.train_step(batch)
    expected = runner.params()
    runner.set_learning_rate(0.0)
    runner.load(start)
    runner.train_step(batch)
    for name, value in runner.params().items():
        np.testing.assert_array_equal(value, expected[name])


@implementations
def test_nothing_compiles_for_a_rate(framework, mode):
    runner = decoders.runner("Model", framework, mode)
    batch = runner.place(decoders.batch("Model"))
    runner.train_step(batch)
    counted = runner.compilations()
    for rate in np.linspace(0.5, 0, 5):
        runner.set_learning_rate(float(rate))
        runner.train_step(batch)
    assert runner.compilations() == counted


@implementations
def test_what_is_no_rate_is_refused(framework, mode):
    runner = decoders.runner("Model", framework, mode)
    for rate in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="at least 0"):
            runner.set_learning_rate(rate)
