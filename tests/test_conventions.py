"""What the installed libraries do where they disagree, row by row.

Numbers are those of the house's table of conventions. An upgrade that
changes a default fails here, before it changes a published number.
"""

import inspect
import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.data import text
from impls.bilstm import reference


class Library:
    """Imported when it is first used; a test is skipped where it is not."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, attribute):
        return getattr(pytest.importorskip(self.name), attribute)


torch = Library("torch")
tf = Library("tensorflow")
keras = Library("keras")
jax = Library("jax")
jnp = Library("jax.numpy")
nnx = Library("flax.nnx")
optax = Library("optax")


@pytest.fixture(autouse=True)
def single():
    """float32 again, if a Runner in this process has set another type."""
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    jax.config.update("jax_enable_x64", False)
    jax.config.update("jax_default_matmul_precision", "highest")


def rngs():
    return {"rngs": nnx.Rngs(0)}


def numpy(tensor):
    """Of any framework; Flax keeps arrays in variables."""
    if isinstance(tensor, torch.Tensor):
        return tensor.detach().numpy()
    return np.asarray(tensor[...] if isinstance(tensor, nnx.Param) else tensor)


def uniform(array, limit):
    """Whether it fills an interval, and nothing else."""
    array = numpy(array)
    full = 0.95 * limit < np.abs(array).max() <= limit * (1 + 1e-6)
    return full and array.std() == pytest.approx(limit / 3**0.5, rel=0.1)


def default(function, argument):
    return inspect.signature(function).parameters[argument].default


def built(layer, *shape):
    layer.build(shape)
    return layer


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
    found = [
        torch.nn.Embedding(10000, 128).weight,
        built(keras.layers.Embedding(10000, 128), None).embeddings,
        nnx.Embed(10000, 128, **rngs()).embedding,
    ]
    stds = [numpy(table).std() for table in found]
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


def test_row_10_epsilon_of_adam():
    assert default(torch.optim.Adam.__init__, "eps") == 1e-8
    assert keras.optimizers.Adam().epsilon == 1e-7
    assert default(optax.adam, "eps") == 1e-8


def test_row_11_where_adam_adds_epsilon():
    """The first step, gradient 1e-6, in units of the rate."""
    tensor = torch.nn.Parameter(torch.zeros(1))
    tensor.grad = torch.full((1,), 1e-6)
    torch.optim.Adam([tensor], lr=1, eps=1e-7).step()
    variable = keras.Variable([0.0])
    adam = keras.optimizers.Adam(1.0, epsilon=1e-7)
    adam.apply([tf.constant([1e-6])], [variable])
    rule = optax.adam(1.0, eps=1e-7)
    zero = jnp.zeros(1)
    step, _ = rule.update(jnp.full(1, 1e-6), rule.init(zero))
    after = 1e-6 / (1e-6 + 1e-7)
    root = 0.001**0.5
    before = 1e-6 * root / (1e-6 * root + 1e-7)
    assert after / before == pytest.approx(3.8, rel=0.01)
    assert -tensor.item() == pytest.approx(after, rel=1e-4)
    assert -numpy(variable)[0] == pytest.approx(before, rel=1e-4)
    assert -step[0] == pytest.approx(after, rel=1e-4)


def test_row_12_adam_decays_no_weights_unless_asked():
    assert default(torch.optim.Adam.__init__, "weight_decay") == 0
    assert keras.optimizers.Adam().weight_decay is None
    assert "weight_decay" not in inspect.signature(optax.adam).parameters


def test_row_14_sgd_has_no_momentum_unless_asked():
    assert default(torch.optim.SGD.__init__, "momentum") == 0
    assert keras.optimizers.SGD().momentum == 0
    assert default(optax.sgd, "momentum") is None


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
    found = numpy(module(torch.from_numpy(x))[0][:, -1])
    np.testing.assert_allclose(found, expected, atol=1e-5)


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
    found = numpy(nnx.RNN(cell)(jnp.array(x))[:, -1])
    np.testing.assert_allclose(found, expected, atol=1e-5)


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
    """Why two columns take the ends of a layer themselves."""
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
    found = both(jnp.array(x))[:, 0, 5:]
    np.testing.assert_allclose(found, turned[:, -1], atol=1e-6)


def test_row_21_sequences_are_cut_and_padded_in_front():
    rows = [[7], list(range(1, 60)), []]
    theirs = keras.utils.pad_sequences(rows, maxlen=50)
    np.testing.assert_array_equal(theirs, text.pad(rows, 50))
    assert theirs[0].tolist() == [0] * 49 + [7]
    assert theirs[1].tolist() == list(range(10, 60))
    for argument, ours in (
        ("start_char", text.START),
        ("oov_char", text.UNKNOWN),
        ("index_from", text.INDEX_FROM),
        ("seed", text.SHUFFLE_SEED),
    ):
        assert default(keras.datasets.imdb.load_data, argument) == ours


def test_row_22_padding_of_a_convolution():
    image = np.ones((1, 7, 9, 2), np.float32)
    found = torch.nn.Conv2d(2, 3, 3)(torch.ones(1, 2, 7, 9))
    assert found.shape == (1, 3, 5, 7)
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
    found = torch.nn.functional.max_pool2d(torch.ones(1, 1, 5, 7), 2)
    assert found.shape == (1, 1, 2, 3)
    assert keras.layers.MaxPooling2D(2)(image).shape == (1, 2, 3, 1)
    assert nnx.max_pool(jnp.array(image), (2, 2)).shape == (1, 4, 6, 1)


def test_row_27_order_of_flattening():
    image = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    channels_first = torch.from_numpy(image).permute(0, 3, 1, 2)
    found = torch.nn.Flatten()(channels_first)[0].tolist()
    assert found == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
    found = numpy(keras.layers.Flatten()(image))[0].tolist()
    assert found == list(range(12))


def test_row_34_what_a_weighted_mean_is_divided_by():
    """Three targets, one of them not valid; each loss is log 2."""
    scores, targets = np.zeros((3, 2), np.float32), np.array([0, 1, 1])
    weights = np.float32([1, 1, 0])
    ignored = torch.from_numpy(np.where(weights, targets, -100))
    loss = torch.nn.functional.cross_entropy(torch.from_numpy(scores), ignored)
    assert loss.item() == pytest.approx(np.log(2))  # over the valid ones
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    found = loss(targets, scores, sample_weight=weights)
    assert float(found) == pytest.approx(np.log(2) * 2 / 3)  # over all
    losses = optax.softmax_cross_entropy_with_integer_labels(scores, targets)
    assert losses.shape == (3,)


def test_row_35_cross_entropy_of_keras_takes_probabilities():
    losses = keras.losses
    for kind in ("SparseCategoricalCrossentropy", "BinaryCrossentropy"):
        assert default(getattr(losses, kind).__init__, "from_logits") is False
    never = np.float32([[0, 1]])
    found = losses.SparseCategoricalCrossentropy()(np.array([0]), never)
    assert float(found) == pytest.approx(-np.log(1e-7), rel=1e-3)
    assert "from_logits" not in str(
        inspect.signature(torch.nn.functional.cross_entropy)
    )


def test_row_36_the_slope_of_relu_at_zero():
    zero = torch.zeros(1, requires_grad=True)
    torch.relu(zero).backward()
    assert zero.grad.item() == 0
    variable = tf.Variable(0.0)
    for relu in (tf.nn.relu, keras.ops.relu):
        with tf.GradientTape() as tape:
            y = relu(variable)
        assert float(tape.gradient(y, variable)) == 0
    assert jax.grad(nnx.relu)(0.0) == 0
    assert jax.grad(lambda x: jnp.maximum(x, 0))(0.0) == 0.5


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


def test_ties_in_maxima_of_an_axis_are_shared_but_in_torch():
    """Why pooling is not written as a maximum over an axis."""
    one = torch.ones(2, requires_grad=True)
    torch.max(one, 0).values.backward()
    assert sorted(one.grad.tolist()) == [0, 1]
    variable = tf.Variable([1.0, 1.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_max(variable)
    assert tape.gradient(y, variable).numpy().tolist() == [0.5, 0.5]
    assert jax.grad(jnp.max)(jnp.ones(2)).tolist() == [0.5, 0.5]


FRESH = """
import json, os, warnings
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import jax, keras, tensorflow as tf, torch
import jax.numpy as jnp
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    single = str(jnp.zeros(1, "float64").dtype)
print(json.dumps({
    "torch matmul": torch.get_float32_matmul_precision(),
    "torch cudnn": torch.backends.cudnn.allow_tf32,
    "tensorflow": tf.config.experimental.tensor_float_32_execution_enabled(),
    "jax matmul": jax.config.jax_default_matmul_precision,
    "floatx": keras.config.floatx(),
    "jax float64": single,
    "torch float64": str(torch.zeros(1, dtype=torch.float64).dtype),
    "torch peak": torch.cuda.max_memory_allocated(),
    "jax stats": jax.devices("cpu")[0].memory_stats(),
}))
"""


@pytest.fixture(scope="module")
def fresh():
    """What the libraries say before any Runner has set them."""
    done = subprocess.run(
        [sys.executable, "-c", FRESH],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_row_39_products_in_float32_may_be_less(fresh):
    assert fresh["torch matmul"] == "highest"
    assert fresh["torch cudnn"] is True  # TF32 in convolutions
    assert fresh["tensorflow"] is True
    assert fresh["jax matmul"] is None  # the platform's own choice


def test_row_40_float64_must_be_asked_for(fresh):
    assert fresh["floatx"] == "float32"
    assert fresh["jax float64"] == "float32"  # silently
    assert fresh["torch float64"] == "torch.float64"


def test_row_41_no_library_knows_the_peak_of_a_processor(fresh):
    assert fresh["torch peak"] == 0
    assert fresh["jax stats"] is None
    told = tf.config.experimental.get_memory_info("CPU:0")
    assert set(told) == {"current", "peak"}
