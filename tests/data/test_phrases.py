"""One derivation: English, its tags, its sentiment and its Japanese."""

import hashlib

import numpy as np
import pytest

from benchmarks.data import names, pipeline, prepare
from benchmarks.data.dataset import told
from benchmarks.data.sets import by_length, delayed_copy, pairs, tags
from benchmarks.data.synthetic import (
    phrase_pairs,
    phrase_reviews,
    phrase_tags,
    phrase_text,
    phrases,
)
from impls.sequences import UNKNOWN

STAND_INS = (
    phrase_pairs,
    phrase_tags,
    phrase_text,
    phrase_reviews,
    delayed_copy,
)


@pytest.fixture(scope="module")
def derived():
    return phrases.phrases(1, 3_000)


@pytest.mark.parametrize("kind", STAND_INS, ids=lambda one: one.SET.name)
def test_a_seed_means_the_same_bits(kind):
    first, again, other = (kind.generate(seed) for seed in (3, 3, 4))
    assert first.keys() == again.keys() == other.keys()
    for name, array in first.items():
        assert np.array_equal(array, again[name])
    assert not np.array_equal(first["train_inputs"], other["train_inputs"])


def test_the_bits_are_those_of_every_machine(derived):
    told = "".join(
        f"{' '.join(one.english)}|{' '.join(one.tags)}|{one.sentiment}|"
        f"{' '.join(one.japanese)}\n"
        for one in derived
    )
    assert hashlib.sha256(told.encode()).hexdigest()[:12] == "932eaa918fa8"
    signs = delayed_copy.generate(1)["train_inputs"].astype("<i4")
    assert hashlib.sha256(signs).hexdigest()[:12] == "5331710bbb0e"


def test_every_english_word_has_a_tag(derived):
    for one in derived:
        assert len(one.english) == len(one.tags)
        assert set(one.tags) <= set(tags.TAGS)
        assert one.english[-1] in ".?" and one.tags[-1] == "PUNCT"
        assert one.japanese[-1] == "。" and "" not in one.japanese


def test_words_are_tagged_by_their_place(derived):
    """Or a table of words would do."""
    found = {}
    for one in derived:
        for word, tag in zip(one.english, one.tags, strict=True):
            found.setdefault(word, set()).add(tag)
    assert found["water"] == {"NOUN", "VERB"}
    assert found["this"] == {"PRON", "DET"}
    assert found["to"] == {"PART", "ADP"}


def test_japanese_says_what_english_says(derived):
    said = {" ".join(one.english): " ".join(one.japanese) for one in derived}
    assert said["this is water ."] == "これ は 水 で す 。"
    for english, japanese in said.items():
        assert ("not" in english.split()) <= any(
            no in japanese for no in ("ま せ ん", "く な")
        )
        assert english.endswith("?") == japanese.endswith("か 。")
        if "drank" in english:
            assert japanese.endswith("を 飲 み ま し た 。")


def test_negation_turns_sentiment_round(derived):
    sides = {}
    for one in derived:
        words = " ".join(one.english)
        if "good" in one.english and "but" not in one.english:
            sides.setdefault("not" in words.split(), set()).add(one.sentiment)
    assert sides == {False: {1}, True: {-1}}
    shares = np.bincount([one.sentiment + 1 for one in derived]) / len(derived)
    assert 0.15 < shares[0] < 0.35 and 0.15 < shares[2] < 0.35


def test_this_is_water_is_trained_on():
    arrays = phrase_pairs.generate(9)
    source = told(arrays["words_source"])
    first = [source[n] for n in arrays["train_inputs"][0]]
    assert first[:5] == ["this", "is", "water", ".", "<end>"]
    target = told(arrays["words_target"])
    row = arrays["train_inputs_2"][0, : arrays["train_lengths"][0]]
    assert " ".join(target[n] for n in row) == "<start> これ は 水 で す 。"
    row = arrays["train_targets"][0, : arrays["train_lengths"][0]]
    assert " ".join(target[n] for n in row) == "これ は 水 で す 。 <end>"


def test_pairs_are_as_those_they_stand_in_for():
    arrays = phrase_pairs.generate(phrase_pairs.SET.seed)
    for split, size in phrase_pairs.SIZES.items():
        shape = (size, pairs.LONGEST + 1)
        for part in ("inputs", "inputs_2", "targets"):
            array = arrays[f"{split}_{part}"]
            assert array.shape == shape and array.dtype == np.int32
        lengths, steps = arrays[f"{split}_lengths"], arrays[f"{split}_inputs_1"]
        assert ((arrays[f"{split}_targets"] > 0).sum(1) == lengths).all()
        assert ((arrays[f"{split}_inputs"] > 0).sum(1) == steps).all()
        assert (arrays[f"{split}_times"] == np.maximum(lengths, steps)).all()
    assert len(told(arrays["test_references"])) == 200
    rows = {row.tobytes() for row in arrays["train_inputs"]}
    known = [row for row in arrays["test_inputs"] if UNKNOWN not in row]
    assert len(known) > 100
    assert not any(row.tobytes() in rows for row in known)


def test_tags_are_as_those_they_stand_in_for():
    arrays = phrase_tags.generate(phrase_tags.SET.seed)
    groups, lengths = arrays["test_groups"], arrays["test_lengths"]
    assert groups.dtype == np.int8
    assert ((groups >= 0).sum(1) == lengths).all()
    assert (groups == tags.UNSEEN).sum() > 50
    assert (groups == tags.UNSEEN).sum() < (groups == tags.SEEN).sum() / 10
    assert told(arrays["groups"]) == ["seen", "unseen"]


def test_text_is_a_stream():
    arrays = phrase_text.generate(1)
    stream, following = arrays["train_inputs"], arrays["train_targets"]
    assert np.array_equal(stream[1:], following[:-1])
    known = told(arrays["words_target"])
    assert known[:2] == ["\\n", " "] and len(known) == stream.max() + 1 < 65
    first = "".join(known[n] for n in stream[:16])
    assert first == "this is water .\\n"


def test_reviews_are_of_all_lengths():
    arrays = phrase_reviews.generate(1, size=500)
    counts = np.bincount(arrays["test_groups"], minlength=5)
    assert counts.min() > 50 and counts.sum() == 500
    assert told(arrays["groups"]) == list(by_length.NAMES)
    assert np.bincount(arrays["test_targets"]).tolist() == [250, 250]


def test_one_sign_in_noise():
    arrays = delayed_copy.generate(1)
    inputs, targets = arrays["test_inputs"], arrays["test_targets"]
    signs = inputs < delayed_copy.SIGNS
    assert (signs.sum(1) == 1).all() and inputs.max() == 9
    assert (inputs[signs] == targets).all()
    distance = inputs.shape[1] - 1 - signs.argmax(1)
    assert (arrays["test_groups"] == distance // 25).all()
    assert 0.4 < targets.mean() < 0.6
    assert told(arrays["groups"])[0] == "distance_0_24"


@pytest.mark.parametrize("source", pipeline.SOURCES)
def test_no_source_refuses_a_task_of_its_own(tmp_path, source):
    """It stands in for nothing, so it is never called synthetic data."""
    said = []
    found = prepare("delayed_copy", tmp_path, source, tmp_path, said.append)
    assert found["name"] == "delayed_copy" and found["notice"] is None
    assert not found["synthetic"] and "seed" in found["source"]
    assert "delayed_copy" in names() and "phrase_pairs" not in names()
    assert said == ["delayed_copy: generating (seconds, once)"]
