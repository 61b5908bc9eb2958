"""The check `training mode` detects defects of a small model."""

from dataclasses import dataclass

import numpy as np
import pytest

from benchmarks.parity import case, compare, training_mode
from benchmarks.parity.case import Case
from impls.interface import trained as trained_names
from tests.support import trained
from tests.support.implementations import USUAL
from tests.support.trained import reference

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)


@dataclass(frozen=True)
class Point(Case):
    """The small model of tests, which has no `parity.json`."""

    def __post_init__(self):
        for name, value in (
            ("model", "trained"),
            ("size", trained.SIZE),
            ("spec", trained.SPEC),
            ("objective", "cross_entropy"),
            ("spread", 1),
            ("max_grad_norm", None),
        ):
            object.__setattr__(self, name, value)


class LocalRunner:
    """A Runner with a RemoteRunner's methods; `change` alters parameters."""

    def __init__(self, runner, change):
        self.runner = runner
        self.change = change
        self.load, self.freeze = runner.load, runner.freeze

    def params(self):
        return self.change(self.runner.params())

    def logits(self, batch):
        return self.runner.logits(self.runner.place(batch))

    def gradients(self, batch):
        return self.runner.gradients(self.runner.place(batch))

    def train_steps(self, batches):
        step, place = self.runner.train_step, self.runner.place
        return self.runner.fetch([step(place(batch)) for batch in batches])

    def eval_steps(self, batches):
        step, place = self.runner.eval_step, self.runner.place
        return self.runner.fetch([step(place(batch)) for batch in batches])


def checked(monkeypatch, framework, mode, change=lambda params: params):
    """The actual and the expected arrays of the check."""
    monkeypatch.setattr(case, "_reference", lambda name: reference)
    runner = LocalRunner(trained.runner(framework, mode), change)
    return training_mode.training(Point("trained", "float64"), runner)


def differences(actual, expected):
    """Criterion -> largest difference, array."""
    return compare.by_criterion("training mode", actual, expected)


def beyond(worst):
    return [
        criterion
        for criterion, (error, _) in worst.items()
        if error > compare.bound("trained", criterion, "float64")
    ]


@implementations
def test_every_criterion_is_within_its_bound(monkeypatch, framework, mode):
    """The reference has no gradients, so those are only present."""
    actual, expected = checked(monkeypatch, framework, mode)
    worst = differences({name: actual[name] for name in expected}, expected)
    assert set(worst) == {"training mode", "running statistics", ""}
    assert beyond(worst) == []
    gradients = set(actual) - set(expected)
    assert gradients == set(trained_names(trained.SPEC.shapes()))


@pytest.mark.parametrize("leaf", ["mean", "variance"])
def test_slightly_wrong_statistics_are_detected(monkeypatch, leaf):
    """Even below the bound of a loss."""

    def change(params):
        name = f"norm.{leaf}"
        return params | {name: params[name] * (1 + 1e-11)}

    worst = differences(*checked(monkeypatch, "torch", "eager", change))
    error, array = worst["running statistics"]
    assert array == f"norm.{leaf}, running"
    assert error > 1e-12


def test_a_changed_bit_of_a_frozen_parameter_is_detected(monkeypatch):
    def change(params):
        name = "first.kernel"
        return params | {name: np.nextafter(params[name], np.inf)}

    worst = differences(*checked(monkeypatch, "torch", "eager", change))
    assert worst[""][1] == "first.kernel, frozen"
    assert "" in beyond(worst)


def test_dropout_in_evaluation_is_detected(monkeypatch):
    runner = trained.runner("torch", "eager")
    monkeypatch.setattr(
        runner.layers, "evaluate", lambda: runner.layers.train(None)
    )
    worst = differences(*checked(monkeypatch, "torch", "eager"))
    assert "" in beyond(worst)
