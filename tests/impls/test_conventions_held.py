"""What Triptych holds, whatever its libraries do by themselves.

The rows of the table that an implementation must satisfy. The parity checks
cover most of them (layouts, gates, padding, strides, means over valid
targets); these tests cover those that parity cannot detect.
"""

import importlib

import numpy as np
import pytest

import impls
from benchmarks.parity import compare, reference
from impls import init
from tests.support.implementations import (
    USUAL,
    case,
    importorskip,
    shared_runner,
)

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)


@implementations
def test_rows_10_11_adam_adds_its_own_epsilon_after_bias_correction(
    framework, mode
):
    """Gradients as small as epsilon: its place is worth a factor of 15."""
    rnn, point = (
        shared_runner("rnn", framework, mode, epsilon=1e-7),
        case("rnn"),
    )
    params = point.smooth | {"head.kernel": point.smooth["head.kernel"] * 1e-6}
    rnn.load(params)
    batch = rnn.place(point.batch(1))
    gradient = rnn.gradients(batch)[1]["rnn.kernel"]
    assert 1e-8 < np.abs(gradient).max() < 1e-6
    rnn.train_step(batch)
    actual = rnn.params()["rnn.kernel"] - params["rnn.kernel"]
    expected = -0.01 * gradient / (np.abs(gradient) + 1e-7)
    np.testing.assert_allclose(actual, expected, atol=1e-12)


@pytest.mark.parametrize("model", ["rnn", "bilstm"])
def test_row_17_the_second_bias_of_torch_stays_zero(model):
    runner, point = shared_runner(model, "torch", "eager"), case(model)
    runner.load(point.smooth)
    for seed in range(3):
        runner.train_step(runner.place(point.batch(seed)))
    seconds = [
        tensor
        for name, tensor in runner.model.named_parameters()
        if "bias_hh" in name
    ]
    assert len(seconds) == {"rnn": 1, "bilstm": 2}[model]
    for tensor in seconds:
        assert not tensor.any() and tensor.grad is None


def drawn_as_keras(model):
    """Whether its Spec leaves all initial values to `impls.init`."""
    spec = impls.spec(model)
    return spec.limit is None and not spec().deviations()


@pytest.mark.parametrize("model", [*filter(drawn_as_keras, impls.MODELS)])
def test_rows_1_2_18_initial_parameters_are_drawn_as_keras_draws(
    model, monkeypatch
):
    spec = impls.spec(model)()
    setting = case(model).setting(mode="eager")
    importorskip("tensorflow")
    frame = importlib.import_module("impls.frameworks.tensorflow")
    # Its Runner loads ours over what Keras has drawn
    monkeypatch.setattr(frame.Runner, "load", lambda self, params: None)
    theirs = impls.build(model, "tensorflow", spec, setting).params()
    ours = init.draw(spec, 0)
    shares = np.linspace(0.05, 0.95, 10)
    for name in ours.keys() - spec.initial():
        value = ours[name]
        if "kernel" in name:  # else these would be ours
            assert not np.array_equal(value, theirs[name]), name
        spread = 9 / value.size**0.5  # over three deviations
        one, other = (
            np.quantile(value, shares),
            np.quantile(theirs[name], shares),
        )
        scale = max(value.std(), 1e-9)
        assert np.abs(one - other).max() / scale < spread, name
        largest = np.abs(value).max(), np.abs(theirs[name]).max()
        if not name.endswith("recurrent_kernel"):
            assert largest[0] == pytest.approx(largest[1], rel=spread), name


