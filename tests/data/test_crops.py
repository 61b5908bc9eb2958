"""Crops of a text: drawn anew in training, contiguous in evaluation."""

import numpy as np
import pytest

from benchmarks.data import makers
from benchmarks.data.batches import Split, valid
from benchmarks.worker.request import Request

STEPS, SIZE = 5, 3


def text(count):
    """Symbol n has target n + 100."""
    tokens = np.arange(count, dtype=np.int32)
    return Split((tokens,), tokens + 100)


def request(**more):
    sizes = {"batch_size": SIZE, "eval_batch_size": SIZE, "epochs": 2}
    return Request(**sizes, seed=7, crop_steps=STEPS, **more)


def test_crops_are_drawn_from_seed_epoch_and_batch():
    chosen = request(crops=6)
    parts = list(chosen.batches(text(40), SIZE, 1))
    assert len(parts) == chosen.steps(text(40)) == 2
    for number, batch in enumerate(parts):
        random = np.random.default_rng((7, 1, number))
        starts = random.integers(0, 36, SIZE)
        (tokens,) = batch.inputs
        assert np.array_equal(tokens, starts[:, None] + np.arange(STEPS))
        assert np.array_equal(batch.targets, tokens + 100)
        assert tokens.dtype == batch.targets.dtype == np.int32
        assert batch.weights.dtype == np.float32 and batch.weights.all()
    (tokens,) = next(chosen.batches(text(40), SIZE, 0)).inputs
    assert not np.array_equal(tokens, parts[0].inputs[0])


def test_every_start_is_drawn_and_none_leaves_the_text():
    batches = request(crops=600).batches(text(9), SIZE, 0)
    starts = {start for batch in batches for start in batch.inputs[0][:, 0]}
    assert starts == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("count", [5, 14, 15, 16, 31, 45])
def test_every_symbol_is_evaluated_once(count):
    kept, sizes = [], set()
    for batch in request(crops=1).batches(text(count), SIZE, None):
        counted = batch.weights > 0
        kept += batch.targets[counted].tolist()
        tokens = batch.inputs[0][counted]
        assert np.array_equal(batch.targets[counted], tokens + 100)
        assert valid(batch) == counted.sum()
        sizes.add(batch.targets.shape)
    assert kept == list(range(100, 100 + count))
    assert sizes == {(SIZE, STEPS)}


def test_an_epoch_has_as_many_crops_as_the_text_where_none_are_given():
    assert makers.windows(31, STEPS) == 7
    assert request().steps(text(31)) == 3  # 7 crops in threes
    last = list(request().batches(text(31), SIZE, 0))[-1]
    assert last.weights[:, 0].tolist() == [1, 0, 0]


def test_a_maker_gets_rows_and_no_generator_to_evaluate():
    seen = []

    def maker(rows, split, random):
        seen.append((rows.tolist(), random is None))
        return makers.crops(STEPS)(rows, split, random)

    list(makers.made(maker, text(31), 4, SIZE, 0, None))
    list(makers.made(maker, text(31), 2, SIZE, 0, 3))
    assert seen == [([0, 1, 2], True), ([3, 0, 0], True), ([0, 1, 0], False)]
