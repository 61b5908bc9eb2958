"""Training, validation and test examples of a workload."""

import math
from typing import Any

from benchmarks.data.batches import chosen, mapped
from benchmarks.data.dataset import CONTROL
from benchmarks.errors import UserError

Description = dict[str, Any]


def divide(
    workload: dict[str, Any], description: Description, seed: int = 0
) -> dict[str, Any]:
    """The part of a data description that a workload or phase uses.

    `validation` is the last share of `train`, before shuffling, as with
    Keras' `validation_split` (slides 22-23). If that share is 0, it is the
    data set's own validation split, if any; `control` is its own, too. Then
    `classes`, `per_class` (drawn by the seed), `train_examples` and
    `test_examples` choose, and `size` is what remains. Raises UserError for
    no training example.
    """
    train, test = description["splits"]["train"], description["splits"]["test"]
    share, count = workload["data"]["validation"], train["size"]
    kept = math.floor(count * (1 - share))
    splits = {"train": train | _range(0, kept), "test": test}
    if kept < count:
        splits["validation"] = train | _range(kept, count)
    elif "validation" in description["splits"]:
        splits["validation"] = description["splits"]["validation"]
    if CONTROL in description["splits"]:
        splits[CONTROL] = description["splits"][CONTROL]
    if not kept:
        raise UserError(
            f"workload.data.validation={share}: of {count} examples of"
            f" {description['name']} none is left to train on. Expected a"
            f" smaller share."
        )
    splits = {
        name: _selected(split, workload, seed, name == "train")
        for name, split in splits.items()
    }
    return description | {"splits": splits}


def _selected(
    split: Description, workload: dict[str, Any], seed: int, train: bool
) -> Description:
    """A split reduced to the workload's choice."""
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
        size = min(select["examples"] or split["size"], split["size"])
        start = split.get("start", 0)
        return split | {"start": start, "stop": start + size, "size": size}
    part = slice(split.get("start", 0), split.get("stop"))
    size = len(chosen(mapped(split["targets"])[part], select))
    return split | {"select": select, "size": size}


def sizes(divided: Description) -> dict[str, int]:
    """Examples of each part; 0 for an absent one."""
    parts = divided["splits"]
    names = ("train", "validation", "test")
    return {name: parts[name]["size"] if name in parts else 0 for name in names}


def _range(start: int, stop: int) -> dict[str, int]:
    return {"start": start, "stop": stop, "size": stop - start}
