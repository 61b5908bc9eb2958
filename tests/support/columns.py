"""Runners in the test's own process, built once."""

from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import pytest

import impls
from benchmarks.parity import schedule
from benchmarks.parity.checks import Case

# What a bench takes by itself for images and LSTMs, and eager
USUAL = sorted(
    {(p.framework, p.mode) for p in schedule.places(["cnn", "bilstm"])}
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
    return impls.build(model, framework, case(model).spec, setting)


def runner(model, framework, mode, **changed):
    """A float64 Runner of odd sizes, with the ladder's setting.

    Shared by all tests of a process: whoever uses it loads it first. What
    libraries keep for the whole process is set to float64 again.
    """
    importorskip(framework)
    found = _runner(model, framework, mode, tuple(sorted(changed.items())))
    if framework == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    return found
