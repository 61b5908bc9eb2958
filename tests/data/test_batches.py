"""Batches: the same bits as ever without lengths, weights with them."""

import numpy as np
import pytest

from benchmarks.data import batches
from benchmarks.data.batches import Split

SEED = 3


def plain(count):
    return Split((np.arange(count * 2).reshape(count, 2),), np.arange(count))


def test_order_is_what_it_was():
    expected = np.random.default_rng((SEED, 4)).permutation(10)
    assert batches.order(10, SEED, 4).tolist() == expected.tolist()


def test_one_target_each_is_what_it_was():
    (first, last) = batches.batches(plain(5), np.arange(5)[::-1], 3)
    assert first.targets.tolist() == [4, 3, 2]
    assert first.weights.tolist() == [1, 1, 1]
    assert last.targets.tolist() == [1, 0, 4]  # filled with the first
    assert last.weights.tolist() == [1, 1, 0]
    assert last.inputs[0].tolist() == [[2, 3], [0, 1], [8, 9]]
    assert first.weights.dtype == np.float32
    assert [batches.valid(batch) for batch in (first, last)] == [3, 2]


def test_an_epoch_is_its_order_cut():
    split = plain(7)
    rows = batches.order(7, SEED, 2)
    expected = batches.batches(split, rows, 3)
    for got, wanted in zip(
        batches.epoch(split, 3, SEED, 2), expected, strict=True
    ):
        assert np.array_equal(got.targets, wanted.targets)
    (whole,) = batches.epoch(split, 7, SEED, None)
    assert whole.targets.tolist() == list(range(7))


def sentences(count=3, time=4, lengths=(2, 4, 1)):
    tokens = np.arange(count * time, dtype=np.int32).reshape(count, time)
    counts = np.array(lengths, np.int32)
    return Split((tokens, counts), tokens + 1, counts, counts)


def test_lengths_become_weights():
    (first, last) = batches.batches(sentences(), np.arange(3), 2)
    assert first.weights.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]
    assert last.weights.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]
    assert first.weights.dtype == np.float32
    assert [batches.valid(batch) for batch in (first, last)] == [6, 1]
    assert last.inputs[1].tolist() == [1, 2]


def test_weights_of_its_own_are_a_splits():
    weights = np.array([[1, 0], [0, 1], [1, 1]], np.int8)
    tokens = np.arange(6, dtype=np.int32).reshape(3, 2)
    split = Split((tokens,), tokens, weights=weights)
    first, last = batches.batches(split, np.array([2, 0, 1]), 2)
    assert first.weights.tolist() == [[1, 1], [1, 0]]
    assert last.weights.tolist() == [[0, 1], [0, 0]]
    assert first.weights.dtype == np.float32


def test_padding_counts_what_weighs_nothing():
    assert batches.padding(plain(6), 3, SEED) == 0
    assert batches.padding(plain(5), 3, SEED) == pytest.approx(1 / 6)
    assert batches.padding(sentences(), 3, SEED) == pytest.approx(5 / 12)


def test_open_maps_all_parts_of_a_range(tmp_path):
    parts = {
        "inputs": np.arange(12).reshape(6, 2),
        "targets": np.array([0, 1, 2, 0, 1, 2]),
        "lengths": np.arange(6),
        "groups": np.arange(6, dtype=np.int8) - 1,
        "weights": np.arange(6, dtype=np.int8) % 2,
    }
    description = {}
    for name, array in parts.items():
        np.save(tmp_path / f"{name}.npy", array)
        description[name] = str(tmp_path / f"{name}.npy")
    description["inputs"] = [description["inputs"]]
    split = Split.open(description | {"start": 1, "stop": 4})
    assert split.lengths.tolist() == split.times.tolist() == [1, 2, 3]
    assert split.groups.tolist() == [0, 1, 2]
    assert split.weights.tolist() == [1, 0, 1]
    select = {"classes": [2], "per_class": None, "examples": None, "seed": 0}
    split = Split.open(description | {"select": select})
    assert split.lengths.tolist() == [2, 5]
    assert split.targets.tolist() == [0, 0]
    del description["lengths"], description["groups"]
    split = Split.open(description)
    assert split.lengths is split.times is split.groups is None
