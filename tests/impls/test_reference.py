"""The references are the slides' equations, worked out by hand."""

import math
from importlib import import_module

import numpy as np
import pytest

import impls
from benchmarks.parity.compare import difference
from impls import init
from impls.bilstm import reference as bilstm
from impls.cnn import reference as cnn
from impls.rnn import reference as rnn


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_a_convolution_is_the_inner_product_with_every_patch():
    random = np.random.default_rng(0)
    image = random.normal(size=(2, 5, 7, 3))
    kernel = random.normal(size=(3, 2, 3, 4))
    actual = cnn.convolve(image, kernel)
    assert actual.shape == (2, 3, 6, 4)
    for b, y, x, f in np.ndindex(actual.shape):
        total = sum(
            image[b, y + r, x + c, i] * kernel[r, c, i, f]
            for r, c, i in np.ndindex(3, 2, 3)
        )
        assert actual[b, y, x, f] == pytest.approx(total, rel=1e-13)


def test_the_edge_filter_of_slide_7_finds_where_dark_becomes_light():
    image = np.array([[0, 0, 5, 5, 5]] * 3, float).reshape(1, 3, 5, 1)
    edge = np.array([[-1, 0, 1]] * 3, float).reshape(3, 3, 1, 1)
    # Not turned round: light minus dark is positive
    assert cnn.convolve(image, edge).ravel().tolist() == [15, 15, 0]


def test_the_mean_filter_of_slide_7():
    image = np.arange(9.0).reshape(1, 3, 3, 1)
    mean = np.full((3, 3, 1, 1), 1 / 9)
    assert cnn.convolve(image, mean).item() == pytest.approx(4)


def test_pooling_takes_maxima_and_drops_what_fills_no_window():
    image = np.arange(35.0).reshape(1, 5, 7, 1)
    image[0, 4, :] = image[0, :, 6] = 1000
    actual = cnn.max_pool(image, 2)
    assert actual[0, :, :, 0].tolist() == [[8, 10, 12], [22, 24, 26]]
    assert cnn.max_pool(image, 3)[0, :, :, 0].tolist() == [[16, 19]]


def test_pooling_takes_maxima_of_negative_numbers():
    image = np.full((1, 3, 3, 2), -4.0)
    image[0, 1, 1] = -1, -2
    assert cnn.max_pool(image, 2).ravel().tolist() == [-1, -2]


def test_average_pooling_takes_means_and_drops_what_fills_no_window():
    image = np.arange(35.0).reshape(1, 5, 7, 1)
    image[0, 4, :] = image[0, :, 6] = 1000
    actual = cnn.average_pool(image, 2)
    assert actual[0, :, :, 0].tolist() == [[4, 6, 8], [18, 20, 22]]
    assert cnn.average_pool(image, 3)[0, :, :, 0].tolist() == [[8, 11]]


def test_relu():
    actual = cnn.relu(np.array([-2.0, -0.0, 0.0, 3.0]))
    assert actual.tolist() == [0, 0, 0, 3]


def test_the_convolutional_network_by_hand():
    """One pixel after each pooling, so that every number can be followed."""
    sizes = {"height": 10, "width": 10, "filters": 1, "filters2": 1}
    spec = impls.spec("cnn")(**sizes, hidden=2, classes=2)
    shapes = spec.shapes()
    params = {name: np.zeros(shape) for name, shape in shapes.items()}
    params["first.kernel"][1, 1] = 2  # the middle of each patch, doubled
    params["first.bias"][:] = -1
    params["second.kernel"][0, 2] = 3  # upper right of each patch
    params["second.bias"][:] = 0.5
    params["hidden.kernel"][:] = [[1, -1]]
    params["hidden.bias"][:] = 10, 20
    params["head.kernel"][:] = [[1, 10], [100, 1000]]
    params["head.bias"][:] = 0.25, 0.75
    image = np.zeros((1, 10, 10, 1))
    image[0, 1, 5] = 7  # 2 * 7 - 1 = 13, pooled to row 0, column 2 of 4 x 4
    # 3 * 13 + 0.5 = 39.5; elsewhere relu(-1) = 0 gives 0.5: pooled 39.5
    hidden = [39.5 + 10, 0]  # relu(-39.5 + 20) = 0
    expected = [hidden[0] + 0.25, 10 * hidden[0] + 0.75]
    assert cnn.logits(spec, params, image)[0].tolist() == expected


def test_features_lie_in_the_order_height_width_channel():
    sizes = {"height": 10, "width": 14, "filters": 1, "filters2": 3}
    spec = impls.spec("cnn")(**sizes, hidden=6, classes=6)
    assert spec.sides()[-1] == (1, 2)
    params = {n: np.zeros(shape) for n, shape in spec.shapes().items()}
    params["second.bias"][:] = 1, 2, 3  # every place is (1, 2, 3)
    params["second.kernel"][:, :, 0, 0] = 1 / 9
    params["first.kernel"][1, 1] = 1
    params["hidden.kernel"][:] = params["head.kernel"][:] = np.eye(6)
    image = np.zeros((1, 10, 14, 1))
    image[:, :, 9:] = 1  # first channel: brighter in the second column
    actual = cnn.logits(spec, params, image)[0]
    assert actual[[1, 2, 4, 5]].tolist() == [2, 3, 2, 3]
    assert actual[0] == pytest.approx(1) and actual[3] > 1.3


