"""Gradients no longer than `clip`, as Pascanu's algorithm has them."""

from dataclasses import replace

import numpy as np
import pytest

from impls.exchange import check_setting
from impls.interface import Setting
from tests.support import decoders
from tests.support.implementations import USUAL

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)
RATE = 0.5


def step(framework, mode, max_norm):
    """Parameters before, gradients, and parameters after a step of SGD."""
    runner = decoders.runner(
        "Model", framework, mode, max_grad_norm=max_norm, learning_rate=RATE
    )
    batch = runner.place(decoders.batch("Model"))
    before, (_, gradients) = runner.params(), runner.gradients(batch)
    runner.train_step(batch)
    return before, gradients, runner.params()


def length(gradients):
    return np.sqrt(sum((value**2).sum() for value in gradients.values()))


@implementations
def test_a_step_is_as_long_as_it_may_be(framework, mode):
    before, gradients, after = step(framework, mode, 0.125)
    scale = 0.125 / length(gradients)
    assert scale < 0.5
    for name, start in before.items():
        expected = start - RATE * scale * gradients[name]
        np.testing.assert_allclose(after[name], expected, rtol=0, atol=1e-12)
    moved = {name: after[name] - before[name] for name in before}
    np.testing.assert_allclose(length(moved), RATE * 0.125, rtol=1e-12)


@implementations
def test_below_the_norm_nothing_is_changed(framework, mode):
    """Not by one bit: the scale is exactly one."""
    *_, free = step(framework, mode, None)
    *_, held = step(framework, mode, 1e6)
    for name, value in free.items():
        np.testing.assert_array_equal(held[name], value)


@implementations
def test_what_is_frozen_does_not_count(framework, mode):
    runner = decoders.runner(
        "Model", framework, mode, max_grad_norm=0.125, learning_rate=RATE
    )
    runner.freeze(["head.kernel", "head.bias"])
    batch = runner.place(decoders.batch("Model"))
    before, (_, gradients) = runner.params(), runner.gradients(batch)
    runner.train_step(batch)
    after = runner.params()
    runner.freeze([])
    moved = {name: after[name] - before[name] for name in before}
    assert length(gradients) > 0.125
    np.testing.assert_allclose(length(moved), RATE * 0.125, rtol=1e-12)


@pytest.mark.parametrize("max_grad_norm", [0.0, -1.0, float("nan")])
def test_a_norm_that_is_not_positive_is_refused(max_grad_norm):
    setting = replace(Setting(mode="jit"), max_grad_norm=max_grad_norm)
    with pytest.raises(ValueError, match="a number above 0"):
        check_setting(setting, ("jit",), decoders.SPECS["Model"])
