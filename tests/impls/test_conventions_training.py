"""What the libraries do in training where they disagree, row by row.

Numbers are those of the house's table of conventions.
"""

import inspect
import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.data.sets import reviews
from tests.support.libraries import (
    default,
    jax,
    jnp,
    keras,
    nnx,
    numpy,
    optax,
    single,
    tf,
    torch,
)


@pytest.fixture(autouse=True)
def float32():
    single()


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


def test_row_21_sequences_are_cut_and_padded_in_front():
    rows = [[7], list(range(1, 60)), []]
    theirs = keras.utils.pad_sequences(rows, maxlen=50)
    np.testing.assert_array_equal(theirs, reviews.pad(rows, 50))
    assert theirs[0].tolist() == [0] * 49 + [7]
    assert theirs[1].tolist() == list(range(10, 60))
    for argument, ours in (
        ("start_char", reviews.START),
        ("oov_char", reviews.UNKNOWN),
        ("index_from", reviews.INDEX_FROM),
        ("seed", reviews.SHUFFLE_SEED),
    ):
        assert default(keras.datasets.imdb.load_data, argument) == ours


def test_row_34_what_a_weighted_mean_is_divided_by():
    """Three targets, one of them not valid; each loss is log 2."""
    logits, targets = np.zeros((3, 2), np.float32), np.array([0, 1, 1])
    weights = np.float32([1, 1, 0])
    ignored = torch.from_numpy(np.where(weights, targets, -100))
    loss = torch.nn.functional.cross_entropy(torch.from_numpy(logits), ignored)
    assert loss.item() == pytest.approx(np.log(2))  # over the valid ones
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    actual = loss(targets, logits, sample_weight=weights)
    assert float(actual) == pytest.approx(np.log(2) * 2 / 3)  # over all
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, targets)
    assert losses.shape == (3,)


def test_row_35_cross_entropy_of_keras_takes_probabilities():
    losses = keras.losses
    for kind in ("SparseCategoricalCrossentropy", "BinaryCrossentropy"):
        assert default(getattr(losses, kind).__init__, "from_logits") is False
    never = np.float32([[0, 1]])
    actual = losses.SparseCategoricalCrossentropy()(np.array([0]), never)
    assert float(actual) == pytest.approx(-np.log(1e-7), rel=1e-3)
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


def test_ties_in_maxima_of_an_axis_are_shared_but_in_torch():
    """Why pooling is not written as a maximum over an axis."""
    tensor = torch.ones(2, requires_grad=True)
    torch.max(tensor, 0).values.backward()
    assert sorted(tensor.grad.tolist()) == [0, 1]
    variable = tf.Variable([1.0, 1.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_max(variable)
    assert tape.gradient(y, variable).numpy().tolist() == [0.5, 0.5]
    assert jax.grad(jnp.max)(jnp.ones(2)).tolist() == [0.5, 0.5]


FRESH = """
import json, os, warnings
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import jax, keras, numpy, tensorflow as tf, torch
import jax.numpy as jnp
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    dtype = str(jnp.zeros(1, "float64").dtype)
    warned = len(caught)
    given = str(jnp.asarray(numpy.zeros(1)).dtype)
    silent = len(caught) == warned
print(json.dumps({
    "torch matmul": torch.get_float32_matmul_precision(),
    "torch cudnn": torch.backends.cudnn.allow_tf32,
    "tensorflow": tf.config.experimental.tensor_float_32_execution_enabled(),
    "jax matmul": jax.config.jax_default_matmul_precision,
    "floatx": keras.config.floatx(),
    "jax asked for float64": dtype,
    "jax warned": warned,
    "jax given float64": given,
    "jax silent": silent,
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
    # A type that is named gives a warning, an array that has it none
    assert fresh["jax asked for float64"] == "float32"
    assert fresh["jax warned"] == 1
    assert fresh["jax given float64"] == "float32"
    assert fresh["jax silent"] is True
    assert fresh["torch float64"] == "torch.float64"


def test_row_41_no_library_knows_the_peak_of_a_processor(fresh):
    assert fresh["torch peak"] == 0
    assert fresh["jax stats"] is None
    try:  # TensorFlow counts where oneDNN's allocator runs, on some processors
        counted = tf.config.experimental.get_memory_info("CPU:0")
    except ValueError as error:
        assert "Allocator stats not available" in str(error)
    else:  # of its own allocations alone, no peak of the process
        assert set(counted) == {"current", "peak"}
