"""Batch normalisation: its layers alone, and in a model that trains."""

import importlib

import numpy as np
import pytest

from benchmarks.parity import reference as parity_reference
from tests.support import trained
from tests.support.implementations import USUAL, importorskip
from tests.support.trained import SPEC, reference

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)
EVERY = [*USUAL, ("tensorflow", "xla")]
STATISTICS = [n for n in SPEC.shapes() if n.endswith(("mean", "variance"))]
SMALL, LARGE = 1e-12, 2e-6  # relative: float64, float32


def normed(framework, mode, x, epsilon=0.5, momentum=0.0):
    """A layer's result in training, its mean and variance after that.

    x (batch, feature) or (batch, height, width, channel), NumPy.
    """
    importorskip(framework)
    room = importlib.import_module(f"impls.training.{framework}")
    images = importlib.import_module(f"impls.images.{framework}")
    return globals()[f"_{framework}"](room, images, mode, x, epsilon, momentum)


def _torch(room, images, mode, x, *sizes):
    torch = importlib.import_module("torch")
    layer = room.BatchNorm(x.shape[-1], *sizes)
    x = torch.from_numpy(x)
    layer, layer.training = layer.to(x.dtype), True
    actual = layer(images.maps(x)) if x.ndim == 4 else layer(x)
    actual = actual.permute(0, 2, 3, 1) if x.ndim == 4 else actual
    every = actual, layer.mean, layer.variance
    return [part.detach().numpy() for part in every]


def _tensorflow(room, images, mode, x, *sizes):
    tf = importlib.import_module("tensorflow")
    keras = importlib.import_module("keras")
    before = keras.config.floatx()
    keras.config.set_floatx(x.dtype.name)
    layer = room.BatchNorm(x.shape[-1], *sizes)
    layer.training = True
    function = layer.call
    if mode != "eager":
        function = tf.function(layer.call, jit_compile=mode == "xla")
    # As the Runner says it; what is not in a mode of XLA stays as it was
    tf.config.optimizer.set_jit("autoclustering" if mode == "xla" else False)
    actual = function(images.maps(tf.constant(x)) if x.ndim == 4 else x)
    tf.config.optimizer.set_jit(False)
    keras.config.set_floatx(before)
    return [part.numpy() for part in (actual, layer.mean, layer.variance)]


def _jax(room, images, mode, x, *sizes):
    jax = importlib.import_module("jax")
    nnx = importlib.import_module("flax.nnx")
    with jax.enable_x64(x.dtype == np.float64):

        def function(x):
            layer = room.BatchNorm(x.shape[-1], *sizes, rngs=nnx.Rngs(0))
            for name in ("mean", "variance", "scale", "bias"):
                part = getattr(layer, name)
                part[...] = part[...].astype(x.dtype)
            layer.training = True
            actual = layer(images.maps(x) if x.ndim == 4 else x)
            if x.ndim == 4:
                actual = jax.numpy.transpose(actual, (3, 1, 2, 0))
            return actual, layer.mean[...], layer.variance[...]

        return [np.array(part) for part in jax.jit(function)(x)]


def expected(x, epsilon=0.5):
    """What the paper says, float64: result, mean, biased variance."""
    x = np.float64(x)
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    return (x - mean) / np.sqrt(variance + epsilon), mean, variance


@pytest.mark.parametrize("shape", [(5, 3), (5, 7, 9, 3)])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("framework", "mode"), EVERY)
def test_a_batch_to_mean_0_and_variance_1(framework, mode, precision, shape):
    """Biased: of five examples the other estimate is a quarter more."""
    random = np.random.default_rng(0)
    x = random.normal(2, 3, shape).astype(precision)
    tolerance = SMALL if precision == "float64" else LARGE
    actual = normed(framework, mode, x)
    for part, wanted in zip(actual, expected(x), strict=True):
        assert part.dtype == precision
        np.testing.assert_allclose(part, wanted, tolerance, tolerance)


@pytest.mark.parametrize("shape", [(64, 3), (8, 7, 9, 3)])
@pytest.mark.parametrize(("framework", "mode"), EVERY)
def test_row_7_a_variance_far_from_zero_keeps_its_digits(
    framework, mode, shape
):
    """E[x^2] - E[x]^2 in float32 is 4 per cent off there."""
    random = np.random.default_rng(0)
    x = random.normal(1000, 1, shape).astype("float32")
    _, mean, variance = normed(framework, mode, x)
    np.testing.assert_allclose(mean, expected(x)[1], 1e-6)
    np.testing.assert_allclose(variance, expected(x)[2], 1e-4)


@pytest.mark.parametrize(("framework", "mode"), EVERY)
def test_row_4_momentum_is_the_weight_of_the_old(framework, mode):
    x = np.random.default_rng(0).normal(2, 3, (5, 3))
    _, mean, variance = normed(framework, mode, x, momentum=0.875)
    _, new_mean, new_variance = expected(x)
    np.testing.assert_allclose(mean, 0.125 * new_mean, SMALL)
    np.testing.assert_allclose(variance, 0.875 + 0.125 * new_variance, SMALL)


