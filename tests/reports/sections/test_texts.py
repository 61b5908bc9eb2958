"""Texts that models wrote, breakdowns, and curves over sequences."""

import json

import numpy as np
import pandas as pd
import pytest

from reports.figures import sequences
from reports.html import document as html
from reports.markdown import document as markdown
from reports.results import curves as history
from reports.results.curves import Pictures
from reports.results.frame import Bench
from reports.sections import texts
from tests.support.synthetic_rows import row, workload

WRITTEN = {
    "translations": [
        {"source": f"s{n}", "reference": f"r{n}", "hypothesis": "<b>は</b>"}
        for n in range(12)
    ],
    "sentences": [{"source": "this is water .", "hypothesis": "水 で す"}],
    "attention": [
        {
            "source": ["water", "<end>"],
            "target": ["水", "です", "<end>"],
            "array": f"pictures/translation_attention.attention.{n}.npy",
        }
        for n in range(2)
    ],
}
SHARES = np.array([[0.9, 0.1], [0.25, 0.75], [0, 1]])
MAPS = {f"translation_attention.attention.{n}": SHARES for n in range(2)}


def bench(curves=(), **pictures):
    columns = history.COLUMNS
    return Bench({}, pd.DataFrame(), pd.DataFrame(curves, columns=columns), {},
                 pictures)  # fmt: skip


def results(content=WRITTEN, **arrays):
    """A bench and a workload of two frameworks that wrote the same."""
    rows = [row({}, name) for name in ("torch", "jax")]
    rows[1].cells["record"] = ["other"]
    same = Pictures(arrays, {"translation_attention": content})
    return bench(r0=same, other=same), workload("translation_attention", *rows)


def cells(table):
    return [[line.title, *(c.text for c in line.cells)] for line in table.lines]


def test_ten_translations_and_the_sentence_of_every_framework():
    sentences, translations = texts.written(*results())
    assert cells(sentences) == [
        ["PyTorch", "this is water .", "水 で す"],
        ["JAX", "this is water .", "水 で す"],
    ]
    heads = [column.title for column in translations.columns]
    assert heads == ["English", "reference", "PyTorch", "JAX"]
    assert len(translations.lines) == 10
    assert cells(translations)[3] == ["s3", "r3", *["<b>は</b>"] * 2]


def test_a_map_has_a_row_for_each_word_written():
    maps = texts.attention(*results(**MAPS))
    # All of the first framework's, and the first of every other's
    assert [gallery.title.split(":")[0] for gallery in maps] == [
        "Attention, PyTorch",
        "Attention, JAX",
        "Attention, PyTorch",
    ]
    assert [head for head, _ in maps[0].rows] == ["水", "です", "<end>"]
    assert maps[0].rows[1][1] == [
        {"share": 25, "title": "です – water: 0.25"},
        {"share": 75, "title": "です – <end>: 0.75"},
    ]


def test_the_map_of_a_head_names_it():
    entry = WRITTEN["attention"][0] | {"of": "source, layer 2, head 1"}
    (first, *_) = texts.attention(*results({"attention": [entry]}, **MAPS))
    expected = "Attention, PyTorch, source, layer 2, head 1: water <end>"
    assert first.title == expected


def test_a_sample_stands_beside_its_prompt():
    sample = {"sample": "to be", "prompt": "Hamlet:\n"}
    (table,) = texts.written(*results(sample))
    assert cells(table)[0][1:] == ["Hamlet:\n", "to be"]


def test_texts_are_escaped_in_html():
    _, translations = texts.written(*results())
    (first, *_) = texts.attention(*results(**MAPS))
    page = html.macro("texts", translations)
    page += html.macro("gallery", first)
    assert "&lt;b&gt;は&lt;/b&gt;" in page and "<b>は" not in page
    assert "&lt;end&gt;" in page


@pytest.mark.parametrize("broken", [False, True])
def test_texts_are_read_as_utf_8_or_the_reason_is_kept(broken):
    content = json.dumps({"sample": "水"}, ensure_ascii=False).encode()
    record = {"id": "r0", "pictures": ["texts/translation.json"]}
    kept = history._pictures(
        record, lambda *_: content[: -2 if broken else None]
    )
    assert kept.texts == ({} if broken else {"translation": {"sample": "水"}})
    assert ("texts/translation.json" in kept.lost) == broken


def test_curves_of_sequences_are_read():
    for name in ("lstm.groups/accuracy", "groups/count", "rnn.distance/after",
                 "bleu_by_length/bleu"):  # fmt: skip
        assert history.CURVES.fullmatch(name), name


def test_gradients_over_distance_before_and_after():
    points = [
        ("r0", f"lstm.distance/{when}", step, value)
        for when, values in (("before", [4, 2, 0]), ("after", [8, 4, 2]))
        for step, value in enumerate(values)
    ]
    figure = sequences.distances(bench(points), row({}), ["lstm"])
    after, before = figure["data"]
    assert (after["x"], after["y"]) == ([0, 1, 2], [8, 4, 2])
    assert before["y"] == [4, 2]  # a logarithm shows no zero
    assert figure["layout"]["yaxis"]["type"] == "log"


def test_groups_stand_in_their_order_where_one_is_empty():
    names = ("words_401_up", "words_1_50", "words_51_100")
    lstm = row({"lstm.test_accuracy": [0.9]})
    lstm.details["r0"]["units"] = {f"lstm.test_accuracy_{n}": [] for n in names}
    points = [("r0", "lstm.groups/accuracy", at, 0.8) for at in (0, 2)]
    figure = sequences.groups(bench(points), lstm, ["lstm"])
    assert figure["data"][0]["x"] == [0, 2]
    axis = figure["layout"]["xaxis"]
    assert axis["ticktext"] == ["1–50", "51–100", "401 on"]
    assert axis["tickangle"] < 0
    assert axis["title"]["text"] == "words"


def test_bleu_stands_over_where_its_lengths_begin():
    points = [
        ("r0", f"bleu_by_length/{name}", step, value)
        for name, values in (("from", [1, 6]), ("bleu", [30, 20]))
        for step, value in enumerate(values)
    ]
    figure = sequences.bleu(bench(points), [(row({}), "solid", "")])
    assert (figure["data"][0]["x"], figure["data"][0]["y"]) == (
        [1, 6],
        [30, 20],
    )


def test_markdown_has_texts_and_bleu_by_length():
    points = [
        (record, f"bleu_by_length/{name}", step, value)
        for record in ("r0", "other")
        for name, values in (("from", [1, 6]), ("bleu", [30, 20]))
        for step, value in enumerate(values)
    ]
    content = WRITTEN | {"sample": "to\nbe", "prompt": "a|b"}
    made = workload("translation", row({}))
    shown = bench(points, r0=Pictures({}, {"translation": content}))
    tables = texts.breakdowns(shown, made) + texts.written(shown, made)
    text = "\n".join(map(markdown.table, tables))
    assert "| PyTorch eager | 30.0 | 20.0 |" in text
    assert "from 1 words" in text and "from 6 words" in text
    assert "| PyTorch | this is water . | 水 で す |" in text
    assert "a\\|b | to ⏎ be |" in text
    assert "&lt;b>は" in text


def test_accuracy_by_group():
    lstm = row({"lstm.test_accuracy_words_1_50": [0.8, 0.9]})
    lstm.details["r0"]["units"] = {"lstm.test_accuracy_words_1_50": "ratio"}
    (table,) = texts.breakdowns(bench(), workload("lstm", lstm))
    text = markdown.table(table)
    assert "words 1–50" in text
    assert text.endswith("| PyTorch eager lstm | 85.0 |")
