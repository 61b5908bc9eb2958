"""Objectives, optimizers and derivatives in NumPy, worked out by hand."""

import math

import numpy as np
import pytest

from benchmarks.parity import reference
from benchmarks.parity.case import Case
from impls.interface import Batch, Setting


def batch(targets, weights):
    return Batch((), np.array(targets), np.array(weights, np.float32))


def test_softmax_cross_entropy_is_a_mean_over_valid_targets():
    logits = np.log([[1.0, 2, 5], [1, 1, 2], [3, 3, 4]])
    loss, accuracy = reference.objective(logits, batch([2, 0, 1], [1, 1, 0]))
    expected = -(math.log(5 / 8) + math.log(1 / 4)) / 2
    assert loss == pytest.approx(expected, rel=1e-14)
    assert accuracy == 0.5


def test_sigmoid_cross_entropy_is_a_mean_over_valid_targets():
    logits = np.log([[3.0], [0.25], [7]])  # odds
    loss, accuracy = reference.objective(logits, batch([1, 1, 0], [1, 1, 0]))
    expected = -(math.log(3 / 4) + math.log(1 / 5)) / 2
    assert loss == pytest.approx(expected, rel=1e-14)
    assert accuracy == 0.5


def test_undecided_scores_choose_the_first_class_and_no():
    nothing = np.zeros((3, 4))
    assert reference.objective(nothing, batch([0, 1, 0], [1, 1, 1]))[1] == 2 / 3
    nothing = np.zeros((4, 1))
    assert (
        reference.objective(nothing, batch([0, 1, 0, 0], [1] * 4))[1] == 3 / 4
    )


def test_large_scores_do_not_overflow():
    logits = np.array([[1000.0, 0], [0, 1000]])
    assert reference.objective(logits, batch([1, 1], [1, 1]))[0] == 500
    logits = np.array([[1000.0], [-1000]])
    assert reference.objective(logits, batch([0, 0], [1, 1]))[0] == 500


def test_adam_adds_epsilon_after_bias_correction():
    setting = Setting(learning_rate=0.1, beta1=0.6, beta2=0.9, epsilon=0.5)
    gradients = [{"a": np.array([2.0])}, {"a": np.array([-1.0])}]
    (one,) = reference.train({"a": np.array([3.0])}, gradients[:1], setting)[
        "a"
    ]
    assert one == pytest.approx(3 - 0.1 * 2 / (2 + 0.5), rel=1e-15)
    (two,) = reference.train({"a": np.array([3.0])}, gradients, setting)["a"]
    mean = (0.6 * 0.4 * 2 - 0.4) / (1 - 0.6**2)
    square = (0.9 * 0.1 * 4 + 0.1) / (1 - 0.9**2)
    expected = one - 0.1 * mean / (math.sqrt(square) + 0.5)
    assert two == pytest.approx(expected, rel=1e-14)


def test_adamw_decays_apart_from_the_gradient_and_by_the_rate():
    setting = Setting(
        optimizer="adamw", weight_decay=0.25, beta1=0.5, beta2=0.5, epsilon=0.5
    )
    start = {"a.kernel": np.array([4.0]), "a.bias": np.array([4.0])}
    gradients = [dict.fromkeys(start, np.array([1.5]))] * 2
    # A steady gradient of 1.5 has that mean, and that root
    step = 1.5 / (1.5 + 0.5)
    actual = reference.train(start, gradients, setting, [0.1, 0.2])
    (bias,), (kernel,) = actual["a.bias"], actual["a.kernel"]
    assert bias == pytest.approx(4 - 0.1 * step - 0.2 * step, rel=1e-15)
    first = 4 - 0.1 * (step + 0.25 * 4)
    second = first - 0.2 * (step + 0.25 * first)
    assert kernel == pytest.approx(second, rel=1e-15)


def test_a_smoothed_label_is_spread_over_all_classes():
    logits = np.log([[1.0, 2, 5], [1, 1, 2], [3, 3, 4]])
    given = batch([2, 0, 1], [1, 1, 0])
    loss, accuracy = reference.objective(logits, given, None, 0.3)
    one = 0.8 * math.log(5 / 8) + 0.1 * math.log(1 / 8) + 0.1 * math.log(2 / 8)
    two = 0.8 * math.log(1 / 4) + 0.1 * math.log(1 / 4) + 0.1 * math.log(2 / 4)
    assert loss == pytest.approx(-(one + two) / 2, rel=1e-14)
    assert accuracy == 0.5


