"""Every implementation generates exactly the symbols of the reference.

With the odd sizes of the parity checks, in float64.
"""

from importlib import import_module

import numpy as np
import pytest

import impls
from impls.decoding import Rule
from impls.decoding.reference import decode
from impls.sequences import PADDING
from tests.support.implementations import USUAL, case, shared_runner

MODELS = [
    model
    for model in impls.MODELS
    if hasattr(import_module(f"impls.{model}.reference"), "start")
]
LENGTH = 11  # symbols at most


def expected(model, batch, width):
    point = case(model)
    reference = import_module(f"impls.{model}.reference")
    given = point.spec, point.smooth
    token, state = reference.start(*given, *point.spec.prompt(batch.inputs))
    rule = Rule(LENGTH, width, point.spec.end, PADDING)
    return decode(
        lambda token, state: reference.step(*given, token, state),
        token,
        state,
        rule,
    )


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize(("framework", "mode"), USUAL)
@pytest.mark.parametrize("model", MODELS)
def test_no_symbol_differs(model, framework, mode, width):
    runner, batch = shared_runner(model, framework, mode), case(model).batch(0)
    runner.load(case(model).smooth)
    actual = runner.generate(runner.place(batch), LENGTH, width)
    wanted = expected(model, batch, width)
    assert actual.dtype == np.int32
    np.testing.assert_array_equal(actual, wanted)
    assert len(np.unique(actual)) > 2, "says always the same"


@pytest.mark.parametrize("model", MODELS)
def test_a_step_says_what_forward_says(model):
    """Given what it should say, not what it has said."""
    point = case(model)
    reference = import_module(f"impls.{model}.reference")
    given, batch = (point.spec, point.smooth), point.batch(0)
    if model in ("gpt", "language"):  # which continue a prompt
        tokens = batch.inputs[0]
        wanted = reference.logits(*given, *batch.inputs)[:, 1:]
        _, state = reference.start(*given, tokens[:, :2])
        words = tokens[:, 1:]
    else:
        wanted = reference.logits(*given, *batch.inputs)
        _, state = reference.start(*given, *batch.inputs[:-1])
        words = batch.inputs[-1]
    for time in range(words.shape[1]):
        logits, state = reference.step(*given, words[:, time], state)
        np.testing.assert_allclose(logits, wanted[:, time], atol=1e-13)
