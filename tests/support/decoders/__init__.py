"""Two small models that decode, of plain dense layers, for tests."""

from functools import cache
from importlib import import_module

import numpy as np

from impls.interface import Setting
from tests.support.decoders.spec import Spec, StreamSpec
from tests.support.implementations import importorskip

SPECS = {"Model": Spec(), "Stream": StreamSpec()}
SIZE = 13  # examples of a batch


def params(name, seed=1, scale=1.0):
    """Drawn wide, so that what is generated is no constant; float64."""
    random = np.random.default_rng(seed)
    shapes = SPECS[name].shapes()
    return {n: scale * random.normal(size=s) for n, s in shapes.items()}


def batch(name, seed=0, size=SIZE):
    """A batch of the model's, NumPy."""
    return SPECS[name].example(size, seed)


@cache
def _runner(name, framework, changed):
    usual = {"optimizer": "sgd", "learning_rate": 0.5, "precision": "float64"}
    frame = import_module(f"impls.frameworks.{framework}")
    model = getattr(import_module(f"tests.support.decoders.{framework}"), name)
    return frame.Runner(model, SPECS[name], Setting(**usual | dict(changed)))


def runner(name, framework, mode, **changed):
    """A float64 Runner, loaded anew; shared by the tests of a process."""
    importorskip(framework)
    changed = tuple(sorted({"mode": mode, **changed}.items()))
    runner = _runner(name, framework, changed)
    if framework == "jax":
        import_module("jax").config.update("jax_enable_x64", True)
    runner.load(params(name))
    return runner
