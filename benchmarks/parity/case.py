"""The inputs of the parity checks and what the NumPy reference computes.

Sizes are odd and pairwise different (`impls/<model>/parity.json`), so that a
missing transpose becomes a shape error. Zeros occur on purpose only: `kinked`
parameters put maxima into ties and ReLUs onto zero.
"""

import json
from collections.abc import Iterable
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import impls
from benchmarks.errors import UserError
from benchmarks.parity import reference
from benchmarks.parity.result import Result
from impls.interface import Batch, Params, Setting, Shape, Spec, trained

CHECKS = (
    "names and shapes",
    "logits",
    "gradients",
    "optimizer steps",
    "training mode",  # where it differs from evaluation
    "trajectory",
)
State = tuple[np.ndarray, ...]  # recurrent, from batch to batch
IMPLS = Path(impls.__file__).parent
KEPT = 0.6  # the share of units that a mask keeps
FAR = np.float32(100)  # factor of `mse` targets, else gradients vanish


def fixture(name: str) -> dict[str, Any]:
    """The content of a model's `parity.json`: sizes, batch, float32 floors.

    name: a model, or a variant of one such as `cnn average`, with sizes and
    floors of its own. Raises UserError if the file is missing.
    """
    model, _, variant = name.partition(" ")
    path = IMPLS / model / "parity.json"
    if not path.is_file():
        raise UserError(
            f"impls/{model}/parity.json: missing. Write it with odd sizes, "
            'no two alike: {"batch": 15, "sizes": {...}, "floors": {}}'
        )
    content = dict(json.loads(path.read_text()))
    if variant:
        content["sizes"] |= content["variants"][variant]
        content["floors"] = content.get("variant_floors", {}).get(variant, {})
    return content


def variants(models: Iterable[str] = impls.MODELS) -> list[str]:
    """The names of all models, each followed by its variants."""
    names = []
    for model in models:
        keys = fixture(model).get("variants", ())
        names += [model, *(f"{model} {key}" for key in keys)]
    return names


def checks(name: str) -> tuple[str, ...]:
    """The checks of a model; training mode only if it differs."""
    spec = Case(name, "float64").spec
    if spec.training_mode or spec.state():
        return CHECKS
    return tuple(check for check in CHECKS if check != "training mode")


