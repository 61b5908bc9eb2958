"""What the contract promises of every Runner, beyond its numbers."""

import re
from dataclasses import replace

import numpy as np
import pytest

import impls
from benchmarks.parity import reference
from impls.interface import Setting
from tests.support.implementations import (
    USUAL,
    case,
    importorskip,
    shared_runner,
)

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)


def sgd(framework, mode):
    """A Runner of its own kind: these tests freeze, and count."""
    return shared_runner("rnn", framework, mode, optimizer="sgd"), case("rnn")


def same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name])


@implementations
def test_compiling_changes_nothing_and_nothing_compiles_after_it(
    framework, mode
):
    runner, point = sgd(framework, mode)
    runner.load(point.smooth)
    batch = runner.place(point.batch(0))
    runner.compile(batch)
    same(runner.params(), point.smooth)
    before = runner.compilations()
    assert before is None or before > 0
    assert (before is None) == (mode == "eager")
    _, gradients = runner.gradients(batch)
    rule = replace(point.setting(), optimizer="sgd")
    gradients = reference.train(point.smooth, [gradients], rule)
    counted = runner.compilations()  # `gradients` is a program of its own
    for seed in (0, 1):
        runner.train_step(runner.place(point.batch(seed)))
        if seed == 0:
            after = runner.params()
    assert runner.compilations() == counted
    for name, expected in gradients.items():
        np.testing.assert_allclose(after[name], expected, atol=1e-13)


@implementations
def test_gradients_and_parameters_come_in_reading_order(framework, mode):
    """A plot names the first layer first, whatever a library sorts by."""
    runner, point = shared_runner("bilstm", framework, mode), case("bilstm")
    runner.load(point.smooth)
    names = list(point.spec.shapes())
    assert names != sorted(names)
    assert list(runner.params()) == names
    _, gradients = runner.gradients(runner.place(point.batch(0)))
    assert list(gradients) == names


@implementations
def test_frozen_parameters_stay_and_the_others_move(framework, mode):
    runner, point = sgd(framework, mode)
    runner.load(point.smooth)
    runner.freeze(["embedding.embedding", "rnn.bias"])
    same(runner.params(), point.smooth)
    batch = runner.place(point.batch(0))
    _, gradients = runner.gradients(batch)
    moving = {"rnn.kernel", "rnn.recurrent_kernel", "head.kernel", "head.bias"}
    assert set(gradients) == moving
    runner.train_step(batch)
    after = runner.params()
    assert list(after) == list(point.smooth)
    for name, start in point.smooth.items():
        moved = not np.array_equal(after[name], start)
        assert moved == (name in moving), name
    runner.freeze([])
    assert set(runner.gradients(batch)[1]) == set(point.smooth)


@implementations
def test_neither_scores_nor_gradients_nor_evaluation_change_parameters(
    framework, mode
):
    runner, point = sgd(framework, mode)
    runner.load(point.smooth)
    batch = runner.place(point.batch(0))
    runner.logits(batch), runner.gradients(batch), runner.eval_step(batch)
    runner.wait()
    same(runner.params(), point.smooth)


@implementations
def test_what_was_copied_out_is_nobody_elses(framework, mode):
    """Neither a later step nor a later load may change it, nor it them."""
    runner, point = sgd(framework, mode)
    given = {name: value.copy() for name, value in point.smooth.items()}
    runner.load(given)
    for value in given.values():
        value[...] = 7
    batch = runner.place(point.batch(0))
    before = runner.params()
    logits, (_, gradients) = runner.logits(batch), runner.gradients(batch)
    kept = [x.copy() for x in (logits, *before.values(), *gradients.values())]
    runner.train_step(batch)
    runner.train_step(batch)
    runner.load(point.kinked)
    runner.logits(batch), runner.gradients(batch)
    actual = [logits, *before.values(), *gradients.values()]
    for now, then in zip(actual, kept, strict=True):
        np.testing.assert_array_equal(now, then)
    same(before, point.smooth)
    for value in before.values():
        value[...] = 7
    same(runner.params(), point.kinked)


@implementations
def test_steps_come_back_as_loss_and_accuracy(framework, mode):
    runner, point = sgd(framework, mode)
    runner.load(point.smooth)
    batches = [point.batch(0), point.batch(1)]
    expected = [
        list(point.metrics(point.smooth, batch).values()) for batch in batches
    ]
    steps = [runner.eval_step(runner.place(batch)) for batch in batches]
    actual = runner.fetch(steps)
    assert actual.shape == (2, 2) and actual.dtype == np.float64
    np.testing.assert_allclose(actual, expected, rtol=1e-13)
    # Training reports the loss before its update
    actual = runner.fetch([runner.train_step(runner.place(batches[0]))])
    np.testing.assert_allclose(actual, expected[:1], rtol=1e-13)


