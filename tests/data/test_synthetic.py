"""Synthetic data: a function of the seed, learnable, and not trivial."""

import hashlib
from collections import Counter, defaultdict

import numpy as np
import pytest

from benchmarks.data import pipeline
from benchmarks.data.dataset import PARTS, read_lines
from benchmarks.data.sets import (
    delayed_copy,
    lookup,
    pairs,
    reviews,
    symbols,
    tags,
)
from benchmarks.data.synthetic import grammar, images, sentences
from impls.sequences import UNKNOWN

SIZES = {"train": 2_000, "test": 1_000}
FEW = {"train": 500, "validation": 50, "test": 50}
GENERATORS = {
    "images": lambda seed: images.generate(seed, SIZES),
    "imdb": lambda seed: sentences.imdb(seed, 100),
    "imdb_by_length": lambda seed: sentences.by_length(seed, 100),
    "tagged": lambda seed: sentences.tagged(seed, FEW),
    "text": lambda seed: sentences.text(seed, 500),
    "translations": lambda seed: sentences.translations(seed, FEW),
    "delayed_copy": delayed_copy.generate,
    "lookup": lookup.generate,
}


def digest(content):
    return hashlib.sha256(content).hexdigest()[:12]


@pytest.fixture(scope="module")
def derived():
    return grammar.sentences(1, 3_000)


@pytest.fixture(scope="module")
def pictures():
    return images.generate(1, SIZES)


@pytest.fixture(scope="module")
def opinions():
    return sentences.imdb(1, 4_000)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_seed_gives_the_same_bits(name):
    first, again, other = (GENERATORS[name](seed) for seed in (3, 3, 4))
    assert first.keys() == again.keys() == other.keys() >= set(PARTS)
    for part, array in first.items():
        assert np.array_equal(array, again[part])
    for part in ("train_inputs", "test_inputs"):
        assert not np.array_equal(first[part], other[part])


def test_the_bits_are_those_of_every_machine(derived):
    text = "".join(
        f"{' '.join(row.english)}|{' '.join(row.tags)}|"
        f"{' '.join(row.japanese)}\n"
        for row in derived
    )
    assert digest(text.encode()) == "9a870036ce09"
    signs = delayed_copy.generate(1)["train_inputs"].astype("<i4")
    assert digest(signs) == "5331710bbb0e"
    pairs_shown = lookup.generate(1)["train_inputs"].astype("<i4")
    assert digest(pairs_shown) == "9b7c1febaf96"


def test_shades_are_those_of_every_machine(pictures):
    shades = np.rint(pictures["train_inputs"] * 255).astype(np.uint8)
    assert digest(shades) == "197f7e04bc66"


# Images