class Case:
    """The inputs of one model in one precision, for all implementations."""

    def __init__(self, name: str, precision: str, seed: int = 0) -> None:
        """name: of a model, or of its variant."""
        content = fixture(name)
        self.name = name
        self.precision = precision
        self.seed = seed
        self.model = name.partition(" ")[0]
        self.equations: Any = import_module(f"impls.{self.model}.reference")
        self.spec: Spec = impls.spec(self.model)(**content["sizes"])
        self.size: int = content["batch"]
        # None: by the logits' shape
        self.objective: str | None = content.get("objective")
        self.label_smoothing: float = content.get("label_smoothing", 0.0)
        self.optimizer: str = content.get("optimizer", "adam")
        # Of kernels: deep sigmoids need more
        self.spread: float = content.get("spread", 1)
        # Whether plain descent is checked beside Adam: its rule is the same
        # in every model, so that one of each kind of layer suffices
        self.descends: bool = content.get("descent", False)
        # Clips in some steps
        self.max_grad_norm: float | None = content.get("max_grad_norm")

    def setting(self, optimizer: str = "", mode: str = "") -> Setting:
        """Values that are no library's defaults; epsilon has an effect."""
        optimizer = optimizer or self.optimizer
        usual = "binary_cross_entropy" if self.outputs == 1 else "cross_entropy"
        return Setting(
            objective=self.objective or usual,
            label_smoothing=self.label_smoothing,
            optimizer=optimizer,
            learning_rate=0.5 if optimizer == "sgd" else 0.01,
            weight_decay=0.3 if optimizer == "adamw" else 0.0,
            beta1=0.8,
            beta2=0.95,
            epsilon=1e-3,
            max_grad_norm=self.max_grad_norm,
            mode=mode,
            precision=self.precision,
        )

    @cached_property
    def smooth(self) -> Params:
        """Parameters at which the loss is differentiable."""
        random = np.random.default_rng((self.seed, 1))
        return {
            name: self._parameter(name, shape, random)
            for name, shape in self.spec.shapes().items()
        }

    @cached_property
    def kinked(self) -> Params:
        """Parameters with two constant units per layer: above 0, and 0.

        Every maximum over places of such a unit is a tie. In a norm the scale
        makes them constant.
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
        """Random inputs with a part of zeros; every fifth target is invalid.

        With masks of its own if the model has dropout. Lengths, and weights
        of padding (0), are unchanged.
        """
        example = self.spec.example(self.size, 100 * self.seed + seed)
        for array in example.inputs:
            if array.ndim > 1:
                part = (slice(n // 3) for n in array.shape[1:])
                array[(slice(None), *part)] = 0
        if self.objective == "mse":
            example = example._replace(targets=example.targets * FAR)
        if self.spec.state():  # every stream starts in this batch
            inputs = *example.inputs[:-1], np.ones(self.size, np.float32)
            example = example._replace(inputs=inputs)
        shape = example.weights.shape
        kept = np.arange(example.weights.size).reshape(shape) % 5 != 2
        weights = example.weights * np.float32(kept)
        random = np.random.default_rng((self.seed, seed, 2))
        masks = {
            path: np.float32(random.random((self.size, *shape)) < KEPT)
            for path, shape in self.spec.masks().items()
        }
        return example._replace(weights=weights, masks=masks or None)

    def window(self, seed: int) -> Batch:
        """A batch that continues streams; every third starts anew."""
        batch = self.batch(seed)
        fresh = np.float32((np.arange(self.size) + seed) % 3 == 0)
        return batch._replace(inputs=(*batch.inputs[:-1], fresh))

    def zero_state(self) -> State:
        """The recurrent state before the first window."""
        shapes = self.spec.state().values()
        return tuple(np.zeros((self.size, *shape)) for shape in shapes)

    def final_state(self, params: Params, batch: Batch, state: State) -> State:
        """The reference's recurrent state after a window."""
        final: State = self.equations.final_state(
            self.spec, _double(params), *batch.inputs, state
        )
        return final

    @cached_property
    def outputs(self) -> int:
        """Number of logits; 1 is a binary classification."""
        return int(self.logits(self.smooth, self.batch(0)).shape[-1])

    def logits(self, params: Params, batch: Batch, *state: State) -> np.ndarray:
        """The reference's logits in evaluation mode, float64.

        state: the recurrent state before the batch; zeros by default.
        """
        logits: np.ndarray = self.equations.logits(
            self.spec, _double(params), *batch.inputs, *state
        )
        return logits

    def training(
        self, params: Params, batch: Batch
    ) -> tuple[np.ndarray, Params]:
        """The reference's logits and running statistics in training mode."""
        if not self.spec.training_mode:
            return self.logits(params, batch), {}
        logits, after = self.equations.training(
            self.spec, _double(params), *batch.inputs, masks=batch.masks
        )
        return logits, dict(after)

    def metrics(
        self,
        params: Params,
        batch: Batch,
        training: bool = False,
        *state: State,
    ) -> Params:
        """Loss and accuracy by the reference; no accuracy if it is NaN."""
        logits = (
            self.training(params, batch)[0]
            if training
            else self.logits(params, batch, *state)
        )
        smoothing = self.label_smoothing * training
        rule = batch, self.objective, smoothing
        loss, accuracy = reference.objective(logits, *rule)
        metrics = {"loss": np.array(loss)}
        if not np.isnan(accuracy):
            metrics["accuracy"] = np.array(accuracy)
        return metrics

    @cached_property
    def directions(self) -> Params:
        """Random directions that gradients are projected on."""
        moving = {name: self.smooth[name] for name in trained(self.smooth)}
        return reference.directions(moving, 3, self.seed)

    @cached_property
    def slopes(self) -> Params:
        """The reference's derivatives along them, in training mode."""
        return self.derivatives(self.smooth, self.batch(1), True)

    @cached_property
    def other_slopes(self) -> Params:
        """Derivatives for another batch, with masks of its own."""
        return self.derivatives(self.smooth, self.batch(2), True)

    @cached_property
    def frozen_slopes(self) -> Params:
        """Derivatives for that batch, normalized by running statistics."""
        return self.derivatives(self.smooth, self.batch(2), False)

    def add_slopes(
        self, result: Result, suffix: str, gradients: Params, slopes: Params
    ) -> None:
        """Add gradients along the directions, and the reference's slopes."""
        directions = {name: self.directions[name] for name in slopes}
        projected = reference.project(gradients, directions)
        for name, slope in slopes.items():
            result.add(f"{name}, {suffix}", projected[name], slope)

    def derivatives(
        self, params: Params, batch: Batch, training: bool, *state: State
    ) -> Params:
        """The reference's derivatives along all directions."""

        def loss(moved: Params) -> np.ndarray:
            return self.metrics(moved, batch, training, *state)["loss"]

        return reference.derivatives(loss, _double(params), self.directions)

    def _parameter(
        self, name: str, shape: Shape, random: np.random.Generator
    ) -> np.ndarray:
        inputs = int(np.prod(shape[:-1])) if "kernel" in name else 4
        value = random.normal(size=shape) * 1.2 / np.sqrt(inputs)
        if "kernel" in name:
            value *= self.spread
        if name.endswith(".variance"):
            value = np.abs(value) + 0.5
        return value.astype(self.precision)


def _double(params: Params) -> Params:
    """Parameters as float64; complex numbers stay complex."""
    return {
        name: np.asarray(value, np.result_type(value, np.float64))
        for name, value in params.items()
    }