@pytest.mark.parametrize(("framework", "mode"), EVERY)
def test_row_5_epsilon_is_what_it_is_told_to_be(framework, mode):
    """However small: a library's kernel may have a least one of its own."""
    x = np.random.default_rng(0).normal(0, 1e-3, (5, 7, 9, 3))
    for precision, tolerance in (("float32", 2e-5), ("float64", SMALL)):
        x = x.astype(precision)
        actual, _, _ = normed(framework, mode, x, epsilon=1e-6)
        wanted = expected(x, 1e-6)[0]
        np.testing.assert_allclose(actual, wanted, tolerance, tolerance)


def bits(one, other, names):
    return [name for name in names if (one[name] != other[name]).any()]


@implementations
def test_a_step_moves_statistics_by_the_biased_variance(framework, mode):
    runner = trained.runner(framework, mode)
    start, batch = trained.params(), trained.batch()
    runner.train_step(runner.place(batch))
    _, after = reference.training(SPEC, start, *batch.inputs, batch.masks)
    actual = runner.params()
    for name in STATISTICS:
        np.testing.assert_allclose(actual[name], after[name], 1e-13, 1e-14)
    variance, new = start["last.variance"], after["last.variance"]
    unbiased = (new - SPEC.momentum * variance) / (1 - 1 / trained.SIZE)
    assert not np.allclose(actual["last.variance"], unbiased, 1e-3)


@implementations
def test_nothing_but_a_step_moves_statistics(framework, mode):
    runner = trained.runner(framework, mode)
    batch = runner.place(trained.batch())
    runner.logits(batch), runner.eval_step(batch)
    runner.gradients(batch), runner.compile(batch)
    assert not bits(runner.params(), trained.params(), SPEC.shapes())
    runner.train_step(batch)
    after = runner.params()
    assert bits(after, trained.params(), STATISTICS) == STATISTICS
    runner.logits(batch), runner.eval_step(batch), runner.gradients(batch)
    assert not bits(runner.params(), after, SPEC.shapes())


@implementations
def test_statistics_have_no_gradient(framework, mode):
    runner = trained.runner(framework, mode)
    _, gradients = runner.gradients(runner.place(trained.batch()))
    assert set(gradients) == set(SPEC.shapes()) - set(STATISTICS)


@implementations
def test_evaluation_takes_running_statistics(framework, mode):
    """Also right after training; each example by itself."""
    runner = trained.runner(framework, mode)
    batch = trained.batch()
    runner.train_step(runner.place(batch))
    actual = runner.logits(runner.place(batch))
    wanted = reference.logits(SPEC, runner.params(), *batch.inputs)
    np.testing.assert_allclose(actual, wanted, 1e-13, 1e-14)


@implementations
def test_what_is_not_valid_counts_in_statistics(framework, mode):
    """As in every library: a weight is of a loss."""
    runner = trained.runner(framework, mode)
    batch = trained.batch()
    actual = []
    for weights in (batch.weights, np.ones_like(batch.weights)):
        runner.load(trained.params())
        runner.train_step(runner.place(batch._replace(weights=weights)))
        actual.append(runner.params())
    assert not bits(*actual, STATISTICS)
    assert bits(*actual, ["head.kernel"])


@implementations
def test_frozen_statistics_are_taken_and_stay_bit_for_bit(framework, mode):
    runner = trained.runner(framework, mode)
    start, batch = trained.params(), trained.batch()
    runner.freeze(STATISTICS)
    loss, gradients = runner.gradients(runner.place(batch))
    logits, _ = reference.training(SPEC, start, *batch.inputs, batch.masks,
                                   frozen=True)  # fmt: skip
    wanted, _ = parity_reference.objective(logits, batch)
    assert loss == pytest.approx(wanted, rel=1e-13)
    assert "norm.scale" in gradients  # which goes on
    for seed in range(3):
        runner.train_step(runner.place(trained.batch(seed)))
    assert not bits(runner.params(), start, STATISTICS)
    others = [name for name in SPEC.shapes() if name not in STATISTICS]
    assert bits(runner.params(), start, others) == others


@implementations
def test_one_norm_may_be_frozen_and_the_other_not(framework, mode):
    runner = trained.runner(framework, mode)
    runner.freeze(["norm.mean", "norm.variance"])
    runner.train_step(runner.place(trained.batch()))
    moved = bits(runner.params(), trained.params(), STATISTICS)
    assert moved == ["last.mean", "last.variance"]
    runner.freeze([])
    runner.load(trained.params())
    runner.train_step(runner.place(trained.batch()))
    assert bits(runner.params(), trained.params(), STATISTICS) == STATISTICS


@implementations
def test_half_of_a_norms_statistics_cannot_be_frozen(framework, mode):
    runner = trained.runner(framework, mode)
    with pytest.raises(ValueError, match=r"'last.mean' .*'last.variance'"):
        runner.freeze(["last.mean"])


@implementations
def test_statistics_alone_are_nothing_to_train(framework, mode):
    runner = trained.runner(framework, mode)
    names = [name for name in SPEC.shapes() if name not in STATISTICS]
    with pytest.raises(ValueError, match="nothing to train"):
        runner.freeze(names)
