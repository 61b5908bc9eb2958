"""What the libraries' layers do where they disagree, row by row.

Numbers are those of the house's table of conventions. An upgrade that
changes a default fails here, before it changes a published number.
"""

import inspect

import numpy as np
import pytest

from impls.bilstm import reference
from tests.support.libraries import (
    built,
    default,
    jax,
    jnp,
    keras,
    nnx,
    numpy,
    rngs,
    single,
    tf,
    torch,
    uniform,
)


@pytest.fixture(autouse=True)
def float32():
    single()


def test_row_1_dense_layers_start_differently():
    layer = torch.nn.Linear(400, 300)
    assert uniform(layer.weight, 1 / 20)
    assert uniform(layer.bias, 1 / 20)
    layer = built(keras.layers.Dense(300), None, 400)
    assert uniform(layer.kernel, (6 / 700) ** 0.5)
    assert not numpy(layer.bias).any()
    layer = nnx.Linear(400, 300, **rngs())
    kernel = numpy(layer.kernel)
    assert kernel.std() == pytest.approx(1 / 20, rel=0.02)
    assert np.abs(kernel).max() > 1.8 / 20  # normal, cut off at two
    assert not numpy(layer.bias).any()


def test_row_1_convolutions_start_differently():
    layer = torch.nn.Conv2d(16, 512, 5)
    assert uniform(layer.weight, 1 / 20)
    assert uniform(layer.bias, 1 / 20)
    layer = built(keras.layers.Conv2D(32, 5), None, 9, 9, 16)
    assert uniform(layer.kernel, (6 / (25 * 48)) ** 0.5)
    assert not numpy(layer.bias).any()
    layer = nnx.Conv(16, 32, (5, 5), **rngs())
    assert numpy(layer.kernel).std() == pytest.approx(1 / 20, rel=0.02)
    assert not numpy(layer.bias).any()


def test_row_2_embeddings_start_differently():
    actual = [
        torch.nn.Embedding(10000, 128).weight,
        built(keras.layers.Embedding(10000, 128), None).embeddings,
        nnx.Embed(10000, 128, **rngs()).embedding,
    ]
    stds = [numpy(table).std() for table in actual]
    assert stds == pytest.approx([1.0, 0.029, 0.088], rel=0.01)


def test_row_3_padding_is_a_word_like_any_other_unless_asked():
    assert default(torch.nn.Embedding.__init__, "padding_idx") is None
    layer = keras.layers.Embedding(5, 3)
    assert not layer.mask_zero
    assert layer.compute_mask(tf.constant([[0, 1]])) is None
    assert "mask" not in str(inspect.signature(nnx.Embed.__init__))


def test_row_3_a_token_out_of_range():
    with pytest.raises(IndexError):
        torch.nn.Embedding(5, 3)(torch.tensor([5]))
    table = nnx.Embed(5, 3, **rngs())
    assert np.isnan(numpy(table(jnp.array([5])))).all()


def lstm(time=4, width=3, hidden=5):
    """Canonical parameters, inputs, and the last state by the slides."""
    random = np.random.default_rng(0)
    layer = {
        "kernel": random.normal(size=(width, 4 * hidden)),
        "recurrent_kernel": random.normal(size=(hidden, 4 * hidden)),
        "bias": random.normal(size=4 * hidden),
    }
    layer = {name: np.float32(value) for name, value in layer.items()}
    x = np.float32(random.normal(size=(2, time, width)))
    return layer, x, reference.lstm(x, layer)


