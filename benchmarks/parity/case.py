"""One model at one point: sizes, parameters, batches; what NumPy says of it.

Sizes are odd and pairwise different (`impls/<model>/parity.json`), so that
a missing transpose is an error of shapes. Nothing is zero unless it is
meant to be: `kinked` parameters put maxima into ties and ReLUs onto zero.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import impls
from benchmarks.errors import UserError
from benchmarks.parity import reference as oracle
from impls import interface
from impls.interface import Batch, Params, Setting

RUNGS = (1, 2, 3, 4, 5, 6)
State = tuple[np.ndarray, ...]  # what is carried from batch to batch
IMPLS = Path(impls.__file__).parent
KEPT = 0.6  # the share of units that a mask keeps
FAR = np.float32(100)  # times as large is what is to be reconstructed


def facts(name: str) -> dict[str, Any]:
    """What the ladder knows of a model: sizes, batch, floors by rung.

    `cnn average` is a variant: some sizes are others, and so are floors.
    Raises UserError where nobody has said it.
    """
    model, _, variant = name.partition(" ")
    path = IMPLS / model / "parity.json"
    if not path.is_file():
        raise UserError(
            f"impls/{model}/parity.json: missing. Write it with odd sizes, "
            'no two alike: {"batch": 15, "sizes": {...}, "floors": {}}'
        )
    known = dict(json.loads(path.read_text()))
    if variant:
        known["sizes"] |= known["variants"][variant]
        known["floors"] = known.get("variant_floors", {}).get(variant, {})
    return known


def variants(models: Iterable[str] = impls.MODELS) -> list[str]:
    """Every model, and after it its variants: what climbs the ladder."""
    return [
        name
        for model in models
        for name in (
            model,
            *(f"{model} {one}" for one in facts(model).get("variants", {})),
        )
    ]


def rungs(name: str) -> tuple[int, ...]:
    """All but the fifth, where a model's training is as its evaluation.

    And carries nothing from one batch to the next.
    """
    reference = _reference(name)
    trains = hasattr(reference, "training") or hasattr(reference, "carried")
    return RUNGS if trains else tuple(rung for rung in RUNGS if rung != 5)


def statistics(name: str) -> list[str]:
    """Names of a model's running means and variances."""
    shapes = Case(name, "float64").spec.shapes()
    moving = interface.trained(shapes)
    return [name for name in shapes if name not in moving]


def carries(name: str) -> bool:
    """Whether a model goes on from the state of the batch before."""
    return bool(interface.carried(Case(name, "float64").spec))


def _reference(name: str) -> Any:
    return import_module(f"impls.{name.partition(' ')[0]}.reference")


