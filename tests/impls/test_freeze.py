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


def moments(one, framework):
    """Names of parameters for which the optimizer keeps something."""
    if framework == "torch":
        names = {id(t): name for name, (t, _) in one.tensors.items()}
        return {names[id(tensor)] for tensor in one.optimizer.state}
    if framework == "tensorflow":
        assert all(len(pair) == 2 for pair in one.moments.values())
        return set(one.moments)
    (state, _) = one.train_state[1]
    assert state.mu.keys() == state.nu.keys()
    return set(state.mu)


@implementations
def test_the_optimiser_keeps_nothing_for_what_is_frozen(framework, mode):
    one = trained.fresh(framework, mode, optimizer="adam")
    one.freeze(FIRST)
    one.load(trained.params())
    one.train_step(one.place(trained.batch()))
    assert moments(one, framework) == set(REST)
    one.freeze([])
    one.train_step(one.place(trained.batch()))
    assert moments(one, framework) == set(interface.trained(SPEC.shapes()))


@implementations
def test_freezing_forgets_what_the_optimiser_knew(framework, mode):
    """A step after it is the first step again."""
    one = trained.runner(framework, mode, optimizer="adam", learning_rate=0.01)
    batch = one.place(trained.batch())
    found = []
    for steps in (0, 3):
        one.freeze([])
        one.load(trained.params())
        for _ in range(steps):
            one.train_step(batch)
        one.freeze(FIRST)
        one.load(trained.params())
        one.train_step(batch)
        found.append(one.params())
    for name in SPEC.shapes():
        np.testing.assert_array_equal(found[0][name], found[1][name])


@implementations
def test_what_goes_on_has_the_gradients_it_had(framework, mode):
    """Its norms' statistics apart, freezing a part changes no other."""
    one = trained.runner(framework, mode)
    batch = one.place(trained.batch())
    _, before = one.gradients(batch)
    one.freeze(["first.kernel", "first.bias", "hidden.1.bias"])
    _, frozen = one.gradients(batch)
    assert set(before) - set(frozen) == {
        "first.kernel", "first.bias", "hidden.1.bias"
    }  # fmt: skip
    for name, value in frozen.items():
        np.testing.assert_allclose(value, before[name], 1e-12, 1e-14)
    one.freeze([])
    _, again = one.gradients(batch)
    assert set(again) == set(before)
    for name, value in again.items():
        np.testing.assert_array_equal(value, before[name])


@implementations
def test_a_set_that_was_frozen_before_compiles_nothing_anew(framework, mode):
    one = trained.fresh(framework, mode)
    one.load(trained.params())
    batch = one.place(trained.batch())
    counted = []
    for names in (FIRST, [], FIRST, [], FIRST):
        one.freeze(names)
        one.compile(batch)
        one.train_step(batch)
        counted.append(one.compilations())
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
    batch, found = trained.batch(), []
    for _ in range(4):
        one = trained.fresh("torch", "compiled")
        one.load(trained.params())
        placed = one.place(batch)
        for names in ([], FIRST):
            one.freeze(names)
            one.train_step(placed)
            one.eval_step(placed)
        found.append(one.compilations())
    assert len(set(found)) == 1 and found[0] > 2


def test_torch_walks_back_no_further_than_it_must():
    importorskip("torch")
    one = trained.runner("torch", "eager")
    batch = one.place(trained.batch())

    def walked():
        loss, *_ = one._objective(batch)
        nodes, found = [loss.grad_fn], set()
        while nodes:
            node = nodes.pop()
            found.add(type(node).__name__)
            nodes += [each for each, _ in node.next_functions if each]
        return found

    assert "ConvolutionBackward0" in walked()
    one.freeze(FIRST)
    assert "ConvolutionBackward0" not in walked()
    one.train_step(batch)
    assert all(one.tensors[name][0].grad is None for name in FIRST)


def test_jax_compiles_a_step_of_fewer_operations():
    importorskip("jax")
    one = trained.runner("jax", "jit")
    batch = one.place(trained.batch())
    found = []
    for names in ([], FIRST):
        one.freeze(names)
        one.compile(batch)
        (program,) = [
            program
            for (name, fixed, *_), program in one.programs.items()
            if name == "stepped" and fixed == frozenset(names)
        ]
        found.append(program.cost_analysis()["flops"])
    # The kernel's gradient is as many products as its convolution
    places = trained.SIZE * (SPEC.height - 2) * (SPEC.width - 2)
    products = places * 9 * SPEC.channels * SPEC.filters
    assert found[0] - found[1] > 2 * products


def test_a_graph_of_tensorflow_has_no_gradient_of_what_is_frozen():
    importorskip("tensorflow")
    one = trained.runner("tensorflow", "graph")
    batch = one.place(trained.batch())

    def operations():
        graph = one.functions[0].get_concrete_function(batch).graph
        return {operation.type for operation in graph.get_operations()}

    assert "Conv2DBackpropFilter" in operations()
    one.freeze(FIRST)
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
    one = trained.runner("tensorflow", "eager")
    batch = one.place(trained.batch())
    one.gradients(batch)
    assert len(seen) == 1
    one.freeze(FIRST)
    one.gradients(batch)
    assert len(seen) == 1
