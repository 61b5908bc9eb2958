"""Dropout as the Runners draw it: how often, how much, when, and again.

A probe has units of one, each of which two layers drop; what was dropped
for two examples follows from the gradients of its kernel and its bias.
"""

import importlib

import numpy as np
import pytest

from tests.support import trained
from tests.support.implementations import USUAL, importorskip
from tests.support.trained import PROBE

implementations = pytest.mark.parametrize(
    ("framework", "mode"), [*USUAL, ("tensorflow", "xla")]
)
KEPT = (1 - PROBE.rate) ** 2  # by both layers


def factors(one, masks=None):
    """(2, units): what each unit of two examples was multiplied by, squared.

    loss = sum of (factor (kernel x + bias))^2 / (2 units), of x = 1 and 2.
    """
    batch = one.place(PROBE.example(2)._replace(masks=masks))
    _, gradients = one.gradients(batch)
    kernel = gradients["hidden.kernel"][0] * PROBE.units  # f1 + 2 f2
    bias = gradients["hidden.bias"] * PROBE.units  # f1 + f2
    return np.stack([2 * bias - kernel, kernel - bias])


def step(one):
    batch = one.place(PROBE.example(2))
    return one.fetch([one.train_step(batch)])[0]


def share(actual):
    return np.mean(actual > 0.5)


@implementations
def test_what_is_kept_is_scaled_up_and_the_rest_is_zero(framework, mode):
    actual = factors(trained.probe(framework, mode))
    kept = actual > 0.5
    np.testing.assert_allclose(actual[kept], 1 / KEPT**2, rtol=1e-12)
    np.testing.assert_allclose(actual[~kept], 0, atol=1e-12)


@implementations
def test_as_many_are_kept_as_the_rate_says(framework, mode):
    """Within five deviations of the binomial distribution.

    Two layers that dropped the same units would keep a quarter more.
    """
    count = 2 * PROBE.units
    deviation = np.sqrt(KEPT * (1 - KEPT) / count)
    assert deviation < 0.005
    for seed in (0, 1):
        actual = share(factors(trained.probe(framework, mode, seed)))
        assert abs(actual - KEPT) < 5 * deviation


@implementations
def test_examples_and_neighbours_are_dropped_by_themselves(framework, mode):
    kept = factors(trained.probe(framework, mode)) > 0.5
    deviation = np.sqrt(KEPT**2 * (1 - KEPT**2) / PROBE.units)
    both = np.mean(kept[0] & kept[1])
    beside = np.mean(kept[0, 1:] & kept[0, :-1])
    assert abs(both - KEPT**2) < 5 * deviation
    assert abs(beside - KEPT**2) < 6 * deviation


@implementations
def test_every_step_drops_others_and_a_load_begins_again(framework, mode):
    runner = trained.probe(framework, mode)
    actual = []
    for _ in range(3):
        actual.append(factors(runner) > 0.5)
        step(runner)
    for other, now in ((0, 1), (0, 2), (1, 2)):
        apart = np.mean(actual[other] != actual[now])
        assert apart == pytest.approx(2 * KEPT * (1 - KEPT), abs=0.03)
    runner.load(runner.params())
    np.testing.assert_array_equal(factors(runner) > 0.5, actual[0])


@implementations
def test_only_a_step_goes_on(framework, mode):
    """Neither gradients nor evaluation; and a step drops what they said."""
    runner = trained.probe(framework, mode)
    step(runner)
    before = factors(runner)
    batch = runner.place(PROBE.example(2))
    loss, _ = runner.gradients(batch)
    runner.logits(batch), runner.eval_step(batch), runner.compile(batch)
    np.testing.assert_array_equal(factors(runner), before)
    assert step(runner)[0] == pytest.approx(loss, rel=1e-13)
    assert not np.array_equal(factors(runner), before)


@implementations
def test_the_seed_decides(framework, mode):
    runner = trained.probe(framework, mode, seed=1)
    first = factors(runner)
    changed = {"objective": "mse", "learning_rate": 0.0, "seed": 1}
    again = trained.fresh(framework, mode, "Probe", **changed)
    again.load(runner.params())
    step(trained.probe(framework, mode))  # another's steps are its own
    np.testing.assert_array_equal(factors(again), first)
    other = factors(trained.probe(framework, mode))
    assert np.mean((other > 0.5) != (first > 0.5)) > 0.3