def test_row_16_gates_of_torch_are_input_forget_cell_output():
    layer, x, expected = lstm()
    module = torch.nn.LSTM(3, 5, batch_first=True)
    with torch.no_grad():
        module.weight_ih_l0.copy_(torch.from_numpy(layer["kernel"].T))
        module.weight_hh_l0.copy_(torch.from_numpy(layer["recurrent_kernel"].T))
        module.bias_ih_l0.copy_(torch.from_numpy(layer["bias"]))
        module.bias_hh_l0.zero_()
    actual = numpy(module(torch.from_numpy(x))[0][:, -1])
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_row_16_gates_of_keras_are_input_forget_cell_output():
    layer, x, expected = lstm()
    module = built(keras.layers.LSTM(5, dtype="float32"), None, 4, 3)
    module.set_weights(list(layer.values()))
    np.testing.assert_allclose(module(x), expected, atol=1e-5)


def test_row_16_gates_of_nnx_are_input_forget_cell_output():
    layer, x, expected = lstm()
    cell = nnx.OptimizedLSTMCell(3, 5, **rngs())
    cell.dense_i.kernel.set_value(jnp.array(layer["kernel"]))
    cell.dense_h.kernel.set_value(jnp.array(layer["recurrent_kernel"]))
    cell.dense_h.bias.set_value(jnp.array(layer["bias"]))
    actual = numpy(nnx.RNN(cell)(jnp.array(x))[:, -1])
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_row_17_torch_has_two_biases_whose_sum_moves_twice():
    module = torch.nn.RNN(3, 5)
    module(torch.ones(4, 2, 3))[0].sum().backward()
    one, other = module.bias_ih_l0.grad, module.bias_hh_l0.grad
    assert one.abs().min() > 0
    torch.testing.assert_close(one, other)


def test_row_17_keras_and_nnx_have_one_bias():
    for layer, gates in ((keras.layers.SimpleRNN, 1), (keras.layers.LSTM, 4)):
        cell = built(layer(5), None, 4, 3).cell
        assert len(cell.weights) == 3
        assert cell.bias.shape == (5 * gates,)
    lstm = nnx.OptimizedLSTMCell(3, 5, **rngs())
    assert lstm.dense_i.bias is None
    assert lstm.dense_h.bias.shape == (20,)
    simple = nnx.SimpleCell(3, 5, **rngs())
    assert simple.dense_i.bias.shape == (5,)
    assert simple.dense_h.bias is None


def orthogonal(kernel):
    """Whether its rows are orthonormal."""
    kernel = numpy(kernel)
    return np.allclose(kernel @ kernel.T, np.eye(len(kernel)), atol=1e-5)


def test_row_18_lstms_start_differently():
    layer = torch.nn.LSTM(30, 100)
    for tensor in layer.parameters():
        assert uniform(tensor, 1 / 10)
    cell = built(keras.layers.LSTM(100), None, 4, 300).cell
    assert uniform(cell.kernel, (6 / 700) ** 0.5)
    assert orthogonal(cell.recurrent_kernel)
    assert numpy(cell.bias).reshape(4, -1).mean(1).tolist() == [0, 1, 0, 0]
    cell = nnx.OptimizedLSTMCell(300, 100, **rngs())
    kernel = numpy(cell.dense_i.kernel)
    assert kernel.std() == pytest.approx(1 / 300**0.5, rel=0.02)
    assert orthogonal(cell.dense_h.kernel)
    assert not numpy(cell.dense_h.bias).any()


def test_row_20_who_returns_which_states():
    """Why two implementations take the ends of a layer themselves."""
    x = np.float32(np.random.default_rng(0).normal(size=(2, 4, 3)))
    both = torch.nn.LSTM(3, 5, batch_first=True, bidirectional=True)
    assert both(torch.from_numpy(x))[0].shape == (2, 4, 10)
    both = keras.layers.Bidirectional(keras.layers.LSTM(5))
    assert both(x).shape == (2, 10)
    cells = [nnx.OptimizedLSTMCell(3, 5, **rngs()) for _ in range(2)]
    both = nnx.Bidirectional(*map(nnx.RNN, cells))
    assert both(jnp.array(x)).shape == (2, 4, 10)
    # What has read everything stands at the first step
    turned = nnx.RNN(cells[1])(jnp.array(x[:, ::-1]))
    actual = both(jnp.array(x))[:, 0, 5:]
    np.testing.assert_allclose(actual, turned[:, -1], atol=1e-6)


