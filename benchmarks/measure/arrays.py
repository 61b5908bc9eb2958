"""Arrays between parent and worker: one `.npy` file each, no pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from impls.interface import Batch

Paths = dict[str, str]
MASK = "masks."


def save(folder: Path | str, arrays: Mapping[str, Any]) -> Paths:
    """Write name -> array into a folder; returns name -> path."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: str(folder / f"{name}.npy") for name in arrays}
    for name, array in arrays.items():
        np.save(paths[name], np.asarray(array), allow_pickle=False)
    return paths


def read(paths: Paths) -> dict[str, np.ndarray]:
    """The arrays of `save`, by name."""
    return {
        name: np.load(path, allow_pickle=False) for name, path in paths.items()
    }


def save_batch(folder: Path | str, batch: Batch) -> Paths:
    """The arrays of a batch: `inputs.0`, `inputs.1`, ... and the rest."""
    named = {f"inputs.{i}": array for i, array in enumerate(batch.inputs)}
    named |= {"targets": batch.targets, "weights": batch.weights}
    for path, mask in (batch.masks or {}).items():
        named[f"{MASK}{path}"] = mask
    return save(folder, named)


def read_batch(paths: Paths) -> Batch:
    """The batch of `save_batch`."""
    arrays = read(paths)
    targets, weights = arrays.pop("targets"), arrays.pop("weights")
    masks = {
        name.removeprefix(MASK): arrays.pop(name)
        for name in list(arrays)
        if name.startswith(MASK)
    }
    inputs = tuple(arrays[f"inputs.{i}"] for i in range(len(arrays)))
    return Batch(inputs, targets, weights, masks or None)
