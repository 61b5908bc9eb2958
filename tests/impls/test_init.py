"""Initial parameters: drawn once, the same for all frameworks."""

from dataclasses import dataclass

import numpy as np
import pytest

import impls
from impls import init, interface


@dataclass(frozen=True)
class Spec(interface.Spec):
    """Only shapes."""

    names: dict

    def shapes(self):
        return self.names


def draw(seed=0, **names):
    """`dense_kernel=(2, 3)` is the parameter `dense.kernel`."""
    shapes = {n.replace("_", ".", 1): shape for n, shape in names.items()}
    return init.draw(Spec(shapes), seed)


@pytest.mark.parametrize("model", impls.MODELS)
def test_names_and_shapes_are_those_of_the_spec(model):
    spec = impls.spec(model)()
    drawn = init.draw(spec, 1)
    assert {n: value.shape for n, value in drawn.items()} == spec.shapes()
    assert {value.dtype for value in drawn.values()} == {np.dtype("float64")}
    assert all(np.isfinite(value).all() for value in drawn.values())


@pytest.mark.parametrize("model", impls.MODELS)
def test_the_same_seed_gives_the_same_bits_and_another_does_not(model):
    spec = impls.spec(model)()
    first, same, other = (init.draw(spec, seed) for seed in (1, 1, 2))
    for name in first:
        assert first[name].tobytes() == same[name].tobytes()
        drawn = spec.limit or name.endswith(("kernel", "embedding"))
        random = bool(drawn) and name not in spec.initial()
        assert np.array_equal(first[name], other[name]) != random, name


def test_the_draw_is_the_same_today_and_tomorrow():
    """Records are compared over months: a changed stream is a change."""
    actual = draw(7, a_kernel=(2, 3), a_recurrent_kernel=(2, 2))
    expected = [
        [-0.04959266, 0.97912509, -0.52910942],
        [-0.98797838, -0.83707075, -1.03529863],
    ]
    np.testing.assert_allclose(actual["a.kernel"], expected, rtol=1e-6)
    rows = [[-0.75928522, -0.65075798], [-0.65075798, 0.75928522]]
    np.testing.assert_allclose(actual["a.recurrent_kernel"], rows, rtol=1e-6)


def test_a_parameter_has_a_stream_of_its_own():
    alone = draw(a_kernel=(5, 7))
    beside = draw(b_kernel=(5, 7), a_kernel=(5, 7))
    assert np.array_equal(alone["a.kernel"], beside["a.kernel"])
    assert not np.array_equal(beside["a.kernel"], beside["b.kernel"])


@pytest.mark.parametrize(
    ("shape", "fans"),
    [((300, 200), 500), ((3, 5, 40, 60), 15 * 100), ((5, 90, 110), 5 * 200)],
)
def test_kernels_are_glorot_uniform(shape, fans):
    kernel = draw(a_kernel=shape)["a.kernel"]
    limit = np.sqrt(6 / fans)
    assert 0.99 * limit < np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.02)
    assert abs(kernel.mean()) < 0.02 * limit


@pytest.mark.parametrize("shape", [(40, 40), (16, 64), (64, 16)])
def test_recurrent_kernels_are_orthogonal(shape):
    kernel = draw(a_recurrent_kernel=shape)["a.recurrent_kernel"]
    assert kernel.shape == shape
    small = kernel if shape[0] <= shape[1] else kernel.T
    product = small @ small.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


def test_no_direction_is_preferred_by_orthogonal_kernels():
    """QR alone leaves the signs of the diagonal to the library."""
    corners = [
        draw(seed, a_recurrent_kernel=(3, 3))["a.recurrent_kernel"][0, 0]
        for seed in range(200)
    ]
    assert abs(np.mean(np.sign(corners))) < 0.25


def test_biases_are_zero_but_an_lstm_remembers_at_first():
    lstm = draw(a_recurrent_kernel=(3, 12), a_bias=(12,))["a.bias"]
    assert lstm.tolist() == [0] * 3 + [1] * 3 + [0] * 6  # i f c o
    simple = draw(a_recurrent_kernel=(3, 3), a_bias=(3,))["a.bias"]
    assert simple.tolist() == [0] * 3
    assert draw(a_kernel=(2, 12), a_bias=(12,))["a.bias"].tolist() == [0] * 12


