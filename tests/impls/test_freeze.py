"""What is frozen costs nothing: no gradient, no moments, no new program."""

import importlib

import numpy as np
import pytest

from impls import interface
from tests.support import trained
from tests.support.implementations import USUAL, importorskip
from tests.support.trained import SPEC

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)
FIRST = ["first.kernel", "first.bias", "norm.scale", "norm.bias",
         "norm.mean", "norm.variance"]  # fmt: skip
REST = [n for n in interface.trained(SPEC.shapes()) if n not in FIRST]


def moments(runner, framework):
    """Names of parameters for which the optimizer keeps something."""
    if framework == "torch":
        names = {id(t): name for name, (t, _) in runner.tensors.items()}
        return {names[id(tensor)] for tensor in runner.optimizer.state}
    if framework == "tensorflow":
        assert all(len(pair) == 2 for pair in runner.moments.values())
        return set(runner.moments)
    state, *_ = runner.train_state[1]
    assert state.mu.keys() == state.nu.keys()
    return set(state.mu)


@implementations
def test_the_optimizer_keeps_nothing_for_frozen_parameters(framework, mode):
    runner = trained.fresh(framework, mode, optimizer="adam")
    runner.freeze(FIRST)
    runner.load(trained.params())
    runner.train_step(runner.place(trained.batch()))
    assert moments(runner, framework) == set(REST)
    runner.freeze([])
    runner.train_step(runner.place(trained.batch()))
    assert moments(runner, framework) == set(interface.trained(SPEC.shapes()))


@implementations
def test_freezing_resets_the_optimizer(framework, mode):
    """A step after it is the first step again."""
    runner = trained.runner(
        framework, mode, optimizer="adam", learning_rate=0.01
    )
    batch = runner.place(trained.batch())
    actual = []
    for steps in (0, 3):
        runner.freeze([])
        runner.load(trained.params())
        for _ in range(steps):
            runner.train_step(batch)
        runner.freeze(FIRST)
        runner.load(trained.params())
        runner.train_step(batch)
        actual.append(runner.params())
    for name in SPEC.shapes():
        np.testing.assert_array_equal(actual[0][name], actual[1][name])


@implementations
def test_what_goes_on_has_the_gradients_it_had(framework, mode):
    """Its norms' statistics apart, freezing a part changes no other."""
    runner = trained.runner(framework, mode)
    batch = runner.place(trained.batch())
    _, before = runner.gradients(batch)
    runner.freeze(["first.kernel", "first.bias", "hidden.1.bias"])
    _, frozen = runner.gradients(batch)
    assert set(before) - set(frozen) == {
        "first.kernel", "first.bias", "hidden.1.bias"
    }  # fmt: skip
    for name, value in frozen.items():
        np.testing.assert_allclose(value, before[name], 1e-12, 1e-14)
    runner.freeze([])
    _, again = runner.gradients(batch)
    assert set(again) == set(before)
    for name, value in again.items():
        np.testing.assert_array_equal(value, before[name])


@implementations
def test_a_set_that_was_frozen_before_compiles_nothing_anew(framework, mode):
    runner = trained.fresh(framework, mode)
    runner.load(trained.params())
    batch = runner.place(trained.batch())
    counted = []
    for names in (FIRST, [], FIRST, [], FIRST):
        runner.freeze(names)
        runner.compile(batch)
        runner.train_step(batch)
        counted.append(runner.compilations())
    if mode == "eager":
        assert counted == [None] * 5
    else:
        assert counted == [1, 2, 2, 2, 2]


@pytest.mark.slow
# torch's own compiler still imports what torch advises against
@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")
def test_torch_compiles_for_however_many_runners_there_are():
    """By itself it gives up at the ninth program, and says it in a log."""
    importorskip("torch")
    batch, actual = trained.batch(), []
    for _ in range(4):
        runner = trained.fresh("torch", "compiled")
        runner.load(trained.params())
        placed = runner.place(batch)
        for names in ([], FIRST):
            runner.freeze(names)
            runner.train_step(placed)
            runner.eval_step(placed)
        actual.append(runner.compilations())
    assert len(set(actual)) == 1 and actual[0] > 2


def test_torch_walks_back_no_further_than_it_must():
    importorskip("torch")
    runner = trained.runner("torch", "eager")
    batch = runner.place(trained.batch())

    def walked():
        loss, *_ = runner._objective(batch)
        nodes, actual = [loss.grad_fn], set()
        while nodes:
            node = nodes.pop()
            actual.add(type(node).__name__)
            nodes += [each for each, _ in node.next_functions if each]
        return actual

    assert "ConvolutionBackward0" in walked()
    runner.freeze(FIRST)
    assert "ConvolutionBackward0" not in walked()
    runner.train_step(batch)
    assert all(runner.tensors[name][0].grad is None for name in FIRST)


def test_jax_compiles_a_step_of_fewer_operations():
    importorskip("jax")
    runner = trained.runner("jax", "jit")
    batch = runner.place(trained.batch())
    actual = []
    for names in ([], FIRST):
        runner.freeze(names)
        runner.compile(batch)
        (program,) = [
            program
            for (name, fixed, *_), program in runner.programs.items()
            if name == "train_step" and fixed == frozenset(names)
        ]
        actual.append(program.cost_analysis()["flops"])
    # The kernel's gradient is as many products as its convolution
    places = trained.SIZE * (SPEC.height - 2) * (SPEC.width - 2)
    products = places * 9 * SPEC.channels * SPEC.filters
    assert actual[0] - actual[1] > 2 * products


def test_a_graph_of_tensorflow_has_no_gradient_of_what_is_frozen():
    importorskip("tensorflow")
    runner = trained.runner("tensorflow", "graph")
    batch = runner.place(trained.batch())

    def operations():
        graph = runner.functions[0].get_concrete_function(batch).graph
        return {operation.type for operation in graph.get_operations()}

    assert "Conv2DBackpropFilter" in operations()
    runner.freeze(FIRST)
    assert "Conv2D" in operations()
    assert "Conv2DBackpropFilter" not in operations()


def test_a_tape_of_tensorflow_has_none_either(monkeypatch):
    """In eager mode every operation that is recorded is walked back."""
    importorskip("tensorflow")
    operations = importlib.import_module("tensorflow.python.ops.gen_nn_ops")
    plain, seen = operations.conv2d_backprop_filter, []

    def counted(*given, **named):
        seen.append(given)
        return plain(*given, **named)

    monkeypatch.setattr(operations, "conv2d_backprop_filter", counted)
    runner = trained.runner("tensorflow", "eager")
    batch = runner.place(trained.batch())
    runner.gradients(batch)
    assert len(seen) == 1
    runner.freeze(FIRST)
    runner.gradients(batch)
    assert len(seen) == 1
