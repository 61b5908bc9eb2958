"""The real sets, where their files are at hand: `TRIPTYCH_DATA=folder`."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from benchmarks.data import download
from benchmarks.data.batches import Split
from benchmarks.data.dataset import read_lines
from benchmarks.data.pipeline import prepare
from benchmarks.data.sets import (
    fashion_mnist,
    imdb,
    mnist,
    reviews,
    small_parallel_enja,
    tags,
    tinyshakespeare,
    ud_english_ewt,
)

BESIDE = Path(__file__).parents[3] / "shared" / "data"
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
    data = prepare(name, FOLDER, "real", cache)
    return data["digest"], {
        split: Split.open(part) for split, part in data["splits"].items()
    }


@at_hand("fashion_mnist", fashion_mnist.FILES)
def test_fashion_mnist(cache):
    digest, split_of = splits("fashion_mnist", cache)
    train, test = split_of["train"], split_of["test"]
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
    digest, split_of = splits("mnist", cache)
    train, test = split_of["train"], split_of["test"]
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
    digest, split_of = splits("imdb", cache)
    assert digest[:12] == "37820ab41ec2"
    for split in split_of.values():
        inputs = split.inputs[0]
        assert inputs.shape == (25_000, reviews.LENGTH)
        assert inputs.max() == reviews.VOCAB - 1
        assert np.bincount(split.targets).tolist() == [12_500, 12_500]
    last_fifth = split_of["train"].targets[20_000:]
    assert 0.45 < last_fifth.mean() < 0.55  # shuffled, so fit to hold out


@at_hand("imdb", imdb.ROWS)
def test_imdb_word_ranks_are_those_of_the_reference():
    """REFERENCES.md: 88,075 words; "the" is the first, "br" the seventh."""
    path = FOLDER / "imdb" / "train.jsonl.gz"
    download.check(path, imdb.ROWS[0])
    ranked = reviews.ranks(imdb._rows(path).values())
    assert len(ranked) == 88_075
    assert (ranked["the"], ranked["br"]) == (1, 7)


def texts(data):
    return {
        name: read_lines(np.load(path)) for name, path in data["texts"].items()
    }


@at_hand("small_parallel_enja", small_parallel_enja.ROWS)
def test_small_parallel_enja(cache):
    """Words and pairs as its README and the reference count them."""
    digest, split_of = splits("small_parallel_enja", cache)
    assert digest[:12] == "4a82702d5af2"
    sizes = {name: len(split) for name, split in split_of.items()}
    assert sizes == {"train": 50_000, "test": 500, "validation": 500}
    source, lengths, target = split_of["train"].inputs
    assert source.shape == target.shape == (50_000, 17)
    assert lengths.sum() == 391_047 + 50_000  # words, and end signs
    assert split_of["train"].lengths.sum() == 565_618 + 50_000
    assert split_of["test"].lengths.sum() == 5_635 + 500
    read = texts(prepare("small_parallel_enja", FOLDER, "real", cache))
    assert len(read["words_source"]) == source.max() + 1 == 4_109
    assert len(read["words_target"]) == target.max() + 1 == 4_906
    assert sum(len(line.split()) for line in read["test_references"]) == 5_635


@at_hand("small_parallel_enja", small_parallel_enja.ROWS)
def test_pairs_are_those_that_the_publisher_has(tmp_path):
    """Line by line, his files are rebuilt to the bit of their checksum."""
    published = {file.name: file for file in small_parallel_enja.PUBLISHED}
    for name in ("train", "dev", "test"):
        path = FOLDER / "small_parallel_enja" / f"{name}.tsv.gz"
        rows = small_parallel_enja._lines(path)
        for side, end in enumerate(("en", "ja")):
            rebuilt = tmp_path / f"{name}.{end}"
            lines = (row.split("\t")[side] + "\n" for row in rows)
            rebuilt.write_bytes("".join(lines).encode())
            download.check(rebuilt, published[rebuilt.name])


@at_hand("ud_english_ewt", ud_english_ewt.ROWS)
def test_ud_english_ewt(cache):
    digest, split_of = splits("ud_english_ewt", cache)
    assert digest[:12] == "be9600d5dc8b"
    counts = {name: split.lengths.sum() for name, split in split_of.items()}
    assert counts == {"train": 204_577, "validation": 25_147, "test": 25_094}
    valid = split_of["train"].groups != tags.NEITHER
    tagged = np.bincount(split_of["train"].targets[valid], minlength=17)
    assert tagged[tags.TAGS.index("NOUN")] == 34_751
    assert tagged[tags.TAGS.index("X")] == 400
    unseen = (split_of["test"].groups == tags.UNSEEN).sum() / 25_094
    assert round(float(unseen), 3) == 0.091  # as its README has it
    assert not (split_of["train"].groups == tags.UNSEEN).any()


@at_hand("ud_english_ewt", ud_english_ewt.ROWS)
def test_content_of_the_treebank_is_what_is_pinned():
    for ours, theirs in zip(
        ud_english_ewt.ROWS, ud_english_ewt.PUBLISHED, strict=True
    ):
        read = ud_english_ewt.rows(FOLDER / "ud_english_ewt" / ours.name)
        assert theirs.checksum == ud_english_ewt.digest(read)
        assert theirs.name.split("-")[-1].startswith(ours.name.split(".")[0])


@at_hand("tinyshakespeare", tinyshakespeare.PACKED)
def test_tinyshakespeare(cache):
    digest, split_of = splits("tinyshakespeare", cache)
    assert digest[:12] == "3b309ba3fd90"
    assert len(split_of["train"]) + len(split_of["test"]) == 1_115_394 - 2
    stream = split_of["train"].inputs[0]
    read = texts(prepare("tinyshakespeare", FOLDER, "real", cache))
    assert len(read["words_target"]) == stream.max() + 1 == 65
    text = "".join(read["words_target"][n] for n in stream[:14])
    assert text == "First Citizen:"


@at_hand("imdb", imdb.ROWS)
def test_imdb_by_length(cache):
    """The arrays of imdb, to the bit."""
    _, plain = splits("imdb", cache)
    digest, split_of = splits("imdb_by_length", cache)
    assert digest[:12] == "d5c84cf2e051"
    for name, split in split_of.items():
        assert np.array_equal(split.inputs[0], plain[name].inputs[0])
        assert np.array_equal(split.targets, plain[name].targets)
    assert np.bincount(split_of["test"].groups).sum() == 25_000
    assert np.bincount(split_of["test"].groups).min() > 500
