"""Whether a model's sizes and a data set's prepared arrays fit each other."""

from collections.abc import Iterator
from typing import Any

import numpy as np

import impls
from benchmarks.config import phases
from benchmarks.data.splits import Description, divide, mapped, sizes
from benchmarks.errors import UserError
from impls.interface import Spec


def check_fit(workload: dict[str, Any], description: Description) -> None:
    """Hold the model's sizes against the prepared arrays.

    Of every phase. Raises UserError: an image of another shape would only
    fail later, and a word id outside of the vocabulary would train to NaN
    unseen.
    """
    for name, phase in phases.of(workload).items():
        key = f"workload.phases.{name}" if name else "workload"
        _check_fit(key, phase, description)


def _check_fit(
    key: str, workload: dict[str, Any], description: Description
) -> None:
    spec = impls.spec(workload["model"])(**workload["spec"])
    example = spec.example(1)
    split = description["splits"]["train"]
    inputs = [mapped(path) for path in split["inputs"]]
    name = description["name"]
    expected = [np.asarray(array).shape[1:] for array in example.inputs]
    came = [array.shape[1:] for array in inputs]
    if workload.get("buckets") and not (
        split.get("times") or split.get("lengths")
    ):
        raise UserError(
            f"{key}.buckets={list(workload['buckets'])}: examples of {name}"
            " tell no length. Expected []."
        )
    if window := workload.get("window"):
        _check_stream(key, window, inputs, name)
        _check_text(key, workload, description)
        came = [(window,), ()]  # tokens, and where a stream starts
    if not all(map(_fits, expected, came)) or len(expected) != len(came):
        raise UserError(
            f"{key}.spec: {workload['model']} of these sizes takes"
            f" {_shapes(expected)}, an example of {name} is"
            f" {_shapes(came)}."
        )
    targets = mapped(split["targets"])
    _check_classes(key, workload, targets, name)
    classes = workload.get("classes")
    most = len(classes) - 1 if classes else int(targets.max())
    for size, highest in _highest(spec, inputs, most):
        limit = workload["spec"].get(size, getattr(spec, size, None))
        if limit is not None and limit <= highest:
            raise UserError(
                f"{key}.spec.{size}={limit}: {name} counts up to"
                f" {highest}, expected at least {highest + 1}."
            )


def _highest(
    spec: Spec, inputs: list[np.ndarray], most: int
) -> Iterator[tuple[str, int]]:
    """Sizes of a model, each with the highest number that it has to bound.

    most: the highest target. A model of several inputs says in `bounds`
    which size bounds which; its last one bounds the targets too, unless it
    has `classes`.
    """
    if not hasattr(spec, "bounds"):
        yield "vocab", max(int(array.max()) for array in inputs)
        yield "classes", most
        return
    bounds = spec.bounds()
    for size, number in bounds.items():
        yield size, int(inputs[number].max())
    yield "classes" if hasattr(spec, "classes") else list(bounds)[-1], most


def _check_stream(
    key: str, window: int, inputs: list[np.ndarray], name: str
) -> None:
    """Raise UserError for windows of what is no stream."""
    if [array.ndim for array in inputs] != [1]:
        raise UserError(
            f"{key}.window={window}: examples of {name} are"
            f" {_shapes([array.shape[1:] for array in inputs])}, expected a"
            f" stream of single symbols; leave window out."
        )


def _check_text(
    key: str, workload: dict[str, Any], description: Description
) -> None:
    """Raise UserError for a part that is shorter than a window of each stream.

    It would show when that part is read, after the training perhaps.
    """
    parts = sizes(divide(workload, description))
    for part, size in parts.items():
        batch = "batch" if part == "train" else "evaluation_batch"
        count = workload.get(batch) or workload["batch"]
        needed = count * workload["window"]
        if part in description["splits"] and size < needed:
            raise UserError(
                f"{key}.window={workload['window']} {key}.{batch}={count}:"
                f" {description['name']} has {size:,} {part} steps, expected"
                f" at least {needed:,}, a window of each of {count} streams."
            )


def _check_classes(
    key: str, workload: dict[str, Any], targets: np.ndarray, name: str
) -> None:
    """Raise UserError for classes, or examples of them, that are not there."""
    wanted = workload.get("per_class") or 1
    classes = workload.get("classes")
    if classes is None and workload.get("per_class") is None:
        return
    for one in np.unique(targets) if classes is None else classes:
        found = int(np.count_nonzero(targets == one))
        if not found:
            raise UserError(
                f"{key}.classes: {name} has no class {one}, expected some of"
                f" 0 to {targets.max()}."
            )
        if found < wanted:
            raise UserError(
                f"{key}.per_class={wanted}: {name} has {found} training"
                f" examples of class {one}."
            )


def _fits(expected: tuple[int, ...], came: tuple[int, ...]) -> bool:
    # Recurrent models take sequences of any length
    return expected == came or len(expected) == len(came) == 1


def _shapes(shapes: list[tuple[int, ...]]) -> str:
    told = (" x ".join(map(str, shape)) or "one" for shape in shapes)
    return " and ".join(told)
