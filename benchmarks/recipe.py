"""What of a data set a workload trains on, validates with and tests on."""

import math
from typing import Any

import numpy as np

import impls
from benchmarks.errors import UserError

Description = dict[str, Any]


def divide(
    workload: dict[str, Any], description: Description
) -> dict[str, Any]:
    """The data description with `validation` taken out of `train`.

    As Keras' `validation_split` (slides 22-23): the last share of the
    examples, before anything is shuffled. `size` is what remains.
    """
    whole, test = description["splits"]["train"], description["splits"]["test"]
    count = whole["size"]
    kept = math.floor(count * (1 - workload["validation"]))
    splits = {"train": whole | _range(0, kept), "test": test}
    if kept < count:
        splits["validation"] = whole | _range(kept, count)
    if not kept:
        raise UserError(
            f"workload.validation={workload['validation']}: of"
            f" {count} examples of {description['name']} none is left to"
            f" train on."
        )
    return description | {"splits": splits}


def sizes(divided: Description) -> dict[str, int]:
    """Examples of each part; 0 where there is none."""
    parts = divided["splits"]
    names = ("train", "validation", "test")
    return {name: parts[name]["size"] if name in parts else 0 for name in names}


def check_fit(workload: dict[str, Any], description: Description) -> None:
    """Hold the model's sizes against the prepared arrays.

    Raises UserError: an image of another shape would only fail later, and
    a word id outside of the vocabulary would train to NaN unseen.
    """
    spec = impls.spec(workload["model"])(**workload["spec"])
    example = spec.example(1)
    split = description["splits"]["train"]
    inputs = [_map(path) for path in split["inputs"]]
    name = description["name"]
    expected = [np.asarray(array).shape[1:] for array in example.inputs]
    came = [array.shape[1:] for array in inputs]
    if not all(map(_fits, expected, came)) or len(expected) != len(came):
        raise UserError(
            f"workload.spec: {workload['model']} of these sizes takes"
            f" {_shapes(expected)}, an example of {name} is"
            f" {_shapes(came)}."
        )
    for size, highest in (
        ("vocab", max(int(array.max()) for array in inputs)),
        ("classes", int(_map(split["targets"]).max())),
    ):
        limit = workload["spec"].get(size)
        if limit is not None and limit <= highest:
            raise UserError(
                f"workload.spec.{size}={limit}: {name} counts up to"
                f" {highest}, expected at least {highest + 1}."
            )


def _range(start: int, stop: int) -> dict[str, int]:
    return {"start": start, "stop": stop, "size": stop - start}


def _fits(expected: tuple[int, ...], came: tuple[int, ...]) -> bool:
    # Recurrent models take sequences of any length
    return expected == came or len(expected) == len(came) == 1


def _shapes(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(" x ".join(map(str, shape)) for shape in shapes)


def _map(path: str) -> np.ndarray:
    array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
