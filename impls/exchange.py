"""What every Runner asks of parameters and settings before it starts."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from impls.interface import Batch, Params, Setting, Shape

OBJECTIVES = ("binary_cross_entropy", "cross_entropy", "mse")
OPTIMIZERS = ("adam", "sgd")
PRECISIONS = ("bfloat16", "float32", "float64")


def check_setting(setting: Setting, modes: tuple[str, ...]) -> None:
    """Raise ValueError for a setting that no framework could run."""
    one_of("mode", setting.mode, modes)
    one_of("objective", setting.objective, OBJECTIVES)
    one_of("optimizer", setting.optimizer, OPTIMIZERS)
    one_of("precision", setting.precision, PRECISIONS)
    if setting.max_grad_norm is not None and not setting.max_grad_norm > 0:
        raise ValueError(
            f"max_grad_norm {setting.max_grad_norm}: expected a number above 0, "
            "or null for no limit"
        )


def check_loop(mode: str, layers: Iterable[Any]) -> None:
    """Raise ValueError for mode `loop` of what has no layer that loops."""
    looped = (
        kind.__module__.startswith("impls.sequences.")
        for layer in layers
        for kind in type(layer).__mro__
    )
    if mode == "loop" and not any(looped):
        raise ValueError(
            "mode 'loop': expected a model with a layer of impls/sequences, "
            "whose steps it writes out; take another mode"
        )


def check_rate(rate: float) -> None:
    """Raise ValueError unless it is a number of at least 0."""
    if not 0 <= rate < np.inf:
        raise ValueError(f"rate {rate}: expected a number of at least 0")


def one_of(what: str, value: str, possible: tuple[str, ...]) -> None:
    """Raise ValueError unless `value` is possible."""
    if value not in possible:
        raise ValueError(
            f"{what} {value!r}: expected one of {', '.join(possible)}"
        )


def check_dropout(share: float) -> None:
    """Raise ValueError for a share that is none, or leaves nothing."""
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


def check_names(names: Iterable[str], shapes: dict[str, Shape]) -> None:
    """Raise ValueError for a name that the model does not have."""
    unknown = [name for name in names if name not in shapes]
    if unknown:
        raise ValueError(
            f"parameters {unknown}: unknown; the model has {list(shapes)}"
        )


def check_targets(batch: Batch, objective: str = "cross_entropy") -> None:
    """Raise ValueError unless targets are what the objective compares.

    Class numbers, one per example or one for each of its steps; of a
    reconstruction an array for each example. A weight for every target.
    """
    shape, size = np.shape(batch.targets), len(batch.inputs[0])
    if objective == "mse":
        if len(shape) < 2 or shape[0] != size:
            raise ValueError(
                f"targets {shape}: expected ({size}, ...), what each of "
                f"{size} examples is to be reconstructed as"
            )
        return
    if not _fits(batch, shape, size, objective):
        raise ValueError(
            f"targets {shape}: expected ({size},) class numbers; pass "
            "labels, not one-hot rows. One for every step takes weights "
            f"of the same shape, and has {np.shape(batch.weights)}"
        )


def _fits(batch: Batch, shape: Shape, size: int, objective: str) -> bool:
    if shape == (size,):
        return True
    several = objective == "cross_entropy" and shape[:1] == (size,)
    return several and np.shape(batch.weights) == shape


def check_generate(
    model: Any, batch: Batch, length: int, width: int, noise: Any
) -> None:
    """Raise ValueError for what `Runner.generate` cannot do."""
    if not hasattr(model, "step"):
        raise ValueError("this model has no `step`: it cannot generate")
    if length < 1 or width < 1:
        raise ValueError(
            f"length {length}, width {width}: expected at least 1 of both"
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
    """What `Runner.memory` answers: bytes, or None with the reason."""
    return {"peak_bytes": peak, "reserved_bytes": reserved, "reason": reason}


def static(
    size: int | None = None, reason: str | None = None
) -> dict[str, Any]:
    """What `Runner.static_bytes` answers: bytes, or None with the reason."""
    return {"static_bytes": size, "reason": reason}
