"""Arrays between parent and worker, one `.npy` file each."""

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
    """The arrays that `save` has saved, by name."""
    return {
        name: np.load(path, allow_pickle=False) for name, path in paths.items()
    }


def save_batch(folder: Path | str, batch: Batch) -> Paths:
    """Save `inputs.0`, `inputs.1`, ..., `targets`, `weights` and masks."""
    named = {f"inputs.{i}": array for i, array in enumerate(batch.inputs)}
    named |= {"targets": batch.targets, "weights": batch.weights}
    for path, mask in (batch.masks or {}).items():
        named[f"{MASK}{path}"] = mask
    return save(folder, named)


def save_examples(folder: Path | str, batch: Batch) -> None:
    """Save a batch as the examples of a split; see `examples`."""
    save_batch(folder, batch)
    if batch.weights.ndim > 1:  # a target for each step
        counts = batch.weights.sum(1).astype(np.int32)
        read = [a for a in batch.inputs if a.ndim == 1 and a.dtype == np.int32]
        times = np.max([counts, *read], 0)  # the input may be longer
        save(folder, {"lengths": counts, "times": times})


def examples(folder: Path | str) -> dict[str, Any]:
    """The description of a split that `save_examples` has saved."""
    folder = Path(folder)
    optional = {name: folder / f"{name}.npy" for name in ("lengths", "times")}
    return {
        "inputs": [str(path) for path in sorted(folder.glob("inputs.*.npy"))],
        "targets": str(folder / "targets.npy"),
        **{n: str(path) for n, path in optional.items() if path.exists()},
    }


def read_batch(paths: Paths) -> Batch:
    """The batch that `save_batch` has saved."""
    arrays = read(paths)
    targets, weights = arrays.pop("targets"), arrays.pop("weights")
    masks = {
        name.removeprefix(MASK): arrays.pop(name)
        for name in list(arrays)
        if name.startswith(MASK)
    }
    inputs = tuple(arrays[f"inputs.{i}"] for i in range(len(arrays)))
    return Batch(inputs, targets, weights, masks or None)