@implementations
@pytest.mark.parametrize("model", ["rnn", "cnn"])
def test_row_35_losses_of_sure_scores_are_neither_cut_nor_infinite(
    model, framework, mode
):
    runner, point = shared_runner(model, framework, mode), case(model)
    params = {name: value * 0 for name, value in point.smooth.items()}
    params["head.bias"][0] = 1000
    batch = point.batch(0)
    targets = np.arange(point.size, dtype=np.int32) % 2
    batch = batch._replace(targets=targets)
    runner.load(params)
    loss, gradients = runner.gradients(runner.place(batch))
    wrong = targets == (0 if model == "rnn" else 1)
    expected = 1000 * np.average(wrong, weights=batch.weights)
    assert loss == pytest.approx(expected, rel=1e-14)
    assert all(np.isfinite(value).all() for value in gradients.values())
    assert np.abs(gradients["head.bias"]).max() > 0.1


@implementations
@pytest.mark.parametrize("model", ["rnn", "cnn"])
def test_undecided_scores_choose_no_and_the_first_class(model, framework, mode):
    runner, point = shared_runner(model, framework, mode), case(model)
    runner.load({name: value * 0 for name, value in point.smooth.items()})
    batch = point.batch(0)
    targets = np.arange(point.size, dtype=np.int32) % 3
    if model == "rnn":
        targets = np.minimum(targets, 1)
    batch = batch._replace(targets=targets)
    _, accuracy = runner.fetch([runner.eval_step(runner.place(batch))])[0]
    expected = np.average(targets == 0, weights=batch.weights)
    assert 0.2 < expected < 0.5
    assert accuracy == pytest.approx(expected, rel=1e-14)


@implementations
@pytest.mark.parametrize("model", ["rnn", "cnn"])
def test_row_34_what_is_not_valid_counts_for_nothing(model, framework, mode):
    """Other targets and inputs under a weight of zero change no bit."""
    runner, point = shared_runner(model, framework, mode), case(model)
    runner.load(point.smooth)
    batch, other = point.batch(0), point.batch(1)
    valid = batch.weights > 0
    image = batch.inputs[0].copy()
    image[~valid] = other.inputs[0][~valid]
    targets = np.where(valid, batch.targets, 1 - batch.targets % 2)
    changed = batch._replace(inputs=(image,), targets=np.int32(targets))
    first = runner.fetch([runner.eval_step(runner.place(batch))])
    second = runner.fetch([runner.eval_step(runner.place(changed))])
    np.testing.assert_allclose(first, second, rtol=1e-14)
    logits = point.logits(point.smooth, batch)
    assert first[0] == pytest.approx(reference.objective(logits, batch))


@implementations
def test_row_36_relu_has_no_slope_at_zero(framework, mode):
    """A unit that is zero everywhere learns nothing, to the bit."""
    cnn, point = shared_runner("cnn", framework, mode), case("cnn")
    cnn.load(point.kinked)
    _, gradients = cnn.gradients(cnn.place(point.batch(0)))
    for layer in ("first", "second", "hidden"):
        for leaf in ("kernel", "bias"):
            gradient = gradients[f"{layer}.{leaf}"]
            assert not gradient[..., 1].any()
            assert gradient[..., 0].any() or leaf == "kernel"


TIES = np.float64(
    [
        [5, 5, 1, 3, 9],
        [5, 5, 3, 2, 9],
        [0, 1, 0, 4, 9],
        [1, 1, 4, 0, 9],
        [9, 9, 9, 9, 9],
    ]
)
FIRSTS = np.zeros((5, 5))
FIRSTS[[0, 0, 2, 2], [0, 3, 1, 3]] = 1  # by row, then by column


def pooled_slope(framework, mode):
    """Gradient of the sum of `max_pool` over TIES, (5, 5)."""
    importorskip(framework)
    images = importlib.import_module(f"impls.images.{framework}")
    image = np.stack([TIES, 0 * TIES], -1)[None]

    def total(image):
        return images.max_pool(images.maps(image), 2).sum()

    if framework == "torch":
        torch = importlib.import_module("torch")
        image = torch.from_numpy(image).requires_grad_()
        total(image).backward()
        return image.grad.numpy()[0, :, :, 0]
    if framework == "jax":
        jax = importlib.import_module("jax")
        jax.config.update("jax_enable_x64", True)
        return np.asarray(jax.jit(jax.grad(total))(image))[0, :, :, 0]
    return _pooled_slope_tensorflow(images, image, mode)


