"""Batches that are made anew in every epoch, the same in all frameworks.

A maker turns row numbers of a split into a batch. Its random numbers come
from a NumPy generator of (seed, epoch, batch); to evaluate it gets None, and
makes the same batch every time.
"""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.data.batches import Split
from impls.interface import Batch

CUTS = ("batch_size", "bptt_steps", "crop_steps", "crops")
Maker = Callable[[np.ndarray, Split, np.random.Generator | None], Batch]


def made(
    maker: Maker,
    split: Split,
    rows: int,
    size: int,
    seed: int,
    epoch: int | None,
) -> Iterator[Batch]:
    """Batches of exactly `size` rows of 0 to `rows`; the last is filled up.

    It is filled with row 0 at weight 0, so that shapes are static and means
    unchanged. epoch: None to evaluate.
    """
    for number in range(-(-rows // size)):
        own = np.arange(number * size, (number + 1) * size)
        filled = own >= rows
        random = None
        if epoch is not None:
            random = np.random.default_rng((seed, epoch, number))
        batch = maker(np.where(filled, 0, own), split, random)
        batch.weights[filled] = 0
        yield batch


def crops(steps: int) -> Maker:
    """Crops of `steps` symbols of a text: tokens and targets (batch, steps).

    Drawn at random, all starts equally likely; to evaluate, row n is the
    n-th of the contiguous windows, the last one padded at weight 0. Each
    symbol of the text is a target exactly once then.
    """

    def make(
        rows: np.ndarray, split: Split, random: np.random.Generator | None
    ) -> Batch:
        starts = rows * steps
        if random is not None:
            starts = random.integers(0, len(split) - steps + 1, len(rows))
        places = starts[:, None] + np.arange(steps)
        weights = (places < len(split)).astype(np.float32)
        places = places.clip(max=len(split) - 1)
        (tokens,) = split.inputs
        return Batch((tokens[places],), split.targets[places], weights)

    return make


def windows(size: int, steps: int) -> int:
    """Contiguous windows of a text, the incomplete last one included."""
    return -(-size // steps)


def epoch_steps(
    size: int,
    batch_size: int,
    bptt_steps: int | None,
    crop_steps: int | None,
    crops: int | None,
) -> int:
    """Training steps of an epoch over a split of so many examples.

    The keys in CUTS are those of a workload and its `data`.
    """
    if bptt_steps:
        return size // batch_size // bptt_steps
    if crop_steps:
        size = crops or windows(size, crop_steps)
    return -(-size // batch_size)
