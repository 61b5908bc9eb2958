"""A model's `parity.json` names its optimizer and its label smoothing."""

import numpy as np
import pytest

from benchmarks.parity import case, compare, schedule
from benchmarks.parity.case import Case, fixture
from benchmarks.parity.checks import rates
from benchmarks.parity.schedule import Implementation
from impls.interface import trained


@pytest.fixture(autouse=True)
def named(monkeypatch):
    """The fixture of `mlp` with AdamW, smoothing and clipping."""
    own = {"optimizer": "adamw", "label_smoothing": 0.2, "max_grad_norm": 1.0}
    content = fixture("mlp") | own
    monkeypatch.setattr(case, "fixture", lambda name: content)
    monkeypatch.setattr(schedule, "_case", Case)  # without its cache


def test_settings_have_them():
    point = Case("mlp", "float64")
    own, descent = point.setting(), point.setting("sgd")
    assert own.optimizer == "adamw" and own.weight_decay > 0
    assert descent.optimizer == "sgd" and descent.weight_decay == 0
    assert own.label_smoothing == descent.label_smoothing == 0.2


def test_the_learning_rate_of_adamw_rises_and_falls():
    point = Case("mlp", "float64")
    own, descent = point.setting(), point.setting("sgd")
    moving = np.array(rates(own)) / own.learning_rate
    assert moving[:4] == pytest.approx([0.25, 0.5, 0.75, 1], rel=1e-15)
    assert (np.diff(moving[3:]) < 0).all() and moving[-1] > 0.1
    assert set(rates(descent)) == {descent.learning_rate}


def test_all_checks_hold_with_them():
    key = Implementation("torch", "eager", "mlp", "float64")
    run = schedule.run_all([key])[key]
    assert not run.problem
    for result in run.results.values():
        for error, array in compare.against_reference(result).values():
            assert error < 1e-10, array
    effect = "effect of 10 adamw"
    steps = run.results["optimizer steps"].actual
    names = [name for name in steps if name.endswith(effect)]
    assert len(names) == len(trained(Case("mlp", "float64").smooth))
