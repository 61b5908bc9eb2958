"""`generate` returns the symbols of the reference, in every framework."""

from dataclasses import replace
from functools import partial
from importlib import import_module

import numpy as np
import pytest

import impls
from benchmarks.passes.process import Worker
from benchmarks.passes.remote_runner import RemoteRunner
from impls.decoding import Rule, reference
from impls.interface import Setting
from impls.sequences import END, PADDING
from tests.support import decoders, trained
from tests.support.decoders import SIZE, SPECS
from tests.support.decoders import reference as small
from tests.support.implementations import USUAL, importorskip

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)
LENGTH = 12


def expected(name, rule, noise=None, seed=0):
    spec, params = SPECS[name], decoders.params(name)
    begin = {"Model": small.start, "Stream": small.start_stream}[name]
    inputs = decoders.batch(name, seed).inputs[:-1]
    token, state = begin(spec, params, *inputs)
    step = partial(small.step, spec, params)
    return reference.decode(step, token, state, rule, noise)


def rule(name, width=1, length=LENGTH):
    return Rule(length, width, END if name == "Model" else -1)


@implementations
@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("width", [1, 2, 5, 11])
def test_implementations_decode_as_the_reference(framework, mode, name, width):
    runner = decoders.runner(name, framework, mode)
    batch = runner.place(decoders.batch(name))
    actual = runner.generate(batch, LENGTH, width)
    assert actual.dtype == np.int32 and actual.shape == (SIZE, LENGTH)
    np.testing.assert_array_equal(actual, expected(name, rule(name, width)))


def test_what_is_decoded_is_worth_comparing():
    """Some end early and some late, and beams find what the best do not."""
    greedy = expected("Model", rule("Model"))
    ended = (greedy == END).any(1)
    assert 0 < ended.sum() < SIZE
    assert len(np.unique(greedy, axis=0)) > SIZE / 2
    assert (expected("Model", rule("Model", 5)) != greedy).any()


@pytest.mark.parametrize("width", [1, 5])
def test_padding_stands_behind_the_end(width):
    for row in expected("Model", rule("Model", width)):
        (ends,) = np.nonzero(row == END)
        if len(ends):
            assert (row[ends[0] + 1 :] == PADDING).all()


@implementations
def test_noise_makes_the_same_sample_everywhere(framework, mode):
    shape = SIZE, LENGTH, SPECS["Stream"].vocab
    noise = np.random.default_rng(3).gumbel(size=shape)
    runner = decoders.runner("Stream", framework, mode)
    batch = runner.place(decoders.batch("Stream"))
    actual = runner.generate(batch, LENGTH, noise=noise)
    np.testing.assert_array_equal(
        actual, expected("Stream", rule("Stream"), noise)
    )
    assert (actual != runner.generate(batch, LENGTH)).any()


@implementations
def test_a_decoder_compiles_once_and_moves_nothing(framework, mode):
    runner = decoders.runner("Stream", framework, mode)
    batch = runner.place(decoders.batch("Stream"))
    runner.train_step(batch)
    runner.generate(batch, LENGTH), runner.generate(batch, LENGTH, 3)
    before, counted = runner.state(), runner.compilations()
    runner.generate(batch, LENGTH), runner.generate(batch, LENGTH, 3)
    assert runner.compilations() == counted
    np.testing.assert_array_equal(runner.state()["hidden"], before["hidden"])
    runner.generate(batch, LENGTH + 1)
    assert counted is None or runner.compilations() == counted + 1


@implementations
def test_what_cannot_be_generated_is_refused(framework, mode):
    runner = decoders.runner("Model", framework, mode)
    batch = runner.place(decoders.batch("Model"))
    noise = np.zeros((SIZE, 4, SPECS["Model"].vocab))
    for words, arguments in (
        ("at least 1", (0,)),
        ("at least 1", (4, 0)),
        ("a sample has width 1", (4, 2, noise)),
        ("noise", (5, 1, noise)),
    ):
        with pytest.raises(ValueError, match=words):
            runner.generate(batch, *arguments)
    other = trained.runner(framework, mode)
    with pytest.raises(ValueError, match="no `step`"):
        other.generate(other.place(trained.batch(masks=False)), 4)


