"""Batches in the order that all frameworks share, drawn in NumPy."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from impls.interface import Batch


@dataclass(frozen=True)
class Split:
    """Memory-mapped examples: a range of a prepared split."""

    inputs: tuple[np.ndarray, ...]  # each (example, ...)
    targets: np.ndarray  # (example, ...)

    @classmethod
    def open(cls, description: dict[str, Any]) -> "Split":
        """Map the `.npy` files of a data description; reads nothing yet.

        `start` and `stop` give a range of examples; all by default.
        `select` chooses among them: see `chosen`. `reconstruct`: the
        targets are the first inputs.
        """
        part = slice(description.get("start", 0), description.get("stop"))
        inputs = tuple(_map(path)[part] for path in description["inputs"])
        targets = _map(description["targets"])[part]
        if select := description.get("select"):
            rows = chosen(targets, select)
            inputs = tuple(array[rows] for array in inputs)
            targets = _renumbered(targets[rows], select["classes"])
        if description.get("reconstruct"):
            targets = inputs[0]
        return cls(inputs, targets)

    def __len__(self) -> int:
        return len(self.targets)


def chosen(targets: np.ndarray, select: dict[str, Any]) -> np.ndarray:
    """Numbers of the examples that a selection keeps: (chosen,).

    `classes`: of these only (null: all there are). `per_class`: so many of
    each, drawn by `seed`; fewer are a part of more. `examples`: the first
    so many of what is left.
    """
    classes = select["classes"]
    if classes is None:
        classes = np.unique(targets)
    if select["per_class"] is None:
        rows = np.flatnonzero(np.isin(targets, classes))
    else:
        drawn = [_drawn(targets, one, select) for one in classes]
        rows = np.sort(np.concatenate(drawn))
    return rows[: select["examples"]]


def _drawn(targets: np.ndarray, one: int, select: dict[str, Any]) -> np.ndarray:
    rows = np.flatnonzero(targets == one)
    random = np.random.default_rng((select["seed"], int(one)))
    return random.permutation(rows)[: select["per_class"]]


def _renumbered(targets: np.ndarray, classes: list[int] | None) -> np.ndarray:
    """Class numbers as places in `classes`."""
    if classes is None:
        return targets
    places = np.zeros(max(classes) + 1, targets.dtype)
    places[classes] = np.arange(len(classes))
    return places[targets]


def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of `count` examples in one epoch: (count,) int64.

    A function of (seed, epoch) alone, so that every framework, and a
    training that goes on after a stop, sees the same batches.
    """
    return np.random.default_rng((seed, epoch)).permutation(count)


def batches(split: Split, indices: np.ndarray, size: int) -> Iterator[Batch]:
    """Batches of exactly `size` examples; the last is filled up.

    What fills it repeats the first example and weighs nothing, so that
    shapes are static and no mean is touched.
    """
    for start in range(0, len(indices), size):
        chosen = indices[start : start + size]
        weights = np.ones(size, np.float32)
        if len(chosen) < size:
            weights[len(chosen) :] = 0
            filler = np.full(size - len(chosen), indices[0])
            chosen = np.concatenate([chosen, filler])
        inputs = tuple(array[chosen] for array in split.inputs)
        yield Batch(inputs, split.targets[chosen], weights)


def _map(path: str) -> np.ndarray:
    return np.load(path, mmap_mode="r", allow_pickle=False)
