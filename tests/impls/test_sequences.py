"""The shared parts of sequence models agree with NumPy formulas."""

from importlib import import_module

import numpy as np
import pytest

import impls
from tests.support.implementations import case, importorskip, shared_runner

MODELS = ("lstm", "tagger", "language", "seq2seq", "attention")
USUAL = {"jax": "jit"}
LENGTHS = np.array([5, 1, 3], np.int32)
RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(3, 5, 4)).astype(np.float32)

frameworks = pytest.mark.parametrize("framework", impls.FRAMEWORKS)


def sequences_of(framework):
    importorskip(framework)
    return import_module(f"impls.sequences.{framework}")


def array(framework, value):
    """As the framework has it, and in its own precision."""
    if framework == "torch":
        return import_module("torch").from_numpy(np.array(value))
    if framework == "tensorflow":
        return import_module("tensorflow").constant(value)
    return import_module("jax.numpy").asarray(value)


def call(framework, name, *arguments):
    actual = getattr(sequences_of(framework), name)(
        *(
            array(framework, x) if isinstance(x, np.ndarray) else x
            for x in arguments
        )
    )
    return np.asarray(actual)


@frameworks
@pytest.mark.parametrize("x", [X, X[..., 0]], ids=["states", "numbers"])
def test_reversed_within(framework, x):
    actual = call(framework, "reversed_within", x, LENGTHS)
    for row, sentence, length in zip(actual, x, LENGTHS, strict=True):
        np.testing.assert_array_equal(row[:length], sentence[:length][::-1])
        np.testing.assert_array_equal(row[length:], sentence[length:])


@frameworks
def test_last(framework):
    actual = call(framework, "last", X, LENGTHS)
    np.testing.assert_array_equal(actual, [X[0, 4], X[1, 0], X[2, 2]])


@frameworks
def test_valid(framework):
    actual = call(framework, "valid", LENGTHS, 5)
    assert actual.dtype == bool
    assert actual.sum(1).tolist() == [5, 1, 3]
    assert actual[:, 0].all() and not actual[1, 1:].any()


@frameworks
def test_attend(framework):
    """Shares of what is kept; exactly zero elsewhere, however large."""
    scores = np.array([[1, 2, 90], [-1e30, 1, 2], [3, 4, 5]], np.float32)
    keep = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]], bool)
    actual = call(framework, "attend", scores, keep)
    low, high = 1 / (1 + np.e), np.e / (1 + np.e)
    expected = [[low, high, 0], [0, low, high], [0, 0, 0]]
    np.testing.assert_allclose(actual, expected, rtol=1e-6)
    assert (actual[~keep] == 0).all()


@frameworks
@pytest.mark.slow  # the parity checks run in mode `loop`, too
@pytest.mark.parametrize("model", MODELS)
def test_the_loop_is_the_fused_kernel(model, framework):
    point = case(model)
    results = {}
    for mode in (USUAL.get(framework, "eager"), "loop"):
        runner = shared_runner(model, framework, mode)
        runner.load(point.smooth)
        batch = runner.place(point.batch(0))
        loss, gradients = runner.gradients(batch)
        actual = {"logits": runner.logits(batch), "loss": np.array(loss)}
        results[mode] = actual | gradients
    fused, loop = results.values()
    assert list(fused) == list(loop)
    for name, value in fused.items():
        assert np.abs(value - loop[name]).max() <= 1e-12, name


@frameworks
def test_new_layers_follow_the_switch(framework):
    """Existing layers keep their mode."""
    sequences = sequences_of(framework)
    rngs = {"rngs": import_module("flax").nnx.Rngs(0)} if (
        framework == "jax"
    ) else {}  # fmt: skip
    before = sequences.loops()
    try:
        sequences.set_loops(True)
        slow = sequences.LSTM(4, 3, **rngs)
        sequences.set_loops(False)
        fused = sequences.LSTM(4, 3, **rngs)
        assert slow.loops and not fused.loops and not sequences.loops()
    finally:
        sequences.set_loops(before)