def test_row_22_padding_of_a_convolution():
    image = np.ones((1, 7, 9, 2), np.float32)
    actual = torch.nn.Conv2d(2, 3, 3)(torch.ones(1, 2, 7, 9))
    assert actual.shape == (1, 3, 5, 7)
    assert keras.layers.Conv2D(3, 3)(image).shape == (1, 5, 7, 3)
    assert nnx.Conv(2, 3, (3, 3), **rngs())(image).shape == (1, 7, 9, 3)


def test_row_22_no_library_turns_the_filter_round():
    image = np.zeros((1, 3, 3, 1), np.float32)
    image[0, 0, 2] = 1
    kernel = np.float32(np.arange(9).reshape(3, 3, 1, 1))
    layer = torch.nn.Conv2d(1, 1, 3, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(kernel).permute(3, 2, 0, 1))
    assert layer(torch.from_numpy(image).permute(0, 3, 1, 2)).item() == 2
    layer = built(keras.layers.Conv2D(1, 3, use_bias=False), 1, 3, 3, 1)
    layer.set_weights([kernel])
    assert numpy(layer(image)).item() == 2
    layer = nnx.Conv(1, 1, (3, 3), padding="VALID", use_bias=False, **rngs())
    layer.kernel.set_value(jnp.array(kernel))
    assert numpy(layer(image)).item() == 2


def test_row_25_stride_of_pooling():
    image = np.float32(np.arange(35).reshape(1, 5, 7, 1))
    actual = torch.nn.functional.max_pool2d(torch.ones(1, 1, 5, 7), 2)
    assert actual.shape == (1, 1, 2, 3)
    assert keras.layers.MaxPooling2D(2)(image).shape == (1, 2, 3, 1)
    assert nnx.max_pool(jnp.array(image), (2, 2)).shape == (1, 4, 6, 1)


def test_row_27_order_of_flattening():
    image = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    channels_first = torch.from_numpy(image).permute(0, 3, 1, 2)
    actual = torch.nn.Flatten()(channels_first)[0].tolist()
    assert actual == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
    actual = numpy(keras.layers.Flatten()(image))[0].tolist()
    assert actual == list(range(12))


TIES = np.float32(
    [
        [5, 5, 1, 3, 9],
        [5, 5, 3, 2, 9],
        [0, 1, 0, 4, 9],
        [1, 1, 4, 0, 9],
        [9, 9, 9, 9, 9],
    ]
).reshape(1, 5, 5, 1)
FIRSTS = {(0, 0), (0, 3), (2, 1), (2, 3)}  # by row, then by column


def winners(gradient):
    """Places that got the whole gradient; none may share it."""
    gradient = numpy(gradient).reshape(5, 5)
    assert set(gradient.ravel().tolist()) <= {0, 1}
    return {(int(y), int(x)) for y, x in zip(*gradient.nonzero(), strict=True)}


def test_ties_in_pooling_go_to_the_first():
    """Not in the table: no library splits them, all read row by row."""
    image = torch.from_numpy(TIES).permute(0, 3, 1, 2).requires_grad_()
    torch.nn.functional.max_pool2d(image, 2).sum().backward()
    assert winners(image.grad) == FIRSTS
    variable = tf.Variable(TIES)
    for pool in (tf.nn.max_pool2d, keras.ops.max_pool):
        valid = "valid" if pool == keras.ops.max_pool else "VALID"
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(pool(variable, 2, 2, valid))
        assert winners(tape.gradient(total, variable)) == FIRSTS
    pool = nnx.max_pool
    gradient = jax.grad(lambda x: pool(x, (2, 2), (2, 2)).sum())
    assert winners(gradient(jnp.array(TIES))) == FIRSTS
