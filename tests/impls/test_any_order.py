"""The verbs of a Runner in any order: three columns and an oracle in step.

Other tests call each verb after a fresh `load`. What one verb leaves behind
for the next shows here: programs kept for other frozen names, moments that a
reset forgot, a training mode that stays on.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import impls
from benchmarks.config import phases
from benchmarks.parity import reference
from benchmarks.parity.case import Case
from impls.interface import STATISTICS, trained
from tests.support.implementations import case, shared_runner

CLOSE = {"rtol": 1e-8, "atol": 1e-10}  # after up to STEPS updates by Adam
STEPS = 14
# Without a state: dropout, batch normalization. With one: the oracle, which
# starts afresh for each verb, cannot follow, and the columns are compared
MODELS = "gpt", "resnet", "language"
RATES = 0.0, 0.002, 0.03
NUMBERS = st.sampled_from((0, 1))
WIDTHS = st.sampled_from((1, 2))


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


def machine(model):
    """The state machine of a model."""
    point, sets = case(model), frozen_sets(model)
    points = [point.smooth, Case(model, "float64", seed=1).smooth]
    stateful = bool(point.spec.state())
    make = point.window if stateful else point.batch
    batches = [make(number) for number in (0, 1)]
    columns = {
        name: shared_runner(model, name, phases.fastest(name, model, "cpu"))
        for name in impls.FRAMEWORKS
    }
    oracle = None if stateful else Oracle(model)

    class Verbs(RuleBasedStateMachine):
        def each(self, verb):
            """What a verb gives in every column, by its name."""
            return {name: verb(runner) for name, runner in columns.items()}

        def same(self, verb, expected=None):
            """A verb gives the same arrays, and those of the oracle."""
            given = self.each(verb)
            expected = given["torch"] if expected is None else expected
            for name, arrays in given.items():
                assert arrays.keys() == expected.keys(), name
                for key, array in arrays.items():
                    np.testing.assert_allclose(
                        array, expected[key], **CLOSE, err_msg=f"{name} {key}"
                    )

        @initialize(point=NUMBERS)
        def begin(self, point):
            self.freeze(0)
            self.load(point)

        @rule(point=NUMBERS)
        def load(self, point):
            self.each(lambda runner: runner.load(points[point]))
            if oracle:
                oracle.reset(points[point], oracle.frozen)

        @rule(number=st.sampled_from(range(4)))
        def freeze(self, number):
            self.each(lambda runner: runner.freeze(sets[number]))
            if oracle:
                oracle.reset(oracle.params, sets[number])

        @rule(rate=st.sampled_from(RATES))
        def set_learning_rate(self, rate):
            self.each(lambda runner: runner.set_learning_rate(rate))
            if oracle:
                oracle.rate = rate

        @rule(number=NUMBERS)
        def train_step(self, number):
            batch = batches[number]
            if oracle:
                oracle.train_step(batch)
            self.same(lambda runner: metrics(runner, "train_step", batch))

        @rule(number=NUMBERS)
        def eval_step(self, number):
            batch = batches[number]
            self.same(lambda runner: metrics(runner, "eval_step", batch))

        @rule(number=NUMBERS)
        def gradients(self, number):
            batch = batches[number]
            expected = named(oracle.gradients(batch)) if oracle else None
            self.same(
                lambda runner: named(runner.gradients(runner.place(batch))),
                expected,
            )

        @rule(number=NUMBERS)
        def logits(self, number):
            batch = batches[number]
            expected = {"": oracle.logits(batch)} if oracle else None
            self.same(
                lambda runner: {"": runner.logits(runner.place(batch))},
                expected,
            )

        @rule(number=NUMBERS)
        def compile(self, number):
            batch = batches[number]
            self.each(lambda runner: runner.compile(runner.place(batch)))

        if point.spec.decodes:

            @rule(number=NUMBERS, width=WIDTHS)
            def generate(self, number, width):
                batch, given = batches[number], (5, width)
                expected = oracle and {"": oracle.generate(batch, *given)}
                self.same(
                    lambda runner: {
                        "": runner.generate(runner.place(batch), *given)
                    },
                    expected,
                )

        @invariant()
        def parameters_are_alike(self):
            expected = oracle.params if oracle else None
            self.same(lambda runner: runner.params(), expected)

        @invariant()
        def states_are_alike(self):
            self.same(lambda runner: runner.state())

    return Verbs


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
    run_state_machine_as_test(
        machine(model),
        settings=settings(
            max_examples=12,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
