"""A small model with every layer that training mode changes, for tests."""

from functools import cache
from importlib import import_module

import numpy as np

from impls.interface import Setting
from tests.support.implementations import importorskip
from tests.support.trained.spec import ProbeSpec, Spec

SPEC, PROBE = Spec(), ProbeSpec()
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
def _runner(framework, name, changed):
    usual = {"optimizer": "sgd", "learning_rate": 0.5, "precision": "float64"}
    frame = import_module(f"impls.frameworks.{framework}")
    model = getattr(import_module(f"tests.support.trained.{framework}"), name)
    spec = SPEC if name == "Model" else PROBE
    return frame.Runner(model, spec, Setting(**usual | dict(changed)))


def fresh(framework, mode, name="Model", **changed):
    """A Runner that no other test has had, float64; its own start."""
    importorskip(framework)
    return _runner.__wrapped__(framework, name, (("mode", mode),
                               *changed.items()))  # fmt: skip


def runner(framework, mode, **changed):
    """A Runner of the small model, float64, loaded anew; shared by tests."""
    importorskip(framework)
    changed = tuple(sorted({"mode": mode, **changed}.items()))
    runner = _runner(framework, "Model", changed)
    if framework == "jax":
        import_module("jax").config.update("jax_enable_x64", True)
    runner.freeze([])
    runner.load(params())
    return runner


def probe(framework, mode, seed=0, **changed):
    """A Runner of the probe: a bias of one, a rate of nothing."""
    importorskip(framework)
    changed |= {"mode": mode, "seed": seed, "learning_rate": 0.0}
    changed |= {"objective": "mse"}
    runner = _runner(framework, "Probe", tuple(sorted(changed.items())))
    if framework == "jax":
        import_module("jax").config.update("jax_enable_x64", True)
    zeros, ones = np.zeros((1, PROBE.units)), np.ones(PROBE.units)
    runner.load({"hidden.kernel": zeros, "hidden.bias": ones})
    return runner
