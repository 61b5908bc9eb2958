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
    one = decoders.runner("Model", framework, mode)
    batch = one.place(decoders.batch("Model"))
    for rate in (0.5, 0.25, 0.0):
        if rate != 0.5:  # the setting's
            one.set_learning_rate(rate)
        before, (_, gradients) = one.params(), one.gradients(batch)
        one.train_step(batch)
        after = one.params()
        for name, start in before.items():
            expected = start - rate * gradients[name]
            np.testing.assert_allclose(after[name], expected, atol=1e-14)


@implementations
def test_moments_are_kept(framework, mode):
    """Ten steps of Adam at two rates are the oracle's, each as it was."""
    one = decoders.runner(
        "Model", framework, mode, optimizer="adam", learning_rate=0.01
    )
    rates = [0.01] * 3 + [0.002] * 7
    gradients, params = [], [decoders.params("Model")]
    for seed, rate in enumerate(rates):
        batch = one.place(decoders.batch("Model", seed))
        one.set_learning_rate(rate)
        gradients.append(one.gradients(batch)[1])
        one.train_step(batch)
        params.append(one.params())
    for name, found in params[-1].items():
        start, path = params[0][name], np.zeros_like(found)
        for step, rate in enumerate(rates, 1):
            # A step at rate 1 is what the oracle moves by, of its moments
            setting = replace(one.setting, learning_rate=1.0)
            now = reference.train(params[0], gradients[:step], setting)
            then = reference.train(params[0], gradients[: step - 1], setting)
            path += rate * (now[name] - then[name])
        np.testing.assert_allclose(found, start + path, atol=1e-11)


@implementations
def test_loading_puts_the_rate_back(framework, mode):
    one = decoders.runner("Model", framework, mode)
    batch = one.place(decoders.batch("Model"))
    start = one.params()
    one.train_step(batch)
    expected = one.params()
    one.set_learning_rate(0.0)
    one.load(start)
    one.train_step(batch)
    for name, value in one.params().items():
        np.testing.assert_array_equal(value, expected[name])


@implementations
def test_nothing_compiles_for_a_rate(framework, mode):
    one = decoders.runner("Model", framework, mode)
    batch = one.place(decoders.batch("Model"))
    one.train_step(batch)
    counted = one.compilations()
    for rate in np.linspace(0.5, 0, 5):
        one.set_learning_rate(float(rate))
        one.train_step(batch)
    assert one.compilations() == counted


@implementations
def test_what_is_no_rate_is_refused(framework, mode):
    one = decoders.runner("Model", framework, mode)
    for rate in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="at least 0"):
            one.set_learning_rate(rate)
