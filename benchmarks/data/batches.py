"""Batches in the order that all frameworks share, drawn in NumPy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from impls.interface import Batch

POOL = 50  # batches within which examples of like length come together
STREAM = 1000  # steps of a text after which a stream ends


@dataclass(frozen=True)
class Split:
    """Memory-mapped examples: a range of a prepared split.

    Or a stream: arrays of one axis, cut into windows. The last three are
    None where the data set has none.
    """

    inputs: tuple[np.ndarray, ...]  # each (example, ...)
    targets: np.ndarray  # (example, ...)
    lengths: np.ndarray | None = None  # (example,): so many targets count
    times: np.ndarray | None = None  # (example,): steps that it needs
    groups: np.ndarray | None = None  # as targets: group, -1 in none

    @classmethod
    def open(cls, description: dict[str, Any]) -> "Split":
        """Map the `.npy` files of a data description; reads nothing yet.

        `start` and `stop` give a range of examples; all by default.
        `select` chooses among them: see `chosen`. `reconstruct`: the
        targets are the first inputs. `lengths`, `times` and `groups` may be
        absent; times are lengths unless told.
        """
        part = slice(description.get("start", 0), description.get("stop"))
        inputs = [_map(path)[part] for path in description["inputs"]]
        targets = _map(description["targets"])[part]
        more = {
            name: _map(description[name])[part]
            for name in ("lengths", "times", "groups")
            if description.get(name)
        }
        if select := description.get("select"):
            rows = chosen(targets, select)
            inputs = [array[rows] for array in inputs]
            more = {name: array[rows] for name, array in more.items()}
            targets = _renumbered(targets[rows], select["classes"])
        if description.get("reconstruct"):
            targets = inputs[0]
        if "times" not in more and "lengths" in more:
            more["times"] = more["lengths"]
        return cls(tuple(inputs), targets, **more)

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


def order(
    count: int,
    seed: int,
    epoch: int,
    times: np.ndarray | None = None,
    size: int = 1,
) -> np.ndarray:
    """The order of `count` examples in one epoch: (count,) int64.

    A function of (seed, epoch) alone, so that every framework, and a
    training that goes on after a stop, sees the same batches. times: the
    steps that each example needs, where batches of `size` should be of like
    length: within pools of POOL batches the examples are sorted by it, and
    then the batches are shuffled. What fills no whole batch stays drawn at
    random, or the longest sentences would always weigh the most.
    """
    random = np.random.default_rng((seed, epoch))
    drawn = random.permutation(count)
    whole = count // size * size
    if times is None or not whole:
        return drawn
    pools = np.arange(whole) // (POOL * size)
    rows = drawn[np.lexsort((np.asarray(times)[drawn[:whole]], pools))]
    shuffled = random.permutation(rows.reshape(-1, size))
    return np.concatenate([shuffled.ravel(), drawn[whole:]])


def epoch(
    split: Split,
    size: int,
    seed: int,
    number: int | None,
    buckets: Sequence[int] = (),
    window: int | None = None,
) -> Iterator[Batch]:
    """All batches of epoch `number`; None: in order, to evaluate.

    window: the split is a stream, see `windows`, the same in every epoch.
    """
    if window:
        return windows(split, size, window)
    rows = np.arange(len(split))
    if number is not None:
        times = split.times if buckets else None
        rows = order(len(split), seed, number, times, size)
    return batches(split, rows, size, buckets)


def batches(
    split: Split,
    indices: np.ndarray,
    size: int,
    buckets: Sequence[int] = (),
) -> Iterator[Batch]:
    """Batches of exactly `size` examples; the last is filled up.

    What fills it repeats the first example and weighs nothing, so that
    shapes are static and no mean is touched. Where the split has lengths,
    each target has a weight: 1 up to its length, 0 behind. buckets: a batch
    is cut to the shortest that holds its longest example, and where none
    does, it stays as long as it is.
    """
    for start in range(0, len(indices), size):
        rows = indices[start : start + size]
        count = len(rows)
        if count < size:
            rows = np.concatenate([rows, np.full(size - count, indices[0])])
        time = _bucket(split, rows, buckets)
        inputs = tuple(_cut(array[rows], time) for array in split.inputs)
        targets = _cut(split.targets[rows], time)
        weights = np.ones(size, np.float32)
        if split.lengths is not None:
            steps = np.arange(targets.shape[1])
            kept = steps < np.asarray(split.lengths[rows])[:, None]
            weights = kept.astype(np.float32)  # (batch, time)
        weights[count:] = 0
        yield Batch(inputs, targets, weights)


def windows(split: Split, size: int, window: int) -> Iterator[Batch]:
    """A text as `size` contiguous parts, `window` steps at a time.

    Inputs are tokens (size, window) and fresh (size,): 1 in a window where a
    stream starts. A part is one stream after the other, each of so many
    whole windows as have STREAM steps: a model that has met a state of zero
    in its first window alone is at a loss where a test begins with one.
    What fills no whole window of all parts is left out. Raises ValueError
    where nothing does.
    """
    count = len(split) // size // window
    if not count:
        raise ValueError(
            f"{size} streams of windows of {window} steps: {len(split)} steps"
            f" came, expected at least {size * window}"
        )
    arrays = [
        array[: size * count * window].reshape(size, count, window)
        for array in (split.inputs[0], split.targets)
    ]
    weights = np.ones((size, window), np.float32)
    every = max(1, STREAM // window)
    for number in range(count):
        tokens, targets = (
            np.ascontiguousarray(array[:, number]) for array in arrays
        )
        fresh = np.full(size, number % every == 0, np.float32)
        yield Batch((tokens, fresh), targets, weights.copy())


def valid(batch: Batch) -> int:
    """Targets that count: examples, or steps where each has a target."""
    return int(np.count_nonzero(batch.weights))


def padding(
    split: Split,
    size: int,
    seed: int,
    buckets: Sequence[int] = (),
    window: int | None = None,
) -> float:
    """Share of the targets computed in epoch 0 that are only filled up."""
    told = [
        (valid(batch), batch.weights.size)
        for batch in epoch(split, size, seed, 0, buckets, window)
    ]
    kept, computed = np.sum(told, 0)
    return float(1 - kept / computed)


def _bucket(
    split: Split, rows: np.ndarray, buckets: Sequence[int]
) -> int | None:
    """Steps that a batch is cut to; None: it stays whole."""
    if not buckets:
        return None
    if split.times is None:
        raise ValueError(
            f"buckets {list(buckets)}: these examples tell no length,"
            " expected none"
        )
    longest = split.times[rows].max()
    return min((time for time in buckets if time >= longest), default=None)


def _cut(array: np.ndarray, time: int | None) -> np.ndarray:
    """The first steps of what has a time axis."""
    if time is None or array.ndim < 2:
        return array
    return np.ascontiguousarray(array[:, :time])


def _map(path: str) -> np.ndarray:
    return np.load(path, mmap_mode="r", allow_pickle=False)
