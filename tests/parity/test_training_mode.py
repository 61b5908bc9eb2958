"""The fifth rung finds what it is for, on a model that has it all."""

from dataclasses import dataclass

import numpy as np
import pytest

from benchmarks.parity import case, compare, training_mode
from benchmarks.parity.case import Case
from tests.support import trained
from tests.support.columns import USUAL
from tests.support.trained import reference

columns = pytest.mark.parametrize(("framework", "mode"), USUAL)


@dataclass(frozen=True)
class Point(Case):
    """The small model of tests, which has no `parity.json`."""

    def __post_init__(self):
        for name, value in (
            ("model", "trained"),
            ("size", trained.SIZE),
            ("spec", trained.SPEC),
            ("kind", "classes"),
            ("spread", 1),
            ("clip", None),
        ):
            object.__setattr__(self, name, value)


class Here:
    """A Runner as a RemoteRunner is called; `spoilt` changes what it says."""

    def __init__(self, runner, spoilt):
        self.runner = runner
        self.spoilt = spoilt
        self.load, self.freeze = runner.load, runner.freeze

    def params(self):
        return self.spoilt(self.runner.params())

    def scores(self, batch):
        return self.runner.scores(self.runner.place(batch))

    def gradients(self, batch):
        return self.runner.gradients(self.runner.place(batch))

    def train_steps(self, batches):
        step, place = self.runner.train_step, self.runner.place
        return self.runner.fetch([step(place(batch)) for batch in batches])

    def eval_steps(self, batches):
        step, place = self.runner.eval_step, self.runner.place
        return self.runner.fetch([step(place(batch)) for batch in batches])


def climbed(monkeypatch, framework, mode, spoilt=lambda params: params):
    """Part of the rung -> its largest difference, and which array's."""
    monkeypatch.setattr(case, "_reference", lambda name: reference)
    runner = Here(trained.runner(framework, mode), spoilt)
    point = Point("trained", "float64")
    return compare.by_part(5, *training_mode.training(point, runner))


def beyond(found):
    return [
        held
        for held, (error, _) in found.items()
        if error > compare.bound("trained", held, "float64")
    ]


@columns
def test_every_part_is_within_its_bound(monkeypatch, framework, mode):
    """All, not only what the reference says: it says nothing of gradients."""
    monkeypatch.setattr(case, "_reference", lambda name: reference)
    runner = Here(trained.runner(framework, mode), lambda params: params)
    found, expected = training_mode.training(
        Point("trained", "float64"), runner
    )
    told = {name: found[name] for name in expected}
    worst = compare.by_part(5, told, expected)
    assert set(worst) == {"5", "5 running", ""}
    assert beyond(worst) == []
    gradients = set(found) - set(expected)
    assert gradients == {n for n in trained.SPEC.shapes() if "mean" not in n
                         and "variance" not in n}  # fmt: skip


@pytest.mark.parametrize("leaf", ["mean", "variance"])
def test_statistics_a_little_off_are_seen(monkeypatch, leaf):
    """By less than a loss may be off."""

    def spoilt(params):
        name = f"norm.{leaf}"
        return params | {name: params[name] * (1 + 1e-11)}

    found = climbed(monkeypatch, "torch", "eager", spoilt)
    assert found["5 running"][1] == f"norm.{leaf}, running"
    assert found["5 running"][0] > 1e-12


def test_a_frozen_bit_that_moves_is_seen(monkeypatch):
    def spoilt(params):
        name = "first.kernel"
        return params | {name: np.nextafter(params[name], np.inf)}

    found = climbed(monkeypatch, "torch", "eager", spoilt)
    assert found[""][1] == "first.kernel, frozen"
    assert "" in beyond(found)


def test_an_evaluation_that_drops_is_seen(monkeypatch):
    runner = trained.runner("torch", "eager")
    monkeypatch.setattr(
        runner.layers, "evaluate", lambda: runner.layers.train(None)
    )
    found = climbed(monkeypatch, "torch", "eager")
    assert "" in beyond(found)
