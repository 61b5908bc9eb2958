"""Checks of settings, parameters and batches that all Runners share."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from impls.interface import Batch, Params, Setting, Shape, Spec

OBJECTIVES = ("binary_cross_entropy", "cross_entropy", "mse")
OPTIMIZERS = ("adam", "adamw", "sgd")
PRECISIONS = ("bfloat16", "float32", "float64")


def check_setting(setting: Setting, modes: tuple[str, ...], spec: Spec) -> None:
    """Raise ValueError for a setting that the framework cannot run."""
    one_of("mode", setting.mode, modes)
    one_of("objective", setting.objective, OBJECTIVES)
    one_of("optimizer", setting.optimizer, OPTIMIZERS)
    one_of("precision", setting.precision, PRECISIONS)
    if setting.max_grad_norm is not None and not setting.max_grad_norm > 0:
        raise ValueError(
            f"max_grad_norm {setting.max_grad_norm}: expected a number "
            "above 0, or null for no limit"
        )
    check_decay(setting.weight_decay, setting.optimizer)
    check_smoothing(setting.label_smoothing, setting.objective)
    if setting.mode == "loop" and not spec.unrolled:
        raise ValueError(
            "mode 'loop': expected a model whose Spec is `unrolled`, with an "
            "LSTM of impls/sequences; choose another mode"
        )


def check_decay(decay: float, optimizer: str) -> None:
    """Raise ValueError for a weight decay that the optimizer does not have."""
    if not 0 <= decay < np.inf or (decay and optimizer != "adamw"):
        raise ValueError(
            f"weight_decay {decay} of optimizer {optimizer!r}: expected 0, "
            "or a number above 0 with optimizer 'adamw'"
        )


def check_smoothing(share: float, objective: str) -> None:
    """Raise ValueError for label smoothing that the objective cannot have."""
    if not 0 <= share < 1 or (share and objective != "cross_entropy"):
        raise ValueError(
            f"label_smoothing {share} of objective {objective!r}: expected 0, "
            "or a share below 1 with objective 'cross_entropy'"
        )


def check_learning_rate(rate: float) -> None:
    """Raise ValueError unless `rate` is a finite number of at least 0."""
    if not 0 <= rate < np.inf:
        raise ValueError(
            f"learning_rate {rate}: expected a number of at least 0"
        )


def one_of(what: str, value: str, possible: tuple[str, ...]) -> None:
    """Raise ValueError unless `value` is one of the possible ones."""
    if value not in possible:
        raise ValueError(
            f"{what} {value!r}: expected one of {', '.join(possible)}"
        )


def check_dropout(share: float) -> None:
    """Raise ValueError unless the share is at least 0 and below 1."""
    if not 0 <= share < 1:
        raise ValueError(f"dropout {share}: expected a share from 0 to below 1")


def check_params(params: Params, shapes: dict[str, Shape]) -> None:
    """Raise ValueError naming what is missing, unknown or misshapen."""
    check_names(params, shapes)
    missing = [name for name in shapes if name not in params]
    if missing:
        raise ValueError(f"parameters {missing}: missing; load all at once")
    for name, shape in shapes.items():
        if np.shape(params[name]) != shape:
            raise ValueError(
                f"parameter {name!r} {np.shape(params[name])}: expected "
                f"{shape}, the canonical layout of impls/<model>/spec.py"
            )


def check_model(actual: dict[str, Shape], shapes: dict[str, Shape]) -> None:
    """Raise ValueError where an implementation is not what its Spec says.

    actual: parameter -> its shape in the canonical layout.
    """
    problems = [f"{name}: missing" for name in shapes if name not in actual]
    problems += [
        f"{name} {shape}: "
        + (f"expected {shapes[name]}" if name in shapes else "unknown")
        for name, shape in actual.items()
        if shapes.get(name) != shape
    ]
    if problems:
        raise ValueError(
            f"parameters of the implementation: {'; '.join(problems)}. "
            "Names and shapes are those of impls/<model>/spec.py"
        )


def check_names(names: Iterable[str], shapes: dict[str, Shape]) -> None:
    """Raise ValueError for a name that the model does not have."""
    unknown = [name for name in names if name not in shapes]
    if unknown:
        raise ValueError(
            f"parameters {unknown}: unknown; the model has {list(shapes)}"
        )


def check_targets(batch: Batch, objective: str = "cross_entropy") -> None:
    """Raise ValueError unless the targets fit the objective.

    Class numbers, one per example or one per step of it; for `mse` an array
    per example. Every target has a weight.
    """
    shape, size = np.shape(batch.targets), len(batch.inputs[0])
    if objective == "mse":
        if len(shape) < 2 or shape[0] != size:
            raise ValueError(
                f"targets {shape}: expected ({size}, ...), the array "
                "that each example is to be reconstructed as"
            )
        return
    if not _fits(batch, shape, size, objective):
        raise ValueError(
            f"targets {shape}: expected ({size},) class numbers; pass "
            "labels, not one-hot rows. Targets of every step need weights "
            f"of the same shape, not {np.shape(batch.weights)}"
        )


def _fits(batch: Batch, shape: Shape, size: int, objective: str) -> bool:
    if shape == (size,):
        return True
    several = objective == "cross_entropy" and shape[:1] == (size,)
    return several and np.shape(batch.weights) == shape


def check_generate(
    spec: Spec, batch: Batch, length: int, width: int, noise: Any
) -> None:
    """Raise ValueError for arguments that `Runner.generate` cannot use."""
    if not spec.decodes:
        raise ValueError("this model has no `step`: it cannot generate")
    if length < 1 or width < 1:
        raise ValueError(
            f"length {length}, width {width}: expected at least 1 of both"
        )
    longest = spec.longest()
    if longest is not None and length > longest:
        raise ValueError(
            f"length {length}: this model's cache has places for "
            f"{longest} symbols; generate fewer, or raise "
            "max_new_tokens of its Spec"
        )
    if noise is None:
        return
    if width > 1:
        raise ValueError(
            f"noise with a beam of width {width}: a sample has width 1"
        )
    shape, leading = np.shape(noise), (len(batch.inputs[0]), length)
    if len(shape) != 3 or shape[:2] != leading:
        raise ValueError(
            f"noise {shape}: expected {(*leading, 'vocab')}, one number for "
            "every logit"
        )


def memory(
    peak: int | None = None,
    reserved: int | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """The result of `Runner.memory`: bytes, or None with the reason."""
    return {"peak_bytes": peak, "reserved_bytes": reserved, "reason": reason}


def static(
    size: int | None = None, reason: str | None = None
) -> dict[str, Any]:
    """The result of `Runner.static_bytes`: bytes, or None with a reason."""
    return {"static_bytes": size, "reason": reason}