def test_embeddings_are_uniform():
    table = draw(a_embedding=(1000, 50))["a.embedding"]
    assert 0.0499 < np.abs(table).max() <= 0.05
    assert table.std() == pytest.approx(0.05 / np.sqrt(3), rel=0.02)


@pytest.mark.parametrize("model", ["rnn", "lstm"])
def test_embeddings_are_as_wide_as_a_spec_says(model):
    spec = impls.spec(model)
    narrow = init.draw(spec(), 3)
    wide = init.draw(spec(embedding_limit=1.5), 3)
    assert 0.049 < np.abs(narrow["embedding.embedding"]).max() <= 0.05
    assert np.allclose(wide.pop("embedding.embedding"),
                       30 * narrow.pop("embedding.embedding"))  # fmt: skip
    assert all(np.array_equal(narrow[name], wide[name]) for name in narrow)


def test_scales_and_variances_are_one_and_means_zero():
    actual = draw(a_scale=(3,), a_variance=(3,), a_mean=(3,))
    assert (
        actual["a.scale"].tolist() == actual["a.variance"].tolist() == [1] * 3
    )
    assert actual["a.mean"].tolist() == [0] * 3


def test_a_leaf_that_nobody_knows_is_named():
    with pytest.raises(ValueError, match="parameter 'a.wobble': no initial"):
        draw(a_wobble=(2,))


@dataclass(frozen=True)
class Given(interface.Spec):
    """A Spec whose first kernel is given."""

    params: dict

    def initial(self):
        return self.params

    def shapes(self):
        return {"a.kernel": (2, 3), "a.bias": (3,)}


def test_what_a_model_is_given_is_not_drawn():
    kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
    actual = init.draw(Given({"a.kernel": kernel}), 0)
    assert list(actual) == ["a.kernel", "a.bias"]
    np.testing.assert_array_equal(actual["a.kernel"], kernel)
    assert actual["a.kernel"].dtype == np.float64
    actual["a.kernel"][:] = 7
    assert kernel[0, 1] == 1  # a copy


def test_what_a_model_cannot_be_given_is_named():
    with pytest.raises(ValueError, match=r"'a.kernel' \(3,\): expected"):
        init.draw(Given({"a.kernel": np.zeros(3)}), 0)
    with pytest.raises(ValueError, match=r"\['b.kernel'\]: unknown"):
        init.draw(Given({"b.kernel": np.zeros(3)}), 0)


@pytest.mark.parametrize("model", ["seq2seq", "attention"])
def test_a_spec_may_say_within_what_all_of_it_is(model):
    spec = impls.spec(model)()
    for name, array in init.draw(spec, 0).items():
        assert 0.95 * spec.limit < np.abs(array).max() <= spec.limit, name


@dataclass(frozen=True)
class Normal(interface.Spec):
    """A Spec that gives the deviations of some parameters."""

    normal: dict

    def deviations(self):
        return self.normal

    def shapes(self):
        return {"a.kernel": (90, 70), "b.kernel": (90, 70), "b.bias": (70,)}


def test_a_spec_may_say_how_far_single_parameters_deviate():
    plain = init.draw(Normal({}), 3)
    drawn = init.draw(Normal({"a.kernel": 0.4, "b.bias": 2.0}), 3)
    assert drawn["a.kernel"].std() == pytest.approx(0.4, rel=0.05)
    assert np.abs(drawn["a.kernel"]).max() > 3 * 0.4  # normal, not uniform
    assert drawn["b.bias"].std() == pytest.approx(2, rel=0.2)
    assert np.array_equal(drawn["b.kernel"], plain["b.kernel"])


def test_deviations_of_what_a_model_does_not_have_are_named():
    with pytest.raises(ValueError, match=r"\['c.kernel'\]: unknown"):
        init.draw(Normal({"c.kernel": 1.0}), 0)
