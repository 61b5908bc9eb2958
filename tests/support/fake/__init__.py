"""The interface of `impls` without a framework, for tests of workers.

The setting's mode decides how a Runner behaves: see `frameworks.calm`.
"""

from importlib import import_module


def spec(model):
    return import_module(f"tests.support.fake.{model}.spec").Spec


def build(model, framework, sizes, setting):
    frame = import_module(f"tests.support.fake.frameworks.{framework}")
    return frame.Runner(sizes, setting)
