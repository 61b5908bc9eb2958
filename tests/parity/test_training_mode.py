"""The check `training mode` detects defects of a small model."""

import numpy as np
import pytest

from benchmarks.parity import checks, compare
from benchmarks.parity.case import Case
from impls.interface import trained as trained_names
from tests.support import trained
from tests.support.implementations import USUAL
from tests.support.trained import reference

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)


class Point(Case):
    """The small model of tests, which has no `parity.json`."""

    def __init__(self):
        self.name = self.model = "trained"
        self.precision, self.seed = "float64", 0
        self.equations, self.spec = reference, trained.SPEC
        self.size, self.objective = trained.SIZE, "cross_entropy"
        self.spread, self.max_grad_norm = 1, None
        self.optimizer, self.label_smoothing = "adam", 0.0


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


def checked(framework, mode, change=lambda params: params):
    """The actual and the expected arrays of the check."""
    runner = LocalRunner(trained.runner(framework, mode), change)
    return checks.training_mode(Point(), runner)


def differences(framework, mode, change=lambda params: params):
    """Criterion -> largest difference, array."""
    result = checked(framework, mode, change)
    return compare.by_criterion(result.check, result.actual, result.expected)


def beyond(worst):
    return [
        criterion
        for criterion, (error, _) in worst.items()
        if error > compare.bound("trained", criterion, "float64")
    ]


@implementations
def test_every_criterion_is_within_its_bound(framework, mode):
    """The reference has no gradients, so those are only present."""
    result = checked(framework, mode)
    worst = compare.against_reference(result)
    assert set(worst) == {"training mode", "running statistics", ""}
    assert beyond(worst) == []
    gradients = set(result.actual) - set(result.expected)
    assert gradients == set(trained_names(trained.SPEC.shapes()))


@pytest.mark.parametrize("leaf", ["mean", "variance"])
def test_slightly_wrong_statistics_are_detected(leaf):
    """Even below the bound of a loss."""

    def change(params):
        name = f"norm.{leaf}"
        return params | {name: params[name] * (1 + 1e-11)}

    worst = differences("torch", "eager", change)
    error, array = worst["running statistics"]
    assert array == f"norm.{leaf}, running"
    assert error > 1e-12


def test_a_changed_bit_of_a_frozen_parameter_is_detected():
    def change(params):
        name = "first.kernel"
        return params | {name: np.nextafter(params[name], np.inf)}

    worst = differences("torch", "eager", change)
    assert worst[""][1] == "first.kernel, frozen"
    assert "" in beyond(worst)


def test_dropout_in_evaluation_is_detected(monkeypatch):
    runner = trained.runner("torch", "eager")
    monkeypatch.setattr(
        runner.layers, "evaluate", lambda: runner.layers.train(None)
    )
    worst = differences("torch", "eager")
    assert "" in beyond(worst)
