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


def stepped(framework, mode, clip):
    """Parameters before, gradients, and parameters after a step of SGD."""
    one = decoders.runner(
        "Model", framework, mode, max_grad_norm=clip, learning_rate=RATE
    )
    batch = one.place(decoders.batch("Model"))
    before, (_, gradients) = one.params(), one.gradients(batch)
    one.train_step(batch)
    return before, gradients, one.params()


def length(gradients):
    return np.sqrt(sum((one**2).sum() for one in gradients.values()))


@implementations
def test_a_step_is_as_long_as_it_may_be(framework, mode):
    before, gradients, after = stepped(framework, mode, 0.125)
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
    *_, free = stepped(framework, mode, None)
    *_, held = stepped(framework, mode, 1e6)
    for name, value in free.items():
        np.testing.assert_array_equal(held[name], value)


@implementations
def test_what_is_frozen_does_not_count(framework, mode):
    one = decoders.runner(
        "Model", framework, mode, max_grad_norm=0.125, learning_rate=RATE
    )
    one.freeze(["head.kernel", "head.bias"])
    batch = one.place(decoders.batch("Model"))
    before, (_, gradients) = one.params(), one.gradients(batch)
    one.train_step(batch)
    after = one.params()
    one.freeze([])
    moved = {name: after[name] - before[name] for name in before}
    assert length(gradients) > 0.125
    np.testing.assert_allclose(length(moved), RATE * 0.125, rtol=1e-12)


@pytest.mark.parametrize("max_grad_norm", [0.0, -1.0, float("nan")])
def test_no_norm_at_all_is_refused(clip):
    setting = replace(Setting(mode="jit"), max_grad_norm=clip)
    with pytest.raises(ValueError, match="a number above 0"):
        check_setting(setting, ("jit",))
