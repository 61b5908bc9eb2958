"""What of a data set a workload trains on, validates with and tests on."""

import math
from typing import Any

import numpy as np

from benchmarks.data.batches import chosen
from benchmarks.errors import UserError

Description = dict[str, Any]


def divide(
    workload: dict[str, Any], description: Description, seed: int = 0
) -> dict[str, Any]:
    """What a workload, or one phase of it, takes of a data description.

    `validation` is taken out of `train` as by Keras' `validation_split`
    (slides 22-23): the last share of the examples, before anything is
    shuffled. Where that share is 0, it is what the data set has for it, if
    anything. Then `classes`, `per_class` (drawn by the seed), `examples` and
    `tested` choose. `size` is what remains. Raises UserError where nothing
    does.
    """
    whole, test = description["splits"]["train"], description["splits"]["test"]
    count = whole["size"]
    kept = math.floor(count * (1 - workload["data"]["validation"]))
    splits = {"train": whole | _range(0, kept), "test": test}
    if kept < count:
        splits["validation"] = whole | _range(kept, count)
    elif "validation" in description["splits"]:
        splits["validation"] = description["splits"]["validation"]
    if not kept:
        raise UserError(
            f"workload.validation={workload['validation']}: of"
            f" {count} examples of {description['name']} none is left to"
            f" train on."
        )
    splits = {
        name: _selected(split, workload, seed, name == "train")
        for name, split in splits.items()
    }
    return description | {"splits": splits}


def _selected(
    split: Description, workload: dict[str, Any], seed: int, train: bool
) -> Description:
    """A split with what the workload chooses of it."""
    examples = workload["data"]
    select = {
        "classes": examples["classes"],
        "per_class": examples["per_class"] if train else None,
        "examples": examples["train_examples" if train else "test_examples"],
        "seed": seed,
    }
    if workload["objective"] == "mse":
        split = split | {"reconstruct": True}
    if select["classes"] is None and select["per_class"] is None:
        most = select["examples"] or split["size"]
        size = min(most, split["size"])
        start = split.get("start", 0)
        return split | {"start": start, "stop": start + size, "size": size}
    part = slice(split.get("start", 0), split.get("stop"))
    size = len(chosen(mapped(split["targets"])[part], select))
    return split | {"select": select, "size": size}


def sizes(divided: Description) -> dict[str, int]:
    """Examples of each part; 0 where there is none."""
    parts = divided["splits"]
    names = ("train", "validation", "test")
    return {name: parts[name]["size"] if name in parts else 0 for name in names}


def _range(start: int, stop: int) -> dict[str, int]:
    return {"start": start, "stop": stop, "size": stop - start}


def mapped(path: str) -> np.ndarray:
    """A prepared array, mapped into memory and not read yet."""
    array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
