"""Batches in an order shared by all frameworks, drawn in NumPy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.data.dataset import MORE_PARTS
from impls.interface import Batch

POOL = 50  # batches within which examples are sorted by length
STREAM = 1000  # steps of a text after which a stream ends


@dataclass(frozen=True)
class Split:
    """Memory-mapped examples, or a stream: arrays of one axis.

    The optional arrays are None if the data set has none.
    """

    inputs: tuple[np.ndarray, ...]  # each (example, ...)
    targets: np.ndarray  # (example, ...)
    lengths: np.ndarray | None = None  # (example,): valid targets
    times: np.ndarray | None = None  # (example,): steps it needs
    groups: np.ndarray | None = None  # as targets: group, -1 in none
    weights: np.ndarray | None = None  # as targets: 1 counts, 0 does not

    @classmethod
    def open(cls, description: dict[str, Any]) -> "Split":
        """Map the `.npy` files of a data description, without reading them.

        `start` and `stop` are a range of examples, all by default; `select`
        chooses among them, see `chosen`. With `reconstruct` the first inputs
        are the targets. The parts in MORE_PARTS are optional; times are
        lengths by default.
        """
        part = slice(description.get("start", 0), description.get("stop"))
        inputs = [mapped(path)[part] for path in description["inputs"]]
        targets = mapped(description["targets"])[part]
        more = {
            name: mapped(description[name])[part]
            for name in MORE_PARTS
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
    """Rows of the examples that a selection keeps: (row,).

    `classes`: only these (None: all). `per_class`: so many of each, drawn by
    `seed`; a smaller number gives a subset. `examples`: the first so many of
    the rest.
    """
    classes = select["classes"]
    if classes is None:
        classes = np.unique(targets)
    if select["per_class"] is None:
        rows = np.flatnonzero(np.isin(targets, classes))
    else:
        drawn = []
        for number in classes:
            random = np.random.default_rng((select["seed"], int(number)))
            shuffled = random.permutation(np.flatnonzero(targets == number))
            drawn.append(shuffled[: select["per_class"]])
        rows = np.sort(np.concatenate(drawn))
    return rows[: select["examples"]]


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

    A function of (seed, epoch) alone: every framework, and a training that
    resumes, gets the same batches. times: the steps of each example. With
    them, examples are sorted by length within pools of POOL batches of
    `size`, and the batches are shuffled. The incomplete last batch is drawn
    at random: the longest examples would always be in it otherwise.
    """
    random = np.random.default_rng((seed, epoch))
    drawn = random.permutation(count)
    full = count // size * size  # examples in full batches
    if times is None or not full:
        return drawn
    pools = np.arange(full) // (POOL * size)
    rows = drawn[np.lexsort((np.asarray(times)[drawn[:full]], pools))]
    shuffled = random.permutation(rows.reshape(-1, size))
    return np.concatenate([shuffled.ravel(), drawn[full:]])


def epoch(
    split: Split,
    size: int,
    seed: int,
    number: int | None,
    buckets: Sequence[int] = (),
    bptt_steps: int | None = None,
) -> Iterator[Batch]:
    """All batches of epoch `number`; None: in order, to evaluate.

    bptt_steps: the split is a stream, see `windows`; its batches are the
    same in every epoch.
    """
    if bptt_steps:
        return windows(split, size, bptt_steps)
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

    It is filled with the first example at weight 0, so that shapes are
    static and means unchanged. If the split has lengths, each target has a
    weight: 1 up to the length, 0 after it; if it has weights, its own.
    buckets: a batch is cut to the smallest of them that is at least its
    longest example, if there is one.
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
        elif split.weights is not None:
            weights = _cut(split.weights[rows], time).astype(np.float32)
        weights[count:] = 0
        yield Batch(inputs, targets, weights)


def windows(split: Split, size: int, bptt_steps: int) -> Iterator[Batch]:
    """A text as `size` contiguous parts, `bptt_steps` at a time.

    Inputs are tokens (size, bptt_steps) and fresh (size,): 1 in a window in
    which the recurrent state starts at zero. That is the first one, and one
    every STREAM steps: a model that starts at zero only once per epoch
    performs badly at the start of a test. The incomplete last window is left
    out. Raises ValueError for a stream of less than one window.
    """
    count = len(split) // size // bptt_steps
    if not count:
        raise ValueError(
            f"{size} streams of windows of {bptt_steps} steps: {len(split)}"
            f" steps came, expected at least {size * bptt_steps}"
        )
    tokens, targets = (
        array[: size * count * bptt_steps].reshape(size, count, bptt_steps)
        for array in (split.inputs[0], split.targets)
    )
    weights = np.ones((size, bptt_steps), np.float32)
    interval = max(1, STREAM // bptt_steps)
    for number in range(count):
        fresh = np.full(size, number % interval == 0, np.float32)
        inputs = np.ascontiguousarray(tokens[:, number]), fresh
        expected = np.ascontiguousarray(targets[:, number])
        yield Batch(inputs, expected, weights.copy())


def valid(batch: Batch) -> int:
    """Targets of weight above 0: examples, or steps of sequences."""
    return int(np.count_nonzero(batch.weights))


def without_filler(batch: Batch) -> Batch:
    """The batch up to its last example that has a weight above 0."""
    weights = batch.weights.reshape(len(batch.weights), -1)
    count = int(np.flatnonzero(weights.any(1)).max(initial=-1)) + 1
    inputs = tuple(array[:count] for array in batch.inputs)
    return Batch(inputs, batch.targets[:count], batch.weights[:count])


def padding(
    split: Split,
    size: int,
    seed: int,
    buckets: Sequence[int] = (),
    bptt_steps: int | None = None,
) -> float:
    """Share of the targets computed in epoch 0 that have weight 0."""
    counts = [
        (valid(batch), batch.weights.size)
        for batch in epoch(split, size, seed, 0, buckets, bptt_steps)
    ]
    kept, computed = np.sum(counts, 0)
    return float(1 - kept / computed)


def _bucket(
    split: Split, rows: np.ndarray, buckets: Sequence[int]
) -> int | None:
    """Steps that a batch is cut to; None: it is not cut."""
    if not buckets:
        return None
    if split.times is None:
        raise ValueError(
            f"buckets {list(buckets)}: expected none, as these examples have"
            " no lengths"
        )
    longest = split.times[rows].max()
    return min((time for time in buckets if time >= longest), default=None)


def _cut(array: np.ndarray, time: int | None) -> np.ndarray:
    """The first steps of an array with a time axis."""
    if time is None or array.ndim < 2:
        return array
    return np.ascontiguousarray(array[:, :time])


def mapped(path: str) -> np.ndarray:
    """A prepared array, mapped into memory."""
    array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