def test_images_have_the_form_of_mnist(pictures):
    for split, size in SIZES.items():
        inputs = pictures[f"{split}_inputs"]
        targets = pictures[f"{split}_targets"]
        assert inputs.shape == (size, 28, 28, 1)
        assert inputs.dtype == np.float32
        assert inputs.min() == 0 and inputs.max() == 1
        assert np.array_equal(np.rint(inputs * 255) / np.float32(255), inputs)
        assert targets.dtype == np.int32
        assert np.bincount(targets).tolist() == [size // 10] * 10
    assert images.SIZES == {"train": 60_000, "test": 10_000}


def test_no_image_twice(pictures):
    both = np.concatenate([pictures["train_inputs"], pictures["test_inputs"]])
    assert len({image.tobytes() for image in both}) == len(both)


def test_images_are_learnable_but_not_trivial(pictures):
    """The nearest mean image of a class: above chance, far below 1."""
    train = pictures["train_inputs"].reshape(-1, 784)
    test = pictures["test_inputs"].reshape(-1, 784)
    classes = pictures["train_targets"]
    means = np.stack([train[classes == n].mean(0) for n in range(10)])
    nearest = (test @ means.T - (means**2).sum(1) / 2).argmax(1)
    assert 0.4 < (nearest == pictures["test_targets"]).mean() < 0.75


# The grammar


def test_every_english_word_has_a_tag(derived):
    for row in derived:
        assert len(row.english) == len(row.tags)
        assert set(row.tags) <= set(tags.TAGS)
        assert row.english[-1] in ".?" and row.tags[-1] == "PUNCT"
        assert row.japanese[-1] == "。" and "" not in row.japanese


def test_tags_depend_on_the_context(derived):
    """A table of words is not enough."""
    tags_of = defaultdict(set)
    for row in derived:
        for word, tag in zip(row.english, row.tags, strict=True):
            tags_of[word].add(tag)
    for word in ("water", "book", "paint", "books"):
        assert tags_of[word] == {"NOUN", "VERB"}
    assert tags_of["this"] == {"PRON", "DET"}


def test_some_tags_are_ambiguous_even_in_their_context(derived):
    """A perfect tagger does not reach 1: as with the real treebank."""
    often = Counter(word for row in derived for word in row.english)
    tags_of = defaultdict(Counter)  # of a word between its neighbours
    for row in derived:
        words = [word if often[word] > 20 else "?" for word in row.english]
        contexts = zip(["", *words], words, [*words[1:], ""], strict=False)
        for context, tag in zip(contexts, row.tags, strict=True):
            tags_of[context][tag] += 1
    most = sum(max(counts.values()) for counts in tags_of.values())
    assert 0.93 < most / sum(map(Counter.total, tags_of.values())) < 0.98


def test_the_grammar_translates(derived):
    """One translation for each English sentence, with another word order."""
    translations = defaultdict(set)
    for row in derived:
        translations[" ".join(row.english)].add(" ".join(row.japanese))
    assert max(map(len, translations.values())) == 1
    assert translations["this is water ."] == {"これ は 水 で す 。"}
    for english, (japanese,) in translations.items():
        assert english.endswith("?") == japanese.endswith("か 。")
        assert ("not" in english.split()) <= any(
            negation in japanese
            for negation in ("ま せ ん", "く な い", "で は な い")
        )
        if " planted " in english and "was planted" not in english:
            assert japanese.endswith("植え ま し た 。")


def test_negation_inverts_the_sentiment(derived):
    signs = defaultdict(set)
    for row in derived:
        if "good" in row.english and "but" not in row.english:
            negated = bool({"not", "never"} & set(row.english))
            signs[negated].add(grammar.sentiment(row.english))
    assert signs == {False: {1}, True: {-1}}
    signs = [grammar.sentiment(row.english) for row in derived]
    shares = np.bincount(np.add(signs, 1)) / len(derived)
    assert shares.shape == (3,) and 0.1 < shares[0] < 0.3 > shares[2] > 0.1


def test_of_a_contrast_the_second_half_counts(derived):
    halves = {"bad": -1, "good": 1}
    count = 0
    for row in derived:
        if "but" in row.english and not {"not", "never"} & set(row.english):
            last = row.english[-2]
            if last in halves:
                assert grammar.sentiment(row.english) == halves[last]
                count += 1
    assert count > 3


# Reviews


def test_reviews_have_the_form_of_imdb(opinions):
    for split in ("train", "test"):
        inputs = opinions[f"{split}_inputs"]
        targets = opinions[f"{split}_targets"]
        assert inputs.shape == (4_000, reviews.LENGTH)
        assert inputs.dtype == targets.dtype == np.int32
        assert inputs.min() == reviews.PADDING and inputs.max() < reviews.VOCAB
        assert 0 < (inputs == reviews.PADDING).mean() < 0.2
        assert np.bincount(targets).tolist() == [2_000, 2_000]
        assert 0.4 < targets[:1000].mean() < 0.6  # shuffled


def test_words_exceed_the_vocabulary():
    train, _ = sentences.review_texts(1, 10_000, sentences.WORDS)
    ranked = reviews.ranks(text for text, _ in train)
    assert len(ranked) > reviews.VOCAB
    numbered = reviews.numbers(ranked)
    assert any(
        reviews.UNKNOWN in reviews.encode(text, numbered) for text, _ in train
    )


def test_reviews_are_learnable_but_not_trivial(opinions):
    """Naive Bayes over words, blind to their order: far below 1."""

    def present(inputs):
        rows = np.zeros((len(inputs), reviews.VOCAB), np.float32)
        rows[np.arange(len(inputs))[:, None], inputs] = 1
        return rows

    train, labels = present(opinions["train_inputs"]), opinions["train_targets"]
    chances = [(train[labels == side].sum(0) + 1) / 2_002 for side in (0, 1)]
    weights = np.log(chances[1]) - np.log(chances[0])
    weights[train.sum(0) < 20] = 0  # too rare
    logits = present(opinions["test_inputs"]) @ weights
    accuracy = ((logits > 0) == opinions["test_targets"]).mean()
    assert 0.65 < accuracy < 0.9


def test_reviews_are_of_all_lengths():
    arrays = sentences.by_length(1, size=500)
    counts = np.bincount(arrays["test_groups"], minlength=5)
    assert counts.min() > 50 and counts.sum() == 500
    assert read_lines(arrays["groups"]) == list(reviews.GROUP_NAMES)
    assert np.bincount(arrays["test_targets"]).tolist() == [250, 250]


# Pairs, tags, text


def test_the_sentence_of_slide_25_is_trained_on():
    arrays = sentences.translations(9, FEW)
    source = read_lines(arrays["words_source"])
    first = [source[n] for n in arrays["train_inputs"][0]]
    assert first[:5] == ["this", "is", "water", ".", "<end>"]
    target = read_lines(arrays["words_target"])
    row = arrays["train_inputs_2"][0, : arrays["train_lengths"][0]]
    assert " ".join(target[n] for n in row) == "<start> これ は 水 で す 。"
    row = arrays["train_targets"][0, : arrays["train_lengths"][0]]
    assert " ".join(target[n] for n in row) == "これ は 水 で す 。 <end>"


def test_pairs_have_the_form_of_small_parallel_enja():
    seed = sentences.SMALL_PARALLEL_ENJA.seed
    arrays = sentences.translations(seed)
    for split in ("train", "validation", "test"):
        size = len(arrays[f"{split}_targets"])
        shape = (size, pairs.LONGEST + 1)
        for part in ("inputs", "inputs_2", "targets"):
            array = arrays[f"{split}_{part}"]
            assert array.shape == shape and array.dtype == np.int32
        lengths, steps = arrays[f"{split}_lengths"], arrays[f"{split}_inputs_1"]
        assert ((arrays[f"{split}_targets"] > 0).sum(1) == lengths).all()
        assert ((arrays[f"{split}_inputs"] > 0).sum(1) == steps).all()
        assert (arrays[f"{split}_times"] == np.maximum(lengths, steps)).all()
    assert len(read_lines(arrays["test_references"])) == size == 500
    assert arrays["train_inputs"].max() < 4_109  # as conf/ has it
    assert arrays["train_targets"].max() < 4_906
    rows = {row.tobytes() for row in arrays["train_inputs"]}
    complete = [row for row in arrays["test_inputs"] if UNKNOWN not in row]
    assert len(complete) > 100
    assert not any(row.tobytes() in rows for row in complete)


def test_tags_have_the_form_of_the_treebank():
    arrays = sentences.tagged(sentences.UD_ENGLISH_EWT.seed)
    groups, lengths = arrays["test_groups"], arrays["test_lengths"]
    assert groups.dtype == np.int8
    assert ((groups >= 0).sum(1) == lengths).all()
    assert (groups == tags.UNSEEN).sum() > 50
    assert (groups == tags.UNSEEN).sum() < (groups == tags.SEEN).sum() / 10
    assert read_lines(arrays["groups"]) == ["seen", "unseen"]
    assert arrays["train_inputs"].max() < 8_869  # as conf/ has it
    assert arrays["train_inputs_1"].max() < 2_266
    assert set(np.unique(arrays["train_inputs_2"])) <= set(
        range(len(symbols.SIGNS) + len(tags.SHAPES))
    )


def test_text_is_a_stream():
    arrays = sentences.text(1, 1_000)
    stream, following = arrays["train_inputs"], arrays["train_targets"]
    assert np.array_equal(stream[1:], following[:-1])
    characters = read_lines(arrays["words_target"])
    assert characters[:2] == ["\\n", " "]
    assert len(characters) == stream.max() + 1 < 65
    first = "".join(characters[n] for n in stream[:16])
    assert first == "this is water .\\n"


# Delayed copy


def test_a_sign_in_noise():
    arrays = delayed_copy.generate(1)
    inputs, targets = arrays["test_inputs"], arrays["test_targets"]
    signs = inputs < delayed_copy.SIGNS
    assert (signs.sum(1) == 1).all() and inputs.max() == 9
    assert (inputs[signs] == targets).all()
    distance = inputs.shape[1] - 1 - signs.argmax(1)
    assert (arrays["test_groups"] == distance // 25).all()
    assert 0.4 < targets.mean() < 0.6
    assert read_lines(arrays["groups"])[0] == "distance_0_24"


@pytest.mark.parametrize("source", pipeline.SOURCES)
def test_no_source_refuses_a_task_of_its_own(tmp_path, source):
    """It stands in for nothing, so it is never marked as synthetic."""
    lines = []
    data = pipeline.prepare(
        "delayed_copy", tmp_path, source, tmp_path, lines.append
    )
    assert data["name"] == "delayed_copy" and data["notice"] is None
    assert not data["synthetic"] and "seed" in data["source"]
    assert "delayed_copy" in pipeline.names()
    assert "synthetic_imdb" not in pipeline.names()
    assert lines == ["delayed_copy: drawing (seconds, once)"]