def constant_decoder(framework):
    """A framework's `decode` of NumPy arrays, with the same logits per step."""
    importorskip(framework)
    decode = import_module(f"impls.decoding.{framework}").decode
    if framework == "jax":
        jax = import_module("jax")
        jax.config.update("jax_enable_x64", True)
        put = jax.numpy.asarray
    elif framework == "torch":
        put = import_module("torch").as_tensor
    else:
        put = import_module("tensorflow").constant

    def decoded(logits, rule):
        token = put(np.zeros(len(logits) // rule.width, np.int32))
        state = (put(np.zeros((len(token), 1))),)
        return np.asarray(
            decode(
                lambda token, state: (put(logits), state), token, state, rule
            )
        )

    return decoded


@pytest.mark.parametrize("framework", ["torch", "tensorflow", "jax"])
@pytest.mark.parametrize("vocab", [3, 8, 37, 1000])
def test_of_equals_the_first_is_taken(framework, vocab):
    decoded = constant_decoder(framework)
    logits = np.zeros((2, vocab))
    logits[1, vocab // 2 :] = 1
    actual = decoded(logits, Rule(2))
    assert actual.tolist() == [[0, 0], [vocab // 2] * 2]
    actual = decoded(np.zeros((3, vocab)), Rule(3, 3))
    step = lambda token, state: (np.zeros((3, vocab)), state)  # noqa: E731
    zero = np.zeros(1, np.int32), (np.zeros((1, 1)),)
    expected = reference.decode(step, *zero, Rule(3, 3))
    np.testing.assert_array_equal(actual, expected)


def test_a_beam_keeps_what_pays_later():
    """Symbol 4 is second best, but what follows it is sure."""

    def step(token, state):
        rows = {0: [-9, -9, -9, 0.1, 0.0], 3: [-9, -9, 0, 0, 0]}
        sure = [-9, -9, 9, -9, -9]
        return np.array(
            [rows.get(int(number), sure) for number in token]
        ), state

    start = np.zeros(1, np.int32), (np.zeros((1, 1)),)
    greedy = reference.decode(step, *start, Rule(3, 1, END))
    beam = reference.decode(step, *start, Rule(3, 2, END))
    assert greedy.tolist() == [[3, END, PADDING]]
    assert beam.tolist() == [[4, END, PADDING]]


def test_a_beam_weighs_by_the_number_of_symbols():
    """Two symbols at a half each beat one at a third, by their mean."""

    def step(token, state):
        rows = {0: np.log([1e-9, 1e-9, 0.34, 0.33, 0.33])}
        then = np.log([1e-9, 1e-9, 0.97, 0.015, 0.015])
        return np.array(
            [rows.get(int(number), then) for number in token]
        ), state

    start = np.zeros(1, np.int32), (np.zeros((1, 1)),)
    actual = reference.decode(step, *start, Rule(3, 2, END))
    assert actual.tolist() == [[3, END, PADDING]]


def test_a_worker_decodes_the_same():
    """Over the wire: a batch, noise, a rate, what is carried."""
    importorskip("torch")
    spec, setting = (
        impls.spec("language")(),
        Setting(mode="eager", precision="float64"),
    )
    small = replace(spec, vocab=7, width=3, hidden=5, time=4)
    batch = small.example(2)
    noise = np.random.default_rng(0).gumbel(size=(2, 6, 7))
    here = impls.build("language", "torch", small, setting)
    with Worker("torch") as worker:
        there = RemoteRunner(worker, "language", small, setting)
        for runner in (here, there):
            runner.set_learning_rate(0.5)
        there.train_steps([batch])
        here.train_step(here.place(batch))
        for name, value in here.state().items():
            np.testing.assert_allclose(there.state()[name], value, 1e-12)
        for arguments in ((6,), (6, 3), (6, 1, noise)):
            np.testing.assert_array_equal(
                there.generate(batch, *arguments),
                here.generate(here.place(batch), *arguments),
            )