@implementations
def test_evaluation_drops_nothing_whatever_masks_there_are(framework, mode):
    runner = trained.probe(framework, mode)
    nothing = {path: np.zeros((2, PROBE.units)) for path in PROBE.masks()}
    for masks in (None, nothing):
        batch = runner.place(PROBE.example(2)._replace(masks=masks))
        assert (runner.logits(batch) == 1).all()
        assert runner.fetch([runner.eval_step(batch)])[0, 0] == 1
        loss, _ = runner.gradients(batch)
        assert (loss == 0) == (masks is nothing)
        assert (runner.logits(batch) == 1).all()  # after training, too


@implementations
def test_masks_keep_where_they_are_one(framework, mode):
    runner = trained.probe(framework, mode)
    random = np.random.default_rng(0)
    masks = {
        path: np.float32(random.random((2, PROBE.units)) < 0.5)
        for path in PROBE.masks()
    }
    expected = masks["first"] * masks["second"] / KEPT**2
    np.testing.assert_allclose(factors(runner, masks), expected, atol=1e-12)


@implementations
def test_masks_that_do_not_fit_are_told(framework, mode):
    runner = trained.probe(framework, mode)
    good = {path: np.ones((2, PROBE.units)) for path in PROBE.masks()}
    for masks in (
        {"first": good["first"]},
        good | {"third": good["first"]},
        good | {"first": good["first"][:1]},
    ):
        with pytest.raises(ValueError, match=r"masks .*: expected .*second"):
            runner.place(PROBE.example(2)._replace(masks=masks))


@implementations
def test_reconstruction_is_the_mean_square_and_has_no_accuracy(framework, mode):
    """Mean over an example's entries, then over examples by their weight."""
    runner = trained.probe(framework, mode)
    batch = PROBE.example(2)
    batch = batch._replace(
        targets=np.float32(np.arange(2 * PROBE.units).reshape(2, -1) % 7),
        weights=np.float32([0.25, 1.75]),
    )
    losses = ((1 - np.float64(batch.targets)) ** 2).mean(1)
    expected = losses @ np.float64(batch.weights) / 2
    actual = runner.fetch([runner.eval_step(runner.place(batch))])[0]
    assert actual[0] == pytest.approx(expected, rel=1e-13)
    assert np.isnan(actual[1])
    assert np.isnan(step(runner)[1])
    with pytest.raises(ValueError, match="reconstructed"):
        runner.place(batch._replace(targets=np.zeros(2, np.int32)))


SHAPE = 31, 7, 13, 17  # all axes that a model has, all of different length
RATE = 0.3


def drawn(framework, gpu=False):
    """What a layer in training makes of ones, float64."""
    importorskip(framework)
    room = importlib.import_module(f"impls.training.{framework}")
    return globals()[f"_{framework}"](room.Dropout, gpu)


def _torch(layer, gpu):
    torch = importlib.import_module("torch")

    class OnGpu(torch.Tensor):
        is_cuda = True

    x = torch.ones(SHAPE, dtype=torch.float64)
    layer = layer(RATE)
    layer.training = True
    torch.manual_seed(3)
    return layer(x.as_subclass(OnGpu) if gpu else x).numpy()


def _tensorflow(layer, gpu):
    tf = importlib.import_module("tensorflow")
    layer = layer(RATE)
    layer.training, layer.stream = True, tf.constant([3, 5])
    return layer.call(tf.ones(SHAPE, tf.float64)).numpy()


def _jax(layer, gpu):
    jax, nnx = map(importlib.import_module, ("jax", "flax.nnx"))
    layer = layer(RATE, rngs=None)
    layer.training, layer.stream = True, nnx.data(jax.random.key(3))
    with jax.enable_x64(True):
        return np.array(layer(jax.numpy.ones(SHAPE, "float64")))


@pytest.mark.parametrize(
    ("framework", "gpu"),
    [("torch", False), ("torch", True), ("tensorflow", False), ("jax", False)],
)
def test_no_axis_shares_a_mask(framework, gpu):
    """PyTorch has a branch for GPUs, which runs on a CPU, too."""
    values = drawn(framework, gpu)
    kept = values > 0
    np.testing.assert_allclose(values[kept], 1 / (1 - RATE), rtol=1e-12)
    assert values.shape == SHAPE and (values[~kept] == 0).all()
    deviation = np.sqrt(RATE * (1 - RATE) / values.size)
    assert abs(kept.mean() - (1 - RATE)) < 5 * deviation
    alike = RATE**2 + (1 - RATE) ** 2
    for axis, length in enumerate(SHAPE):
        before = kept.take(range(length - 1), axis)
        after = kept.take(range(1, length), axis)
        assert np.mean(before == after) == pytest.approx(alike, abs=0.015)
