"""A small model with every layer that training mode changes, for tests."""

from functools import cache
from importlib import import_module

import numpy as np

from impls.interface import Setting
from tests.columns import importorskip
from tests.trained.spec import Spec

SPEC = Spec()
SIZE = 15  # examples of a batch


def params(seed=1):
    """Neither zeros nor ones, float64; variances above zero."""
    random = np.random.default_rng(seed)
    drawn = {n: random.normal(size=s) for n, s in SPEC.shapes().items()}
    return {
        name: abs(value) + 0.1 if name.endswith("variance") else 0.3 * value
        for name, value in drawn.items()
    }


def batch(seed=0, masks=True):
    """Every fifth target is not valid; masks of their own."""
    random = np.random.default_rng(seed)
    drawn = {
        path: np.float32(random.random((SIZE, *shape)) >= SPEC.rate)
        for path, shape in SPEC.masks().items()
    }
    return SPEC.example(SIZE, seed)._replace(
        weights=np.float32(np.arange(SIZE) % 5 != 2),
        masks=drawn if masks else None,
    )


@cache
def _runner(framework, changed):
    usual = {"optimiser": "sgd", "rate": 0.5, "precision": "float64"}
    frame = import_module(f"impls.frameworks.{framework}")
    model = import_module(f"tests.trained.{framework}").Model
    return frame.Runner(model, SPEC, Setting(**usual | dict(changed)))


def runner(framework, mode, **changed):
    """A Runner of the small model, float64, loaded anew; shared by tests."""
    importorskip(framework)
    one = _runner(framework, tuple(sorted({"mode": mode, **changed}.items())))
    if framework == "jax":
        double = changed.get("precision", "float64") == "float64"
        import_module("jax").config.update("jax_enable_x64", double)
    one.freeze([])
    one.load(params())
    return one
