"""The verbs of a Runner in any order: three columns and an oracle in step.

Other tests call each verb after a fresh `load`. What one verb leaves behind
for the next shows here: programs kept for other frozen names, moments that a
reset forgot, a training mode that stays on.
"""

import numpy as np
import pytest

import impls
from benchmarks.config import phases
from benchmarks.parity import reference
from benchmarks.parity.case import Case
from impls.interface import STATISTICS, trained
from tests.support.implementations import case, shared_runner

CLOSE = {"rtol": 1e-8, "atol": 1e-10}  # after some updates by Adam
STEPS = 150  # drawn alike, so that nearly every verb follows every other
# Without a state: dropout, batch normalization. With one: the oracle, which
# starts afresh for each verb, cannot follow, and the columns are compared
MODELS = "gpt", "resnet", "language"
RATES = 0.0, 0.002, 0.03


def frozen_sets(model):
    """Names to freeze: none, two sets of the same size, and a whole stage."""
    names = trained(case(model).spec.shapes())
    half = len(names) // 2
    stage = [n for n in case(model).spec.shapes() if n.startswith("stage.0")]
    return [[], names[:half], names[-half:], stage]


class Oracle:
    """What every verb is to give: from the references, and a fresh Runner.

    The Runner, PyTorch's, is loaded anew for each gradient and each text:
    that much the parity checks have proven.
    """

    def __init__(self, model):
        self.case = case(model)
        setting = self.case.setting(mode="eager")
        self.runner = impls.build(
            self.case.model, "torch", self.case.spec, setting
        )
        self.reset(self.case.smooth, [])

    def reset(self, params, frozen):
        """As `load` and `freeze` do: no moments, the first step is next."""
        self.start = {name: value.copy() for name, value in params.items()}
        self.params, self.frozen = self.start, frozen
        self.gradients_, self.rates = [], []
        self.rate = self.case.setting().learning_rate

    def fresh(self):
        self.runner.freeze(self.frozen)
        self.runner.load(self.params)
        return self.runner

    def gradients(self, batch):
        runner = self.fresh()
        return runner.gradients(runner.place(batch))

    def train_step(self, batch):
        _, gradients = self.gradients(batch)
        self.gradients_.append(gradients)
        self.rates.append(self.rate)
        moving = {name: self.start[name] for name in gradients}
        moved = reference.train(
            moving, self.gradients_, self.case.setting(), self.rates
        )
        self.params = self.params | moved | self.statistics(batch)

    def statistics(self, batch):
        """Running statistics after a step."""
        runner = self.fresh()
        runner.train_step(runner.place(batch))
        after = runner.params()
        return {n: after[n] for n in after if n.endswith(STATISTICS)}

    def logits(self, batch):
        return self.case.logits(self.params, batch)

    def generate(self, batch, length, width):
        runner = self.fresh()
        return runner.generate(runner.place(batch), length, width)


class Walk:
    """The three columns of a model, and what each verb of them gives."""

    def __init__(self, model):
        self.case = case(model)
        self.sets = frozen_sets(model)
        self.points = [
            self.case.smooth, Case(model, "float64", seed=1).smooth
        ]  # fmt: skip
        stateful = bool(self.case.spec.state())
        make = self.case.window if stateful else self.case.batch
        self.batches = [make(number) for number in (0, 1)]
        self.columns = {
            name: shared_runner(model, name, phases.fastest(name, model, "cpu"))
            for name in impls.FRAMEWORKS
        }
        self.oracle = None if stateful else Oracle(model)
        self.freeze(0)
        self.load(0)

    def verbs(self):
        """Each verb, and what it is called with."""
        verbs = {
            self.load: range(2),
            self.freeze: range(len(self.sets)),
            self.set_learning_rate: RATES,
            self.train_step: range(2),
            self.eval_step: range(2),
            self.gradients: range(2),
            self.logits: range(2),
            self.compile: range(2),
        }
        if self.case.spec.decodes:
            verbs[self.generate] = range(4)
        return verbs

    def load(self, number):
        point = self.points[number]
        self.each(lambda runner: runner.load(point))
        if self.oracle:
            self.oracle.reset(point, self.oracle.frozen)

    def freeze(self, number):
        names = self.sets[number]
        self.each(lambda runner: runner.freeze(names))
        if self.oracle:
            self.oracle.reset(self.oracle.params, names)

    def set_learning_rate(self, rate):
        self.each(lambda runner: runner.set_learning_rate(rate))
        if self.oracle:
            self.oracle.rate = rate

    def train_step(self, number):
        batch = self.batches[number]
        if self.oracle:
            self.oracle.train_step(batch)
        self.same(lambda runner: metrics(runner, "train_step", batch))

    def eval_step(self, number):
        batch = self.batches[number]
        self.same(lambda runner: metrics(runner, "eval_step", batch))

    def gradients(self, number):
        batch = self.batches[number]
        self.same(
            lambda runner: named(runner.gradients(runner.place(batch))),
            self.oracle and named(self.oracle.gradients(batch)),
        )

    def logits(self, number):
        batch = self.batches[number]
        self.same(
            lambda runner: {"": runner.logits(runner.place(batch))},
            self.oracle and {"": self.oracle.logits(batch)},
        )

    def compile(self, number):
        batch = self.batches[number]
        self.each(lambda runner: runner.compile(runner.place(batch)))

    def generate(self, number):
        batch, given = self.batches[number % 2], (5, 1 + number // 2)
        self.same(
            lambda runner: {"": runner.generate(runner.place(batch), *given)},
            self.oracle and {"": self.oracle.generate(batch, *given)},
        )

    def state_and_parameters(self):
        """Compare them: no verb may move what it has not to."""
        self.same(
            lambda runner: runner.params(), self.oracle and self.oracle.params
        )
        self.same(lambda runner: runner.state())

    def each(self, verb):
        """What a verb gives in every column, by its name."""
        return {name: verb(runner) for name, runner in self.columns.items()}

    def same(self, verb, expected=None):
        """A verb gives the same arrays, and those of the oracle."""
        given = self.each(verb)
        expected = expected or given["torch"]
        for name, arrays in given.items():
            assert arrays.keys() == expected.keys(), name
            for key, array in arrays.items():
                np.testing.assert_allclose(
                    array, expected[key], **CLOSE, err_msg=f"{name} {key}"
                )


def metrics(runner, verb, batch):
    """Loss and accuracy of a step."""
    step = getattr(runner, verb)(runner.place(batch))
    return {"loss and accuracy": runner.fetch([step])}


def named(gradients):
    """Loss and gradients as arrays by name."""
    loss, arrays = gradients
    return {"loss": np.float64(loss), **arrays}


@pytest.mark.parametrize("model", MODELS)
def test_verbs_in_any_order(model):
    random, walk, called = np.random.default_rng(0), Walk(model), []
    verbs = walk.verbs()
    for _ in range(STEPS):
        verb = list(verbs)[random.integers(len(verbs))]
        value = verbs[verb][random.integers(len(verbs[verb]))]
        called.append(f"{verb.__name__}({value})")
        try:
            verb(value)
            walk.state_and_parameters()
        except Exception as error:
            error.add_note(f"after {', '.join(called[-12:])}")
            raise
    assert len({call.partition("(")[0] for call in called}) == len(verbs)