@dataclass(frozen=True)
class Case:
    """One model at one point, in one precision; the same for all columns."""

    name: str  # of a model, or of its variant
    precision: str
    seed: int = 0
    model: str = field(init=False)
    size: int = field(init=False)
    spec: Any = field(init=False)
    kind: str | None = field(init=False)  # an objective, where it is said
    spread: float = field(init=False)  # of kernels: sigmoids in depth want more
    clip: float | None = field(init=False)  # of gradients: acts in some steps

    def __post_init__(self) -> None:
        known = facts(self.name)
        model = self.name.partition(" ")[0]
        for name, value in (
            ("model", model),
            ("size", known["batch"]),
            ("spec", impls.spec(model)(**known["sizes"])),
            ("kind", known.get("objective")),
            ("spread", known.get("spread", 1)),
            ("clip", known.get("clip")),
        ):
            object.__setattr__(self, name, value)

    def setting(self, optimiser: str = "adam", mode: str = "") -> Setting:
        """No value is a default of any library, and epsilon can be seen."""
        usual = "binary" if self.outputs == 1 else "classes"
        return Setting(
            objective=self.kind or usual,
            optimiser=optimiser,
            rate=0.01 if optimiser == "adam" else 0.5,
            beta1=0.8,
            beta2=0.95,
            epsilon=1e-3,
            clip=self.clip,
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
        that saw different things. A norm makes them so by its scale.
        """
        params = {name: value.copy() for name, value in self.smooth.items()}
        for name, weight in params.items():
            layer, _, leaf = name.rpartition(".")
            recurrent = f"{layer}.recurrent_kernel" in params
            bias = params.get(f"{layer}.bias", np.zeros(0))
            if leaf in ("kernel", "scale") and not recurrent and len(bias) > 3:
                weight[..., :2] = 0
                bias[:2] = 0.5, 0
        return params

    def batch(self, seed: int) -> Batch:
        """Random, a part all zeros, and every fifth target not valid.

        With masks of its own, where the model has dropout. Lengths stay,
        and so do weights of padding, zeros.
        """
        example = self.spec.example(self.size, 100 * self.seed + seed)
        for array in example.inputs:
            if array.ndim > 1:
                part = (slice(n // 3) for n in array.shape[1:])
                array[(slice(None), *part)] = 0
        if self.kind == "reconstruction":  # else its gradients are nothing
            example = example._replace(targets=example.targets * FAR)
        if interface.carried(self.spec):  # but nothing here goes on
            inputs = *example.inputs[:-1], np.ones(self.size, np.float32)
            example = example._replace(inputs=inputs)
        shape = example.weights.shape
        kept = np.arange(example.weights.size).reshape(shape) % 5 != 2
        weights = example.weights * np.float32(kept)
        random = np.random.default_rng((self.seed, seed, 2))
        masks = {
            path: np.float32(random.random((self.size, *shape)) < KEPT)
            for path, shape in interface.masks(self.spec).items()
        }
        return example._replace(weights=weights, masks=masks or None)

    def window(self, seed: int) -> Batch:
        """A batch that goes on; every third example starts anew."""
        batch = self.batch(seed)
        fresh = np.float32((np.arange(self.size) + seed) % 3 == 0)
        return batch._replace(inputs=(*batch.inputs[:-1], fresh))

    def nothing(self) -> State:
        """What is carried into the first window: zeros."""
        shapes = interface.carried(self.spec).values()
        return tuple(np.zeros((self.size, *shape)) for shape in shapes)

    def carried(self, params: Params, batch: Batch, state: State) -> State:
        """What the reference carries out of a window."""
        found: State = _reference(self.name).carried(
            self.spec, _double(params), *batch.inputs, state
        )
        return found

    @cached_property
    def outputs(self) -> int:
        """Scores of one example: one means yes or no."""
        return int(self.scores(self.smooth, self.batch(0)).shape[-1])

    def scores(self, params: Params, batch: Batch, *state: State) -> np.ndarray:
        """What the model's reference says, in float64; in evaluation.

        `state`: what is carried into the batch, zeros by itself.
        """
        found: np.ndarray = _reference(self.name).scores(
            self.spec, _double(params), *batch.inputs, *state
        )
        return found

    def training(
        self, params: Params, batch: Batch
    ) -> tuple[np.ndarray, Params]:
        """Its scores in training, and running statistics after it."""
        reference = _reference(self.name)
        if not hasattr(reference, "training"):
            return self.scores(params, batch), {}
        scores, after = reference.training(
            self.spec, _double(params), *batch.inputs, masks=batch.masks
        )
        return scores, dict(after)

    def objective(
        self,
        params: Params,
        batch: Batch,
        training: bool = False,
        *state: State,
    ) -> Params:
        """Loss and accuracy by the reference; no accuracy where it is NaN."""
        scores = (
            self.training(params, batch)[0]
            if training
            else self.scores(params, batch, *state)
        )
        loss, accuracy = oracle.objective(scores, batch, self.kind)
        found = {"loss": np.array(loss)}
        if not np.isnan(accuracy):
            found["accuracy"] = np.array(accuracy)
        return found

    @cached_property
    def along(self) -> Params:
        """Directions that gradients are projected on."""
        moving = {n: self.smooth[n] for n in interface.trained(self.smooth)}
        return oracle.directions(moving, 3, self.seed)

    @cached_property
    def slopes(self) -> Params:
        """The reference's derivatives along them, in training."""
        return self._slopes(1, True)

    @cached_property
    def other_slopes(self) -> Params:
        """Those of another batch, with masks of its own."""
        return self._slopes(2, True)

    @cached_property
    def frozen_slopes(self) -> Params:
        """Those of that batch where running statistics are taken."""
        return self._slopes(2, False)

    def _slopes(self, seed: int, training: bool) -> Params:
        return self.derivatives(self.smooth, self.batch(seed), training)

    def derivatives(
        self, params: Params, batch: Batch, training: bool, *state: State
    ) -> Params:
        """The reference's, along all directions, at some parameters."""

        def loss(moved: Params) -> np.ndarray:
            return self.objective(moved, batch, training, *state)["loss"]

        return oracle.derivatives(loss, _double(params), self.along)

    def _parameter(
        self, name: str, shape: tuple[int, ...], random: np.random.Generator
    ) -> np.ndarray:
        inputs = int(np.prod(shape[:-1])) if "kernel" in name else 4
        value = random.normal(size=shape) * 1.2 / np.sqrt(inputs)
        if "kernel" in name:
            value *= self.spread
        if name.endswith(".variance"):
            value = np.abs(value) + 0.5
        return value.astype(self.precision)


def _double(params: Params) -> Params:
    """At least float64; complex numbers stay what they are."""
    return {
        name: np.asarray(value, np.result_type(value, np.float64))
        for name, value in params.items()
    }
