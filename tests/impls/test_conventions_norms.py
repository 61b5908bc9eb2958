"""What the libraries' norms and dropout do, row by row: 4 to 8, and 33.

Numbers are those of the house's table of conventions. What Triptych does
instead is held by test_batch_norm.py and test_dropout.py.
"""

import numpy as np
import pytest

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
)


@pytest.fixture(autouse=True)
def float32():
    single()


def moved(x, **sizes):
    """Running mean and variance after one batch, from 0 and 1, of each."""
    ours = torch.nn.BatchNorm1d(x.shape[1])
    ours.train()(torch.from_numpy(x))
    theirs = built(keras.layers.BatchNormalization(), None, x.shape[1])
    theirs(x, training=True)
    flax = nnx.BatchNorm(x.shape[1], **sizes, **rngs())
    flax(jnp.array(x))
    return {
        "torch": (numpy(ours.running_mean), numpy(ours.running_var)),
        "keras": (
            numpy(theirs.moving_mean.value),
            numpy(theirs.moving_variance.value),
        ),
        "nnx": (np.array(flax.mean[...]), np.array(flax.var[...])),
    }


def batch(mean=2.0, size=5):
    random = np.random.default_rng(0)
    return np.float32(random.normal(mean, 3, (size, 4)))


def test_row_4_momentum_is_of_the_new_or_of_the_old():
    assert default(torch.nn.BatchNorm1d.__init__, "momentum") == 0.1
    assert keras.layers.BatchNormalization().momentum == 0.99
    assert default(nnx.BatchNorm.__init__, "momentum") == 0.99
    x = batch()
    actual = {name: mean / x.mean(0) for name, (mean, _) in moved(x).items()}
    for name, share in (("torch", 0.1), ("keras", 0.01), ("nnx", 0.01)):
        np.testing.assert_allclose(actual[name], share, 1e-4)


def test_row_5_epsilon_differs_by_a_hundred():
    assert default(torch.nn.BatchNorm1d.__init__, "eps") == 1e-5
    assert keras.layers.BatchNormalization().epsilon == 1e-3
    assert default(nnx.BatchNorm.__init__, "epsilon") == 1e-5


def test_row_6_torch_moves_by_the_unbiased_variance():
    x = batch()
    actual = {name: variance for name, (_, variance) in moved(x).items()}
    for name, new, divisor in (("torch", 0.1, 4), ("keras", 0.01, 5),
                               ("nnx", 0.01, 5)):  # fmt: skip
        variance = ((x - x.mean(0)) ** 2).sum(0) / divisor
        expected = (1 - new) + new * variance
        np.testing.assert_allclose(actual[name], expected, 1e-5)


def test_row_7_a_fast_variance_loses_digits():
    """Of examples whose mean is 1000 and whose deviation is 1."""
    assert default(nnx.BatchNorm.__init__, "use_fast_variance") is True
    x = np.float32(np.random.default_rng(0).normal(1000, 1, (64, 4)))
    fast, slow = (
        (moved(x, use_fast_variance=fast)["nnx"][1] - 0.99) / 0.01
        for fast in (True, False)
    )
    np.testing.assert_allclose(slow, x.var(0), 1e-3)
    assert np.abs(fast / x.var(0) - 1).max() > 0.01


def test_row_8_who_freezes_statistics_with_parameters():
    x = batch()
    norm = torch.nn.BatchNorm1d(4).requires_grad_(False)
    norm.train()(torch.from_numpy(x))
    assert numpy(norm.running_mean).any()  # it moves them all the same
    layer = built(keras.layers.BatchNormalization(), None, 4)
    layer.trainable = False
    actual = layer(x, training=True)
    assert not numpy(layer.moving_mean.value).any()
    np.testing.assert_allclose(actual, x, rtol=1e-3)  # as in inference
    flax = nnx.BatchNorm(4, use_running_average=True, **rngs())
    flax(jnp.array(x))
    assert not np.array(flax.mean[...]).any()  # explicit


def test_row_33_dropout_is_inverted_in_all_three():
    x = np.ones((50, 40), np.float32)
    layer = torch.nn.Dropout(0.75)
    theirs = keras.layers.Dropout(0.75, seed=0)
    flax = nnx.Dropout(0.75, deterministic=False, **rngs())
    actual = {
        "torch": layer.train()(torch.from_numpy(x)),
        "keras": theirs(x, training=True),
        "nnx": flax(jnp.array(x)),
    }
    for values in actual.values():
        assert set(np.unique(np.asarray(values))) == {0, 4}
    assert (layer.eval()(torch.from_numpy(x)) == 1).all()
    assert np.all(theirs(x, training=False) == 1)


def test_row_33_random_streams_cannot_be_made_the_same():
    """Philox, Mersenne's and threefry: so masks are handed in (row 38)."""
    torch.manual_seed(0)
    actual = {
        "torch": torch.rand(8).numpy(),
        "tensorflow": tf.random.stateless_uniform((8,), (0, 0)).numpy(),
        "jax": np.asarray(jax.random.uniform(jax.random.key(0), (8,))),
    }
    values = list(actual.values())
    for left, right in ((0, 1), (0, 2), (1, 2)):
        assert not np.isclose(values[left], values[right]).any()
