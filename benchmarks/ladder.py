"""The parity ladder: what one column computes, rung by rung.

1 names, shapes, bits; 2 scores; 3 loss and gradients; 4 optimiser steps;
6 a trajectory of losses. (5, training mode, comes with the first model
that has one.) Beside what was found stands what the model's `reference.py`
and `oracle.py` say of the same point.

Sizes are odd and pairwise different (`impls/<model>/parity.json`), so that
a missing transpose is an error of shapes. Nothing is zero unless it is
meant to be: `kinked` parameters put maxima into ties and ReLUs onto zero.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import impls
from benchmarks import oracle
from benchmarks.errors import UserError
from benchmarks.remote_runner import RemoteRunner
from impls.interface import Batch, Params, Setting

RUNGS = (1, 2, 3, 4, 6)
STEPS, TRAJECTORY = 10, 30  # optimiser steps of rungs 4 and 6
IMPLS = Path(impls.__file__).parent

Build = Callable[[Setting], RemoteRunner]


def facts(model: str) -> dict[str, Any]:
    """What the ladder knows of a model: sizes, batch, floors by rung.

    Raises UserError where nobody has said it.
    """
    path = IMPLS / model / "parity.json"
    if not path.is_file():
        raise UserError(
            f"impls/{model}/parity.json: missing. Write it with odd sizes, "
            'no two alike: {"batch": 15, "sizes": {...}, "floors": {}}'
        )
    return dict(json.loads(path.read_text()))


class Step(NamedTuple):
    """One rung: what the column computed, what the reference says."""

    rung: int
    found: Params
    expected: Params


@dataclass(frozen=True)
class Case:
    """One model at one point, in one precision; the same for all columns."""

    model: str
    precision: str
    seed: int = 0
    size: int = field(init=False)
    spec: Any = field(init=False)

    def __post_init__(self) -> None:
        known = facts(self.model)
        spec = impls.spec(self.model)(**known["sizes"])
        object.__setattr__(self, "spec", spec)
        object.__setattr__(self, "size", known["batch"])

    def setting(self, optimiser: str = "adam", mode: str = "") -> Setting:
        """No value is a default of any library, and epsilon can be seen."""
        return Setting(
            objective="binary" if self.outputs == 1 else "classes",
            optimiser=optimiser,
            rate=0.01 if optimiser == "adam" else 0.5,
            beta1=0.8,
            beta2=0.95,
            epsilon=1e-3,
            mode=mode,
            precision=self.precision,
        )

    @cached_property
    def smooth(self) -> Params:
        """Parameters where the loss has a derivative."""
        random = np.random.default_rng((self.seed, 1))
        return {
            name: self._parameter(name, shape, random)
            for name, shape in self.spec.shapes().items()
        }

    @cached_property
    def kinked(self) -> Params:
        """Two units of a layer are constant: above zero, and on zero.

        In a convolution every maximum of theirs is a tie, between places
        that saw different things.
        """
        params = {name: value.copy() for name, value in self.smooth.items()}
        for name, kernel in params.items():
            layer, _, leaf = name.rpartition(".")
            recurrent = f"{layer}.recurrent_kernel" in params
            if leaf == "kernel" and not recurrent and kernel.shape[-1] > 3:
                kernel[..., :2] = 0
                params[f"{layer}.bias"][:2] = 0.5, 0
        return params

    def batch(self, seed: int) -> Batch:
        """Random, a part all zeros, and every fifth target not valid."""
        example = self.spec.example(self.size, 100 * self.seed + seed)
        for array in example.inputs:
            array[(slice(None), *(slice(n // 3) for n in array.shape[1:]))] = 0
        weights = np.float32(np.arange(self.size) % 5 != 2)
        return example._replace(weights=weights)

    @cached_property
    def outputs(self) -> int:
        """Scores of one example: one means yes or no."""
        return int(self.scores(self.smooth, self.batch(0)).shape[-1])

    def scores(self, params: Params, batch: Batch) -> np.ndarray:
        """What the model's reference says, in float64."""
        reference = import_module(f"impls.{self.model}.reference")
        found: np.ndarray = reference.scores(
            self.spec, _double(params), *batch.inputs
        )
        return found

    def objective(self, params: Params, batch: Batch) -> Params:
        """Loss and accuracy by the reference."""
        loss, accuracy = oracle.objective(self.scores(params, batch), batch)
        return {"loss": np.array(loss), "accuracy": np.array(accuracy)}

    @cached_property
    def along(self) -> Params:
        """Directions that gradients are projected on."""
        return oracle.directions(self.smooth, 3, self.seed)

    @cached_property
    def slopes(self) -> Params:
        """The reference's derivatives along them."""
        return oracle.derivatives(
            lambda moved: self.objective(moved, self.batch(1))["loss"],
            _double(self.smooth),
            self.along,
        )

    def _parameter(
        self, name: str, shape: tuple[int, ...], random: np.random.Generator
    ) -> np.ndarray:
        inputs = int(np.prod(shape[:-1])) if "kernel" in name else 4
        value = random.normal(size=shape) * 1.2 / np.sqrt(inputs)
        return value.astype(self.precision)


