"""The loss of counted pairs of symbols, by hand."""

import math

import numpy as np
import pytest

from benchmarks.data.batches import Split
from benchmarks.passes import bigrams


def text(symbols):
    symbols = np.array(symbols, np.int32)
    return Split((symbols[:-1],), symbols[1:])


def test_each_symbol_is_predicted_by_the_one_before():
    # behind 0 came 1 twice and 2 once, each plus one: 1/6, 3/6, 2/6
    train, test = text([0, 1, 0, 1, 0, 2]), text([0, 1, 0, 0])
    # behind 1 came 0 twice: 3/5, 1/5, 1/5
    expected = -(math.log(3 / 6) + math.log(3 / 5) + math.log(1 / 6)) / 3
    assert bigrams.loss(train, test) == pytest.approx(expected)


def test_it_is_a_metric_of_the_test_split(tmp_path):
    splits = {}
    for name, symbols in (("train", [0, 1, 0, 1]), ("test", [0, 1, 0])):
        own = text(symbols)
        np.save(tmp_path / f"{name}_x.npy", own.inputs[0])
        np.save(tmp_path / f"{name}_y.npy", own.targets)
        splits[name] = {
            "inputs": [str(tmp_path / f"{name}_x.npy")],
            "targets": str(tmp_path / f"{name}_y.npy"),
        }
    own = bigrams.metrics(splits)["bigram_loss"]
    # behind 0: 1/4, 3/4; behind 1: 2/3, 1/3
    expected = -(math.log(3 / 4) + math.log(2 / 3)) / 2
    assert own["value"] == pytest.approx(expected)
    assert (own["unit"], own["over"]) == ("nats", "test split")