def _pooled_slope_tensorflow(images, image, mode):
    tf = importlib.import_module("tensorflow")
    variable = tf.Variable(image)

    def slope():
        with tf.GradientTape() as tape:
            pooled = images.max_pool(images.maps(variable), 2)
            total = tf.reduce_sum(pooled)
        return tape.gradient(total, variable)

    if mode == "eager":
        return slope().numpy()[0, :, :, 0]
    tf.config.optimizer.set_jit("autoclustering" if mode == "xla" else False)
    try:
        compiled = tf.function(slope, jit_compile=mode == "xla")
        return compiled().numpy()[0, :, :, 0]
    finally:
        tf.config.optimizer.set_jit(False)


@pytest.mark.parametrize(("framework", "mode"), [*USUAL, ("tensorflow", "xla")])
def test_ties_in_pooling_go_to_the_first(framework, mode):
    np.testing.assert_array_equal(pooled_slope(framework, mode), FIRSTS)


def test_xla_has_no_deterministic_slope_of_tensorflows_pooling():
    """Why `max_pool` is written out there; once it has one, delete that."""
    importorskip("tensorflow")
    tf = importlib.import_module("tensorflow")
    tf.config.experimental.enable_op_determinism()
    variable = tf.Variable(TIES[None, :, :, None])

    @tf.function(jit_compile=True)
    def slope():
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(tf.nn.max_pool2d(variable, 2, 2, "VALID"))
        return tape.gradient(total, variable)

    with pytest.raises(tf.errors.UnimplementedError, match="deterministic"):
        slope()


@pytest.mark.parametrize("model", ["cnn", "cnn average"])
def test_the_layout_that_jax_takes_on_a_gpu_computes_the_same(
    monkeypatch, model
):
    """Its own convolution and pooling, which no CPU would run: here it does."""
    importorskip("jax")
    images = importlib.import_module("impls.images.jax")
    monkeypatch.setattr(images, "_batch_last", lambda: False)
    point = case(model)
    setting = point.setting(mode="jit")
    cnn = impls.build("cnn", "jax", point.spec, setting)
    cnn.load(point.smooth)
    loss, gradients = cnn.gradients(cnn.place(point.batch(1)))
    expected = point.metrics(point.smooth, point.batch(1))["loss"]
    assert loss == pytest.approx(float(expected), rel=1e-13)
    actual = reference.project(gradients, point.directions)
    assert compare.worst(actual, point.slopes)[0] < 1e-12
    np.testing.assert_array_equal(pooled_slope("jax", "jit"), FIRSTS)


def test_row_39_products_are_in_full_float32():
    for framework, mode in (
        ("torch", "eager"),
        ("tensorflow", "eager"),
        ("jax", "jit"),
    ):
        shared_runner("rnn", framework, mode)
    torch, tf, jax = map(
        importlib.import_module, ("torch", "tensorflow", "jax")
    )
    assert torch.get_float32_matmul_precision() == "highest"
    assert not torch.backends.cudnn.allow_tf32
    assert not tf.config.experimental.tensor_float_32_execution_enabled()
    assert jax.config.jax_default_matmul_precision == "highest"


@implementations
def test_row_40_float64_is_float64_throughout(framework, mode):
    rnn, point = shared_runner("rnn", framework, mode), case("rnn")
    rnn.load(point.smooth)
    batch = rnn.place(point.batch(0))
    assert rnn.logits(batch).dtype == np.float64
    every = rnn.gradients(batch)[1] | rnn.params()
    assert {value.dtype for value in every.values()} == {np.dtype("float64")}


@implementations
def test_row_41_what_is_not_known_of_memory_is_none_with_a_reason(
    framework, mode
):
    expected = shared_runner("rnn", framework, mode).memory()
    assert expected["peak_bytes"] is None and expected["reserved_bytes"] is None
    assert "CPU" in expected["reason"] or "cpu" in expected["reason"]
