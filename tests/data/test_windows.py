"""A stream is read in windows: contiguous, in order, fresh where it starts."""

import numpy as np
import pytest

from benchmarks.data import batches
from benchmarks.data.batches import Split


def stream(steps):
    tokens = np.arange(steps, dtype=np.int32)
    return Split((tokens,), tokens + 1)


def test_each_row_goes_on_where_it_stopped():
    parts = list(batches.epoch(stream(103), 3, 0, 0, bptt_steps=5))
    rows = np.concatenate([batch.inputs[0] for batch in parts], 1)
    per = 103 // 3 // 5 * 5
    assert rows.shape == (3, per) == (3, 30)
    assert np.array_equal(rows, np.arange(3 * per).reshape(3, per))
    targets = np.concatenate([batch.targets for batch in parts], 1)
    assert np.array_equal(targets, rows + 1)
    assert rows.dtype == targets.dtype == np.int32


def test_a_text_shorter_than_a_stream_is_fresh_once():
    parts = list(batches.epoch(stream(103), 3, 0, 1, bptt_steps=5))
    fresh = np.stack([batch.inputs[1] for batch in parts])
    assert fresh.dtype == np.float32
    assert fresh[0].tolist() == [1, 1, 1] and not fresh[1:].any()
    for batch in parts:
        assert batch.weights.shape == (3, 5) and batch.weights.all()
        assert batches.valid(batch) == 15
        assert batch.inputs[0].flags.c_contiguous


@pytest.mark.parametrize("number", [0, 7, None])
def test_every_epoch_and_evaluation_read_the_same(number):
    first_epoch = batches.epoch(stream(50), 2, 0, 0, bptt_steps=5)
    other_epoch = batches.epoch(stream(50), 2, 9, number, bptt_steps=5)
    for first, second in zip(first_epoch, other_epoch, strict=True):
        assert np.array_equal(first.inputs[0], second.inputs[0])


def test_nothing_is_padding():
    assert batches.padding(stream(103), 3, 0, bptt_steps=5) == 0


def test_a_stream_too_short_is_refused():
    with pytest.raises(ValueError, match="29 steps came, expected at least 30"):
        next(batches.epoch(stream(29), 3, 0, 0, bptt_steps=10))
