"""The real sets, where their files are at hand: `TRIPTYCH_DATA=folder`."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from benchmarks.batches import Split
from benchmarks.data import fashion_mnist, fetch, imdb, mnist, prepare, text

BESIDE = Path(__file__).parents[2] / "shared" / "data"
FOLDER = Path(os.environ.get("TRIPTYCH_DATA") or BESIDE)


def at_hand(name, files):
    return pytest.mark.skipif(
        not all((FOLDER / name / file.name).is_file() for file in files),
        reason=f"no {name} in {FOLDER} (set TRIPTYCH_DATA to a data folder)",
    )


@pytest.fixture(scope="module")
def cache():
    """Not a folder of pytest's: those are kept, and this one is large."""
    with TemporaryDirectory() as folder:
        yield folder


def splits(name, cache):
    found = prepare(name, FOLDER, "real", cache)
    return found["digest"], {
        split: Split.open(told) for split, told in found["splits"].items()
    }


@at_hand("fashion_mnist", fashion_mnist.FILES)
def test_fashion_mnist(cache):
    digest, found = splits("fashion_mnist", cache)
    train, test = found["train"], found["test"]
    assert digest[:12] == "efbe3d0c959f"
    assert train.inputs[0].shape == (60_000, 28, 28, 1)
    assert test.inputs[0].shape == (10_000, 28, 28, 1)
    assert np.bincount(train.targets).tolist() == [6_000] * 10
    assert np.bincount(test.targets).tolist() == [1_000] * 10
    # Mean and deviation as published
    assert round(float(train.inputs[0].mean(dtype=float)), 4) == 0.2860
    assert round(float(train.inputs[0].std(dtype=float)), 4) == 0.3530


@at_hand("mnist", mnist.FILES)
def test_mnist(cache):
    digest, found = splits("mnist", cache)
    train, test = found["train"], found["test"]
    assert digest[:12] == "8b475830f9d9"
    assert train.inputs[0].shape == (60_000, 28, 28, 1)
    assert test.inputs[0].shape == (10_000, 28, 28, 1)
    # Of each digit, as published
    assert np.bincount(train.targets).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    ]
    assert np.bincount(test.targets).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    # Mean and deviation as published
    assert round(float(train.inputs[0].mean(dtype=float)), 4) == 0.1307
    assert round(float(train.inputs[0].std(dtype=float)), 4) == 0.3081


@at_hand("imdb", imdb.ROWS)
def test_imdb(cache):
    digest, found = splits("imdb", cache)
    assert digest[:12] == "37820ab41ec2"
    for split in found.values():
        inputs = split.inputs[0]
        assert inputs.shape == (25_000, text.LENGTH)
        assert inputs.max() == text.VOCAB - 1
        assert np.bincount(split.targets).tolist() == [12_500, 12_500]
    last_fifth = found["train"].targets[20_000:]
    assert 0.45 < last_fifth.mean() < 0.55  # shuffled, so fit to hold out


@at_hand("imdb", imdb.ROWS)
def test_imdb_word_ranks_are_those_of_the_reference():
    """REFERENCES.md: 88,075 words; "the" is the first, "br" the seventh."""
    path = FOLDER / "imdb" / "train.jsonl.gz"
    fetch.check(path, imdb.ROWS[0])
    ranked = text.ranks(imdb._rows(path).values())
    assert len(ranked) == 88_075
    assert (ranked["the"], ranked["br"]) == (1, 7)
