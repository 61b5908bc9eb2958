"""BLEU and chrF by sacrebleu, and BLEU by the length of the source."""

import pytest

from benchmarks.passes import bleu

SENTENCES = ["a b c d e", "a b c d"]


def test_what_is_as_it_was_written_has_all_points():
    assert bleu.bleu(SENTENCES, SENTENCES) == pytest.approx(100)
    assert bleu.chrf(SENTENCES, SENTENCES) == pytest.approx(100)


def test_tokens_are_those_between_blanks():
    # A tokeniser would part the full stop from its word: here they are one
    assert bleu.bleu(["a b c d."], ["a b c d ."]) < 60


def test_blanks_are_no_characters():
    assert bleu.chrf(["彼 ら"], ["彼ら"]) == pytest.approx(100)


def test_nothing_has_no_points_and_counts_must_agree():
    assert bleu.bleu([], []) == 0
    with pytest.raises(ValueError, match="2 translations of 1 references"):
        bleu.bleu(SENTENCES, SENTENCES[:1])


def test_each_sentence_is_in_one_bucket_and_empty_ones_are_left_out():
    sources = ["a"] * 2 + ["a b c d e f g h"] + ["a " * 30]
    hypotheses = ["x y z w"] * 3 + ["w z y x"]
    columns = bleu.by_length(sources, hypotheses, ["x y z w"] * 4)
    assert columns["from"] == [1, 8, 12]
    assert columns["to"] == [5, 9, 30]
    assert columns["count"] == [2, 1, 1]
    assert columns["bleu"][0] == pytest.approx(100)
    assert columns["bleu"][2] < 30
