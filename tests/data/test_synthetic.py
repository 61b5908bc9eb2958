"""Synthetic data: a function of the seed, learnable, and not trivial."""

import hashlib
from random import Random

import numpy as np
import pytest

from benchmarks.data.dataset import PARTS
from benchmarks.data.sets import text
from benchmarks.data.synthetic import (
    drawn_digits,
    drawn_garments,
    grammar_reviews,
)

SIZES = {"train": 2_000, "test": 1_000}


DRAWN = (drawn_garments, drawn_digits)


def garments(seed):
    return drawn_garments.generate(seed, SIZES)


def digits(seed):
    return drawn_digits.generate(seed, SIZES)


def reviews(seed):
    return grammar_reviews.generate(seed, size=1_000)


@pytest.fixture(scope="module", params=DRAWN, ids=lambda one: one.SET.name)
def images(request):
    return request.param.generate(1, SIZES)


@pytest.fixture(scope="module")
def numbers():
    return grammar_reviews.generate(1, size=4_000)


@pytest.mark.parametrize("generate", [garments, digits, reviews])
def test_a_seed_means_the_same_bits(generate):
    first, again, other = generate(3), generate(3), generate(4)
    assert tuple(first) == PARTS
    for name in PARTS:
        assert np.array_equal(first[name], again[name])
    for name in ("train_inputs", "test_inputs"):
        assert not np.array_equal(first[name], other[name])


def shades(arrays):
    return np.rint(arrays["train_inputs"] * 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (lambda: reviews(3)["train_inputs"].astype("<i4"), "0ad04a6d6ecf"),
        (lambda: shades(garments(1)), "2b3618420f82"),
        (lambda: shades(digits(1)), "b989806145b9"),
    ],
)
def test_the_bits_are_those_of_every_machine(content, expected):
    """Held with AVX off too, and with NumPy 2.0 to 2.4."""
    found = hashlib.sha256(content().tobytes()).hexdigest()
    assert found[:12] == expected


def test_images_are_as_those_they_stand_in_for(images):
    for split, size in SIZES.items():
        inputs, targets = images[f"{split}_inputs"], images[f"{split}_targets"]
        assert inputs.shape == (size, 28, 28, 1)
        assert inputs.dtype == np.float32
        assert inputs.min() == 0 and inputs.max() == 1
        assert np.array_equal(np.rint(inputs * 255) / np.float32(255), inputs)
        assert targets.dtype == np.int32
        assert np.bincount(targets).tolist() == [size // 10] * 10
    for kind in DRAWN:
        assert kind.SIZES == {"train": 60_000, "test": 10_000}


def test_no_image_twice(images):
    both = np.concatenate([images["train_inputs"], images["test_inputs"]])
    assert len({image.tobytes() for image in both}) == len(both)


def test_images_are_learnable_but_not_trivial(images):
    """The nearest mean image of a kind: far above chance, far below all."""
    train = images["train_inputs"].reshape(-1, 784)
    test = images["test_inputs"].reshape(-1, 784)
    kinds = images["train_targets"]
    means = np.stack([train[kinds == kind].mean(0) for kind in range(10)])
    scores = test @ means.T - (means**2).sum(1) / 2
    right = (scores.argmax(1) == images["test_targets"]).mean()
    assert 0.4 < right < 0.75


def test_numbers_are_as_those_they_stand_in_for(numbers):
    for split in ("train", "test"):
        inputs, targets = (
            numbers[f"{split}_inputs"],
            numbers[f"{split}_targets"],
        )
        assert inputs.shape == (4_000, text.LENGTH)
        assert inputs.dtype == targets.dtype == np.int32
        assert inputs.min() == text.PADDING and inputs.max() < text.VOCAB
        assert 0 < (inputs == text.PADDING).mean() < 0.2
        assert np.bincount(targets).tolist() == [2_000, 2_000]
        assert 0.4 < targets[:1000].mean() < 0.6  # shuffled
    assert grammar_reviews.SIZE == 25_000


def test_the_vocabulary_is_too_large():
    random = Random(1)
    lexicon = grammar_reviews._lexicon(random)
    told = [
        grammar_reviews.review(random, lexicon, n % 2) for n in range(10_000)
    ]
    ranked = text.ranks(told)
    assert len(ranked) > text.VOCAB
    numbered = text.numbers(ranked)
    assert any(text.UNKNOWN in text.encode(one, numbered) for one in told)


def test_reviews_are_learnable_but_not_trivial(numbers):
    """Naive Bayes over words: well above chance, well below all."""

    def present(inputs):
        found = np.zeros((len(inputs), text.VOCAB), np.float32)
        found[np.arange(len(inputs))[:, None], inputs] = 1
        return found

    train, labels = present(numbers["train_inputs"]), numbers["train_targets"]
    chances = [(train[labels == side].sum(0) + 1) / 2_002 for side in (0, 1)]
    weights = np.log(chances[1]) - np.log(chances[0])
    weights[train.sum(0) < 20] = 0  # too rare to tell
    scores = present(numbers["test_inputs"]) @ weights
    right = ((scores > 0) == numbers["test_targets"]).mean()
    assert 0.65 < right < 0.9
