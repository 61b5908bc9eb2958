"""Runners of this process, built once for all tests."""

from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import pytest

import impls
from benchmarks.parity import schedule
from benchmarks.parity.case import Case

# The modes of a bench for images and LSTMs, and eager
USUAL = sorted(
    {
        (key.framework, key.mode)
        for key in schedule.implementations(["cnn", "bilstm"])
    }
)


@cache
def case(model, precision="float64"):
    return Case(model, precision)


def importorskip(framework):
    if find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")


@cache
def _runner(model, framework, mode, changed):
    setting = replace(case(model).setting(mode=mode), **dict(changed))
    return impls.build(case(model).model, framework, case(model).spec, setting)


def shared_runner(model, framework, mode, **changed):
    """A float64 Runner with the sizes and the setting of the parity checks.

    All tests of a process share it, so a test loads it first. Settings that a
    library keeps for the process are float64 again.
    """
    importorskip(framework)
    shared = _runner(model, framework, mode, tuple(sorted(changed.items())))
    if framework == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    return shared
