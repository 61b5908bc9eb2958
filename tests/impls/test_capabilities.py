"""A Spec declares exactly the capabilities that its model has."""

from importlib import import_module

import numpy as np
import pytest

import impls
from impls import init, interface
from tests.support.implementations import case, importorskip

models = pytest.mark.parametrize("model", impls.MODELS)
frameworks = pytest.mark.parametrize("framework", impls.FRAMEWORKS)


@models
def test_a_spec_inherits_the_base_class(model):
    assert issubclass(impls.spec(model), interface.Spec)


@models
def test_functions_of_the_reference(model):
    spec = case(model).spec
    reference = import_module(f"impls.{model}.reference")
    names = vars(reference)
    assert ("start" in names and "step" in names) == spec.decodes
    assert ("weights" in names) == spec.attention
    assert ("training" in names) == spec.training_mode
    assert ("final_state" in names) == bool(spec.state())


@models
def test_inputs_and_logits(model):
    spec = case(model).spec
    inputs = spec.example(3).inputs
    tokens = [array.dtype == np.int32 and array.ndim == 2 for array in inputs]
    assert spec.reads_tokens == (tokens == [True])
    for size, number in spec.bounds().items():
        assert inputs[number].max() < vars(spec)[size]
    params = init.draw(spec, 0)
    logits = import_module(f"impls.{model}.reference").logits(
        spec, params, *inputs
    )
    filters = spec.shapes().get("first.kernel", (0,))[-1]
    maps = logits.ndim == 4 and logits.shape[-1] == filters
    assert spec.feature_maps == maps


@models
@frameworks
def test_methods_and_layers_of_the_implementation(model, framework):
    importorskip(framework)
    module = import_module(f"impls.{model}.{framework}")
    spec = impls.spec(model)
    for method in ("start", "step"):
        assert hasattr(module.Model, method) == spec.decodes
    parts = [module, *map(import_module, sorted(_imported(module)))]
    lstm = import_module(f"impls.sequences.{framework}").LSTM
    used = any(vars(part).get("LSTM") is lstm for part in parts)
    assert used == spec.unrolled


def _imported(module):
    """Names of the model files whose classes a module uses."""
    names = {
        getattr(value, "__module__", "") for value in vars(module).values()
    }
    models = tuple(f"impls.{model}." for model in impls.MODELS)
    return {name for name in names if name and name.startswith(models)}
