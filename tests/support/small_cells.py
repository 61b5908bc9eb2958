"""Cells of a small model, and two sides that are both this tree."""

import sys
from copy import deepcopy
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.config.compose import compose
from benchmarks.records.verdict import Side

ROOT = Path(__file__).parents[2]
SIZES = {"vocab": 60, "time": 6, "width": 7, "hidden": 5}
PYTHONS = dict.fromkeys(("torch", "tensorflow", "jax", "calm"), sys.executable)
HERE = (
    Side("base", ROOT, None, False, PYTHONS),
    Side("head", ROOT, None, False, PYTHONS),
)


@cache
def composed(framework):
    if find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    sizes = [f"workload.spec.{name}={size}" for name, size in SIZES.items()]
    return compose("workload=rnn", f"framework={framework}", *sizes)[0]


def cell(framework, spec=None, optimizer="adam", **keys):
    """A small cell; keys: of its optimizer."""
    chosen = deepcopy(composed(framework))
    chosen["workload"]["optimizer"] |= keys | {"name": optimizer}
    chosen["workload"]["spec"] |= spec or {}
    return chosen
