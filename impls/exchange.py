"""What every Runner asks of parameters and settings before it starts."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from impls.interface import Batch, Params, Setting, Shape

OBJECTIVES = ("binary", "classes", "reconstruction")
OPTIMISERS = ("adam", "sgd")
PRECISIONS = ("bfloat16", "float32", "float64")


def check_setting(setting: Setting, modes: tuple[str, ...]) -> None:
    """Raise ValueError for a setting that no framework could run."""
    one_of("mode", setting.mode, modes)
    one_of("objective", setting.objective, OBJECTIVES)
    one_of("optimiser", setting.optimiser, OPTIMISERS)
    one_of("precision", setting.precision, PRECISIONS)


def one_of(what: str, value: str, possible: tuple[str, ...]) -> None:
    """Raise ValueError unless `value` is possible."""
    if value not in possible:
        raise ValueError(
            f"{what} {value!r}: expected one of {', '.join(possible)}"
        )


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


def check_targets(batch: Batch, objective: str = "classes") -> None:
    """Raise ValueError unless targets are what the objective compares.

    Class numbers, one per example; of a reconstruction an array for each.
    """
    shape, size = np.shape(batch.targets), len(batch.inputs[0])
    if objective == "reconstruction":
        if len(shape) < 2 or shape[0] != size:
            raise ValueError(
                f"targets {shape}: expected ({size}, ...), what each of "
                f"{size} examples is to be reconstructed as"
            )
        return
    if shape != (size,):
        raise ValueError(
            f"targets {shape}: expected ({size},) class numbers; pass "
            "labels, not one-hot rows"
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
