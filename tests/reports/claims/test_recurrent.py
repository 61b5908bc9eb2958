"""Claims of memory, labels and translations: what decides, and what not."""

from dataclasses import replace

import pytest

from reports.claims import registry, sentence
from tests.support import synthetic_rows

TESTED = ("memory", "tagging", "translation", "translation_attention")
FARTHEST = "test_accuracy_distance_90_99"
MEMORY = {
    "rnn.gradient_far_over_near": [1e-9, 2e-9, 3e-9],
    "lstm.gradient_far_over_near": [0.1, 0.21, 0.29],
    "rnn.test_accuracy_distance_0_9": [1.0, 1.0, 0.999],
    "lstm.test_accuracy_distance_0_9": [1.0, 1.0, 0.999],
    f"rnn.{FARTHEST}": [0.50, 0.51, 0.52],
    f"lstm.{FARTHEST}": [0.99, 0.992, 0.991],
}
TAGS = {
    "test_accuracy": [0.930, 0.931, 0.932],
    "test_accuracy_unseen": [0.70, 0.71, 0.72],
}
PLAIN = {"test_bleu": [20.0, 21.0, 22.0], "test_chrf": [25.0, 26.0, 27.0]}
ATTENDING = {
    "test_bleu": [30.0, 31.1, 31.9],
    "test_chrf": [35.0, 36.0, 37.0],
    "decoding_tokens_per_second": [5000.0, 5100.0, 5200.0],
}


def find(name, numbers, *beside, synthetic=False):
    row = synthetic_rows.row(numbers, **{"workload.target_accuracy": "0.92"})
    row = replace(row, synthetic=synthetic)
    made = synthetic_rows.workload(name, row, synthetic=synthetic)
    result = registry.find(replace(made, every=[made, *beside]))
    assert result is not None
    return result


def plain(numbers=PLAIN, framework="torch"):
    row = synthetic_rows.row(numbers, framework)
    return synthetic_rows.workload("translation", row)


@pytest.mark.parametrize(
    "numbers, kind",
    [
        ({}, "supported"),
        ({f"rnn.{FARTHEST}": [0.99, 0.992, 0.991]}, "not supported"),
        ({f"lstm.{FARTHEST}": [0.50, 0.51, 0.52]}, "not supported"),
        (
            {"lstm.gradient_far_over_near": [1e-10, 2e-10, 3e-10]},
            "not supported",
        ),
        ({f"lstm.{FARTHEST}": [0.90, 0.95, 0.99]}, "inconclusive"),
    ],
)
def test_memory_hangs_on_gradients_and_the_farthest_group(numbers, kind):
    result = find("memory", MEMORY | numbers)
    assert result.kind == kind
    titles = [answer.question.title for answer in result.answers[0]]
    assert "test accuracy, 90 to 99 steps back, LSTM" in titles
    assert "test accuracy, 90 to 99 steps back, LSTM less RNN" in titles
    assert not any("0 to 9 steps" in title for title in titles)
    assert result.answers[0][0].question.unit == "×"


def test_a_gradient_that_is_gone_is_no_ratio():
    gone = {"rnn.gradient_far_over_near": [0.0, 2e-9, 3e-9]}
    result = find("memory", MEMORY | gone)
    assert result.kind == "inconclusive"
    words = sentence.sentence(result)
    assert "the RNN's is 0 with 1 of 3 seeds" in words


@pytest.mark.parametrize(
    "middle, kinds",
    [
        (0.931, ["supported", "supported"]),
        (0.900, ["supported", "not supported"]),
        (0.850, ["not supported", "not supported"]),
    ],
)
def test_labels_are_held_against_the_most_frequent_ones(middle, kinds):
    values = [middle - 0.001, middle, middle + 0.001]
    result = find("tagging", TAGS | {"test_accuracy": values})
    assert [answer.kind for answer in result.answers[0][:2]] == kinds
    assert result.kind == kinds[0]
    words = sentence.sentence(result)
    assert "not in the training split: 71.00 % [" in words


def test_synthetic_sentences_have_no_bound():
    result = find("tagging", TAGS, synthetic=True)
    assert result.kind == "inconclusive"
    words = sentence.sentence(result)
    assert "inconclusive in PyTorch (synthetic data: there is" in words
    own = find("translation_attention", ATTENDING, plain(), synthetic=True)
    assert own.answers[0][1].reason == "synthetic data: there is no bound"


def test_a_claim_that_decides_nothing_tells_its_numbers():
    result = find("translation", PLAIN)
    assert not result.judged
    assert sentence.verdict(result) == "measured"
    words = sentence.sentence(result)
    assert "(slide 24): measured in PyTorch; translations' words: " in words
    assert "21.00 BLEU [" in words and "26.00 chrF [" in words
    assert "inconclusive" not in words and "()" not in words


@pytest.mark.parametrize(
    "theirs, kind",
    [
        ([20.0, 21.0, 22.0], "supported"),
        ([40.0, 41.0, 42.0], "not supported"),
        ([29.0, 31.0, 33.0], "inconclusive"),
    ],
)
def test_attention_is_paired_with_the_workload_beside_it(theirs, kind):
    beside = plain({"test_bleu": theirs}), plain(framework="jax")
    result = find("translation_attention", ATTENDING, *beside)
    assert result.kind == kind
    lead = result.answers[0][0]
    expected = 31.0 - sum(theirs) / 3
    assert lead.interval.mean == pytest.approx(expected)
    assert lead.interval.count == 3
    if kind == "supported":
        words = sentence.sentence(result)
        assert "+10.00 BLEU [" in words and "paired by seed" in words
        assert result.answers[0][1].kind == "supported"  # at least 27
        assert "decoding: 5,100 tokens/s [" in words


def test_attention_alone_says_what_was_not_run():
    result = find("translation_attention", ATTENDING)
    assert result.kind == "inconclusive"
    words = sentence.sentence(result)
    assert "workload `translation` was not run beside it" in words
    other = find("translation_attention", ATTENDING, plain(framework="jax"))
    assert "was not run beside it" in sentence.sentence(other)
