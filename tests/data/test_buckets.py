"""Buckets cut padding away, and change nothing else."""

import numpy as np
import pytest

from benchmarks.data import batches
from benchmarks.data.batches import POOL, Split

SEED, SIZE = 5, 4


@pytest.fixture
def split():
    """800 sentences and two, of 1 to 30 words; the first word is its number."""
    random = np.random.default_rng(0)
    count = 200 * SIZE + 2
    lengths = random.integers(1, 31, count).astype(np.int32)
    tokens = np.where(np.arange(30) < lengths[:, None], 7, 0)
    tokens[:, 0] = np.arange(count)
    return Split((tokens, lengths), tokens, lengths, lengths)


def test_every_sentence_comes_once_in_every_epoch(split):
    for number in range(2):
        rows = batches.order(len(split), SEED, number, split.times, SIZE)
        assert sorted(rows) == list(range(len(split)))
    again = batches.order(len(split), SEED, 1, split.times, SIZE)
    assert np.array_equal(rows, again)
    first = batches.order(len(split), SEED, 0, split.times, SIZE)
    assert not np.array_equal(rows, first)


def test_batches_hold_like_lengths_in_shuffled_order(split):
    rows = batches.order(len(split), SEED, 0, split.times, SIZE)
    lengths = split.lengths[rows[:-2]].reshape(-1, SIZE)
    spread = lengths.max(1) - lengths.min(1)
    assert spread.mean() < 1  # of 30
    longest = lengths.max(1)[:POOL]
    assert (np.diff(longest) < 0).any()  # not from short to long


def test_what_fills_no_batch_is_drawn(split):
    """Not the longest of all: they would weigh more than the others."""
    plain = batches.order(len(split), SEED, 0)
    sorted_ = batches.order(len(split), SEED, 0, split.times, SIZE)
    assert np.array_equal(plain[-2:], sorted_[-2:])


def test_cut_to_the_smallest_that_holds_all(split):
    buckets = [8, 16, 24, 30]
    widths = set()
    for batch in batches.epoch(split, SIZE, SEED, 0, buckets):
        tokens, lengths = batch.inputs
        width = tokens.shape[1]
        assert width == min(b for b in buckets if b >= lengths.max())
        assert batch.targets.shape == batch.weights.shape == (SIZE, width)
        assert tokens.flags.c_contiguous and lengths.shape == (SIZE,)
        widths.add(width)
    assert widths == set(buckets)


@pytest.mark.parametrize("buckets", [[8], [16, 8], [8, 16, 30], [64]])
def test_no_target_is_lost(split, buckets):
    """Nor of sentences longer than the widest bucket."""
    numbers, count = [], 0
    for batch in batches.epoch(split, SIZE, SEED, 3, buckets):
        count += batches.valid(batch)
        counted = batch.weights[:, 0] > 0
        numbers += batch.inputs[0][counted, 0].tolist()
        kept = batch.weights.astype(bool)
        assert np.array_equal(kept.sum(1)[counted], batch.inputs[1][counted])
    assert count == split.lengths.sum()
    assert sorted(numbers) == list(range(len(split)))


def test_the_padding_gets_less(split):
    whole = batches.padding(split, SIZE, SEED)
    cut = batches.padding(split, SIZE, SEED, [8, 16, 24, 30])
    assert whole > 0.4 and cut < 0.2


def test_times_lead_where_the_source_is_longer():
    source = np.ones((2, 9), np.int32)
    target = np.ones((2, 9), np.int32)
    lengths, times = np.array([2, 3]), np.array([8, 3])
    split = Split((source, times, target), target, lengths, times)
    (batch,) = batches.batches(split, np.arange(2), 2, [4, 8])
    assert batch.inputs[0].shape == batch.targets.shape == (2, 8)


def test_buckets_without_lengths_are_refused():
    split = Split((np.ones((2, 3)),), np.ones(2))
    with pytest.raises(ValueError, match="have no lengths"):
        next(batches.epoch(split, 2, SEED, 0, [4]))