def test_the_simple_recurrent_network_by_hand():
    """h[t] = tanh(w x[t] + u h[t-1] + b), the last one scored."""
    spec = impls.spec("rnn")(vocab=3, time=2, width=1, hidden=1)
    params = {
        "embedding.embedding": np.array([[0.5], [-0.3], [0.7]]),
        "rnn.kernel": np.array([[1.1]]),
        "rnn.recurrent_kernel": np.array([[-0.6]]),
        "rnn.bias": np.array([0.2]),
        "head.kernel": np.array([[2.0]]),
        "head.bias": np.array([-0.4]),
    }
    first = math.tanh(1.1 * 0.7 + 0.2)
    second = math.tanh(1.1 * -0.3 - 0.6 * first + 0.2)
    actual = rnn.logits(spec, params, np.array([[2, 1]]))
    assert actual.shape == (1, 1)
    assert actual.item() == pytest.approx(2 * second - 0.4, rel=1e-14)


def test_a_recurrent_kernel_is_multiplied_from_the_right():
    spec = impls.spec("rnn")(vocab=2, time=2, width=1, hidden=2)
    params = {n: np.zeros(shape) for n, shape in spec.shapes().items()}
    params["embedding.embedding"][1] = 1
    params["rnn.kernel"][:] = [[0.5, 0]]
    params["rnn.recurrent_kernel"][0, 1] = 1  # from unit 0 to unit 1
    params["head.kernel"][:] = [[0], [1]]
    actual = rnn.logits(spec, params, np.array([[1, 0]]))
    assert actual.item() == pytest.approx(math.tanh(math.tanh(0.5)))


def test_an_lstm_by_hand():
    """Slides 18-19; gates in the order input, forget, cell, output."""
    layer = {
        "kernel": np.array([[0.3, -0.8, 1.2, 0.5]]),
        "recurrent_kernel": np.array([[-0.4, 0.9, 0.6, -0.7]]),
        "bias": np.array([0.1, 0.4, -0.2, 0.3]),
    }
    h = c = 0.0
    for x in (0.7, -1.1):
        i, f, o = (
            sigmoid(w * x + u * h + b)
            for w, u, b in (
                (0.3, -0.4, 0.1),
                (-0.8, 0.9, 0.4),
                (0.5, -0.7, 0.3),
            )
        )
        c = f * c + i * math.tanh(1.2 * x + 0.6 * h - 0.2)
        h = o * math.tanh(c)
    actual = bilstm.lstm(np.array([[[0.7], [-1.1]]]), layer)
    assert actual.shape == (1, 1)
    assert actual.item() == pytest.approx(h, rel=1e-14)


def test_the_second_lstm_reads_from_the_right():
    spec = impls.spec("bilstm")(vocab=5, time=3, width=2, hidden=2)
    random = np.random.default_rng(3)
    params = {n: random.normal(size=s) for n, s in spec.shapes().items()}
    tokens = np.array([[4, 0, 2]])
    actual = bilstm.logits(spec, params, tokens)
    swapped = {}
    for name, value in params.items():
        other = {"forward": "backward", "backward": "forward"}
        parts = [other.get(part, part) for part in name.split(".")]
        swapped[".".join(parts)] = value
    swapped["head.kernel"] = np.roll(params["head.kernel"], 2, 0)
    mirrored = bilstm.logits(spec, swapped, tokens[:, ::-1])
    np.testing.assert_allclose(actual, mirrored, rtol=1e-13)
    assert abs(actual - bilstm.logits(spec, params, tokens[:, ::-1])) > 0.01


@pytest.mark.parametrize("model", impls.MODELS)
def test_scores_are_float64_one_row_per_example(model):
    spec = impls.spec(model)()
    params = init.draw(spec, 0)
    reference = import_module(f"impls.{model}.reference")
    batch = spec.example(3)
    actual = reference.logits(spec, params, *batch.inputs)
    assert actual.dtype == np.float64
    assert len(actual) == 3
    if hasattr(spec, "classes"):
        assert (len(actual), actual.shape[-1]) == (3, spec.classes)
    alone = [array[1:2] for array in batch.inputs]
    # By the largest entry: many logits are next to nothing
    own = reference.logits(spec, params, *alone)[0]
    assert difference(own, actual[1]) <= 1e-12


def test_sigmoid_does_not_overflow():
    actual = bilstm.sigmoid(np.array([-1000.0, -1.0, 0.0, 1000.0]))
    assert actual == pytest.approx([0, sigmoid(-1), 0.5, 1])