def test_sgd_is_the_plain_rule():
    setting = Setting(optimizer="sgd", learning_rate=0.5)
    gradients = [{"a": np.array([2.0])}, {"a": np.array([-1.0])}]
    actual = reference.train({"a": np.array([3.0])}, gradients, setting)
    assert actual["a"].tolist() == [3 - 0.5 * 2 + 0.5]


def test_a_gradient_is_clipped_by_its_length_over_all_arrays():
    setting = Setting(optimizer="sgd", learning_rate=1, max_grad_norm=2.5)
    long = {"a": np.array([3.0]), "b": np.array([0.0, 4.0])}
    short = {"a": np.array([0.5]), "b": np.array([0.0, 0.0])}
    start = {name: np.zeros_like(value) for name, value in long.items()}
    actual = reference.train(start, [long, short], setting)
    assert actual["a"].tolist() == [-3 / 2 - 0.5]
    assert actual["b"].tolist() == [0, -4 / 2]


def test_targets_of_every_step_are_weighed_one_by_one():
    logits = np.log([[[1.0, 3], [2, 2]], [[4, 1], [9, 1]]])
    given = batch([[1, 0], [1, 0]], [[1, 0], [1, 0]])
    loss, accuracy = reference.objective(logits, given)
    expected = -(math.log(3 / 4) + math.log(1 / 5)) / 2
    assert loss == pytest.approx(expected, rel=1e-14)
    assert accuracy == 0.5


def test_training_leaves_its_start_as_it_was():
    start = {"a": np.ones(2)}
    reference.train(start, [{"a": np.ones(2)}], Setting(learning_rate=0.5))
    assert start["a"].tolist() == [1, 1]


def test_derivatives_are_right_to_the_last_bits():
    params = {"a": np.array([[0.3, 0.8]]), "b": np.array([2.0])}
    along = reference.directions(params, 3, seed=0)

    def function(params):
        return np.exp(params["a"]).sum() * np.tanh(params["b"]).sum()

    growth = np.exp(params["a"])
    gradients = {
        "a": growth * np.tanh(2),
        "b": growth.sum() / np.cosh(2) ** 2 * np.ones(1),
    }
    actual = reference.derivatives(function, params, along)
    for name, expected in reference.project(gradients, along).items():
        np.testing.assert_allclose(actual[name], expected, rtol=1e-14)


def test_directions_are_of_length_one_and_all_different():
    shapes = {"a": np.zeros((3, 5)), "b": np.zeros((3, 5))}
    actual = reference.directions(shapes, 2, seed=0)
    every = np.concatenate([actual["a"], actual["b"]]).reshape(4, -1)
    products = every @ every.T
    assert np.diag(products) == pytest.approx(np.ones(4))
    assert np.abs(products - np.eye(4)).max() < 0.9
    again = reference.directions(shapes, 2, seed=1)
    assert not np.allclose(actual["a"], again["a"])


def test_reconstruction_is_the_mean_square_of_an_example():
    """Then the mean over examples that count; it has no accuracy."""
    logits = np.array([[[1.0, 2.0]], [[0.0, 0.0]], [[9.0, 9.0]]])
    targets = np.array([[[0.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]])
    given = batch(targets, [1, 1, 0])
    loss, accuracy = reference.objective(logits, given, "mse")
    assert loss == ((1 + 4) / 2 + 1 / 2) / 2
    assert np.isnan(accuracy)


@pytest.mark.parametrize("model", ["cnn", "rnn", "bilstm"])
def test_derivatives_of_models_are_those_of_central_differences(model):
    """Two ways that share nothing; a ReLU makes the second one coarse."""
    case = Case(model, "float64")
    batch, step = case.batch(1), 1e-6
    for name, along in case.directions.items():

        def loss(distance, name=name, along=along):
            moved = case.smooth[name] + distance * along[0]
            params = case.smooth | {name: moved}
            return float(case.metrics(params, batch)["loss"])

        difference = (loss(step) - loss(-step)) / (2 * step)
        expected = pytest.approx(difference, rel=1e-3, abs=1e-6)
        assert case.slopes[name][0] == expected