@implementations
def test_what_is_wrong_with_parameters_is_told_by_name(framework, mode):
    runner, point = sgd(framework, mode)
    good = point.smooth
    without = {n: value for n, value in good.items() if n != "rnn.bias"}
    for params, message in (
        (without, "parameters ['rnn.bias']: missing"),
        (good | {"odd": np.zeros(2)}, "parameters ['odd']: unknown"),
        (
            good | {"rnn.kernel": good["rnn.kernel"].T},
            "'rnn.kernel' (11, 7): expected (7, 11)",
        ),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            runner.load(params)
    with pytest.raises(ValueError, match="unknown"):
        runner.freeze(["odd"])


@implementations
def test_targets_must_be_numbers_one_per_example(framework, mode):
    runner, point = sgd(framework, mode)
    batch = point.batch(0)
    wrong = batch._replace(targets=np.eye(15, 2))
    with pytest.raises(ValueError, match="not one-hot rows"):
        runner.place(wrong)


@implementations
def test_freezing_everything_is_refused(framework, mode):
    runner, point = sgd(framework, mode)
    runner.load(point.smooth)
    with pytest.raises(ValueError, match="nothing to train"):
        runner.freeze(list(point.smooth))
    runner.freeze([])


@implementations
def test_a_product_waits_and_versions_are_told(framework, mode):
    one, _ = sgd(framework, mode)
    assert one.matmul(8)() is None or mode
    versions = one.versions()
    assert framework in versions
    assert all(re.match(r"\d+\.\d+", text) for text in versions.values())


@implementations
def test_the_compiled_step_tells_its_bytes_or_why_it_cannot(framework, mode):
    runner, point = sgd(framework, mode)
    runner.load(point.smooth)
    batch = runner.place(point.batch(0))
    runner.compile(batch)
    expected = runner.static_bytes()
    assert set(expected) == {"static_bytes", "reason"}
    if framework != "jax":
        assert expected["static_bytes"] is None and expected["reason"]
        return
    # At least the parameters, a gradient of each, and the batch
    arrays = [*batch.inputs, batch.targets, batch.weights]
    held = sum(array.nbytes for array in point.smooth.values())
    assert expected["reason"] is None
    assert expected["static_bytes"] > 2 * held + sum(a.nbytes for a in arrays)
    adam = shared_runner("rnn", framework, mode)
    adam.load(point.smooth)
    adam.compile(adam.place(point.batch(0)))
    more = adam.static_bytes()["static_bytes"] - expected["static_bytes"]
    assert 2 * held < more < 3 * held  # its two moments, once each


def test_a_step_that_is_not_compiled_has_no_bytes():
    expected = shared_runner(
        "rnn", "jax", "jit", learning_rate=0.25
    ).static_bytes()
    assert expected["static_bytes"] is None and "yet" in expected["reason"]


@pytest.mark.parametrize("framework", impls.FRAMEWORKS)
@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("mode", "fast"),
        ("objective", "regression"),
        ("optimizer", "lamb"),
        ("precision", "float16"),
    ],
)
def test_words_that_mean_nothing_are_refused(framework, key, word):
    mode = {"jax": "jit"}.get(framework, "eager")
    setting = Setting(**{"mode": mode, key: word})
    with pytest.raises(ValueError, match=f"{key} '{word}': expected one of"):
        impls.build("rnn", framework, case("rnn").spec, setting)


def test_models_and_frameworks_that_do_not_exist_are_named():
    with pytest.raises(KeyError, match="expected one of .*cnn"):
        impls.spec("cnm")
    with pytest.raises(KeyError, match="expected one of .*torch"):
        impls.build("cnn", "torsh", None, Setting())


def test_a_layer_of_torch_without_names_and_axes_is_named():
    torch = pytest.importorskip("torch")
    from impls.frameworks import _torch

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = torch.nn.GRUCell(3, 5)

    message = "GRUCell.*no name and axes for its tensor 'weight_ih'; .*LAYOUT"
    with pytest.raises(ValueError, match=message):
        list(_torch.parameters(Model()))


def test_tensorflow_traces_a_train_step_once(monkeypatch):
    """A trace that makes variables would be repeated without them."""
    importorskip("tensorflow")
    point, traced = case("rnn"), []
    runner = impls.build(
        "rnn", "tensorflow", point.spec, point.setting(mode="graph")
    )
    loss_gradients = runner._loss_gradients

    def counted(batch):
        traced.append(batch)
        return loss_gradients(batch)

    monkeypatch.setattr(runner, "_loss_gradients", counted)
    batch = runner.place(point.batch(0))
    runner.compile(batch)
    runner.train_step(batch)
    assert len(traced) == 1


MISFITS = [
    ({"head.bias": None}, "head.bias (1,): unknown"),
    ({"head.bias": (3,)}, "head.bias (1,): expected (3,)"),
    ({"rnn.kernel": None, "rnn.weight": (7, 11)}, "rnn.weight: missing"),
]


@implementations
@pytest.mark.parametrize(("changes", "message"), MISFITS)
def test_a_model_that_does_not_fit_its_spec_is_refused(
    monkeypatch, framework, mode, changes, message
):
    """By all three with one message, before anything trains."""
    importorskip(framework)
    spec, setting = case("rnn").spec, case("rnn").setting(mode=mode)
    shapes = {**spec.shapes(), **changes}
    shapes = {name: shape for name, shape in shapes.items() if shape}
    monkeypatch.setattr(type(spec), "shapes", lambda self: shapes)
    with pytest.raises(ValueError, match=re.escape(message)) as refused:
        impls.build("rnn", framework, spec, setting)
    assert str(refused.value).startswith("parameters of the implementation: ")
