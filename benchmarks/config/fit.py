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
    """Check the sizes of every phase's model against the prepared arrays.

    Raises UserError: an image of another shape would fail later, and a word
    id outside of the vocabulary would train to NaN.
    """
    for name, phase in phases.of(workload).items():
        key = f"workload.phases.{name}" if name else "workload"
        _check_phase(key, phase, description)


def _check_phase(
    key: str, workload: dict[str, Any], description: Description
) -> None:
    spec = impls.spec(workload["model"])(**workload["spec"])
    example = spec.example(1)
    split = description["splits"]["train"]
    inputs = [mapped(path) for path in split["inputs"]]
    name = description["name"]
    expected = [np.asarray(array).shape[1:] for array in example.inputs]
    shapes = [array.shape[1:] for array in inputs]
    buckets, steps = workload["data"]["buckets"], workload["bptt_steps"]
    if buckets and not (split.get("times") or split.get("lengths")):
        raise UserError(
            f"{key}.data.buckets={list(buckets)}: examples of {name} have no"
            " lengths. Expected []."
        )
    if steps:
        _check_stream(key, steps, inputs, name)
        _check_text(key, workload, description)
        shapes = [(steps,), ()]  # tokens, and where a stream starts
    if not all(map(_fits, expected, shapes)) or len(expected) != len(shapes):
        raise UserError(
            f"{key}.spec: {workload['model']} of these sizes takes"
            f" {_shapes(expected)}, an example of {name} is"
            f" {_shapes(shapes)}."
        )
    targets = mapped(split["targets"])
    _check_classes(key, workload, targets, name)
    classes = workload["data"]["classes"]
    target = len(classes) - 1 if classes else int(targets.max())
    for size, highest in _highest(spec, inputs, target):
        limit = workload["spec"].get(size, getattr(spec, size, None))
        if limit is not None and limit <= highest:
            raise UserError(
                f"{key}.spec.{size}={limit}: {name} has numbers up to"
                f" {highest}, expected at least {highest + 1}."
            )


def _highest(
    spec: Spec, inputs: list[np.ndarray], target: int
) -> Iterator[tuple[str, int]]:
    """Sizes of a model, each with the highest number that it has to bound.

    target: the highest target.
    """
    for size, number in spec.bounds().items():
        yield size, int(inputs[number].max())
    yield spec.target_bound, target


def _check_stream(
    key: str, steps: int, inputs: list[np.ndarray], name: str
) -> None:
    """Raise UserError for examples that are not a stream."""
    if [array.ndim for array in inputs] != [1]:
        raise UserError(
            f"{key}.bptt_steps={steps}: examples of {name} are"
            f" {_shapes([array.shape[1:] for array in inputs])}, expected a"
            f" stream of single symbols, or bptt_steps=null."
        )


def _check_text(
    key: str, workload: dict[str, Any], description: Description
) -> None:
    """Raise UserError for a split with less than one window of each stream.

    Otherwise it would fail when that split is read, perhaps after training.
    """
    steps = workload["bptt_steps"]
    parts = sizes(divide(workload, description))
    for part, size in parts.items():
        batch = "batch_size" if part == "train" else "eval_batch_size"
        count = workload["data"][batch] or workload["data"]["batch_size"]
        needed = count * steps
        if part in description["splits"] and size < needed:
            raise UserError(
                f"{key}.bptt_steps={steps} {key}.data.{batch}={count}:"
                f" {description['name']} has {size:,} {part} steps, expected"
                f" at least {needed:,}, a window of each of {count} streams."
            )


def _check_classes(
    key: str, workload: dict[str, Any], targets: np.ndarray, name: str
) -> None:
    """Raise UserError for missing classes, or too few examples of them."""
    wanted = workload["data"]["per_class"] or 1
    classes = workload["data"]["classes"]
    if classes is None and workload["data"]["per_class"] is None:
        return
    for number in np.unique(targets) if classes is None else classes:
        count = int(np.count_nonzero(targets == number))
        if not count:
            raise UserError(
                f"{key}.data.classes: {name} has no class {number},"
                f" expected some of 0 to {targets.max()}."
            )
        if count < wanted:
            raise UserError(
                f"{key}.data.per_class={wanted}: {name} has {count} training"
                f" examples of class {number}."
            )


def _fits(expected: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    # Recurrent models take sequences of any length
    return expected == shape or len(expected) == len(shape) == 1


def _shapes(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(" x ".join(map(str, s)) or "one" for s in shapes)