def climb(case: Case, build: Build, mode: str) -> Iterator[Step]:
    """Rung after rung of one column, in one of its modes.

    Raises what the Runner raises, at the rung that it cannot climb.
    """
    runner = build(case.setting(mode=mode))
    yield _bits(case, runner)
    yield _scores(case, runner)
    yield _gradients(case, runner)
    steps = _steps(case, runner, case.setting())
    trajectory = _trajectory(case, runner)
    descent = case.setting("sgd", mode)
    other = _steps(case, build(descent), descent)
    yield Step(4, steps.found | other.found, steps.expected | other.expected)
    yield trajectory


def _bits(case: Case, runner: RemoteRunner) -> Step:
    runner.load(case.kinked)
    return Step(1, runner.params(), case.kinked)


def _scores(case: Case, runner: RemoteRunner) -> Step:
    batch = case.batch(0)
    expected = case.scores(case.kinked, batch)
    return Step(2, {"scores": runner.scores(batch)}, {"scores": expected})


def _gradients(case: Case, runner: RemoteRunner) -> Step:
    """Gradients at kinks, for pairs; at a smooth point, for the reference."""
    loss, gradients = runner.gradients(case.batch(0))
    found = {"loss": np.array(loss)} | gradients
    expected = {"loss": case.objective(case.kinked, case.batch(0))["loss"]}
    runner.load(case.smooth)
    loss, gradients = runner.gradients(case.batch(1))
    found |= {"loss, smooth": np.array(loss)}
    expected |= {
        "loss, smooth": case.objective(case.smooth, case.batch(1))["loss"]
    }
    slopes = oracle.project(gradients, case.along)
    found |= {f"{name}, along": slope for name, slope in slopes.items()}
    expected |= {f"{n}, along": slope for n, slope in case.slopes.items()}
    return Step(3, found, expected)


def _steps(case: Case, runner: RemoteRunner, setting: Setting) -> Step:
    """Parameters after one step, and how far ten have moved them.

    The reference steps by the same gradients: rung 3 has held those.
    """
    batches = [case.batch(seed) for seed in range(STEPS)]
    runner.load(case.smooth)
    runner.train_steps(batches[:1])  # what `load` must make forgotten
    runner.load(case.kinked)
    gradients, after = [], {}
    for number, batch in enumerate(batches, 1):
        gradients.append(runner.gradients(batch)[1])
        runner.train_steps([batch])
        if number in (1, STEPS):
            after[number] = runner.params()
    expected = {
        number: oracle.train(case.kinked, gradients[:number], setting)
        for number in after
    }
    return Step(
        4,
        _effects(case.kinked, after, setting.optimiser),
        _effects(case.kinked, expected, setting.optimiser),
    )


def _effects(start: Params, after: dict[int, Params], rule: str) -> Params:
    one = {f"{name}, 1 {rule}": value for name, value in after[1].items()}
    return one | {
        f"{name}, effect of {STEPS} {rule}": np.float64(value) - start[name]
        for name, value in after[STEPS].items()
    }


def _trajectory(case: Case, runner: RemoteRunner) -> Step:
    """Losses of training, then of evaluation; the reference evaluates."""
    runner.load(case.smooth)
    batches = [case.batch(seed % 5) for seed in range(TRAJECTORY)]
    steps = runner.train_steps(batches)
    held = case.batch(7)
    loss, accuracy = runner.eval_steps([held])[0]
    found = {
        "evaluation loss": np.array(loss),
        "evaluation accuracy": np.array(accuracy),
        "evaluation scores": runner.scores(held),
    }
    params = runner.params()
    after = case.objective(params, held)
    expected = {
        "evaluation loss": after["loss"],
        "evaluation accuracy": after["accuracy"],
        "evaluation scores": case.scores(params, held),
    }
    start = case.objective(case.smooth, batches[0])
    found |= {"losses": steps[:, 0], "accuracies": steps[:, 1]}
    found |= {"first loss": steps[0, 0], "first accuracy": steps[0, 1]}
    expected |= {f"first {name}": value for name, value in start.items()}
    return Step(6, found, expected)


def _double(params: Params) -> Params:
    """At least float64; complex numbers stay what they are."""
    return {
        name: np.asarray(value, np.result_type(value, np.float64))
        for name, value in params.items()
    }
