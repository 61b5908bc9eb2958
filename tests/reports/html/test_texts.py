"""What models wrote, as the report shows it; and curves over sequences."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reports.figures import sequences
from reports.html import document
from reports.html import texts as page_texts
from reports.markdown import sequences as markdown_sequences
from reports.results import curves as history
from reports.results.curves import Pictures
from reports.results.frame import Bench
from tests.support.synthetic_rows import row, workload

TOLD = {
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


def shown(told=None, **arrays):
    """Blocks of two frameworks that wrote the same."""
    texts = {"translation_attention": told or TOLD}
    rows = [row({}, one) for one in ("torch", "jax")]
    rows[1].cells["record"] = ["other"]
    same = Pictures(arrays, texts)
    found = bench(r0=same, other=same)
    return page_texts.blocks(found, workload("translation_attention", *rows))


def test_ten_translations_and_the_sentence_of_every_framework():
    sentences, translations = shown()
    assert sentences["rows"] == [
        ["PyTorch", "this is water .", "水 で す"],
        ["JAX", "this is water .", "水 で す"],
    ]
    assert translations["heads"] == ["English", "reference", "PyTorch", "JAX"]
    assert len(translations["rows"]) == 10
    assert translations["rows"][3] == ["s3", "r3", *["<b>は</b>"] * 2]


def test_a_map_has_a_row_for_each_word_written():
    maps = shown(**MAPS)[2:]
    # All of the first framework's, and the first of every other's
    assert [one["title"].split(":")[0] for one in maps] == [
        "Attention, PyTorch",
        "Attention, JAX",
        "Attention, PyTorch",
    ]
    assert [one["head"] for one in maps[0]["rows"]] == ["水", "です", "<end>"]
    assert maps[0]["rows"][1]["cells"] == [
        {"share": 25, "value": "0.25"},
        {"share": 75, "value": "0.75"},
    ]


def test_a_sample_stands_beside_what_it_goes_on_from():
    (found,) = shown({"sample": "to be", "prompt": "Hamlet:\n"})
    assert found["rows"][0][1:] == ["Hamlet:\n", "to be"]


def test_texts_are_shown_as_they_are_and_not_as_html():
    context = {"texts": shown(**MAPS), "synthetic": False, "data": "d"}
    page = document.render("texts.html", {}, {"workload": context})
    assert "&lt;b&gt;は&lt;/b&gt;" in page and "<b>は" not in page
    assert "&lt;end&gt;" in page


@pytest.mark.parametrize("broken", [False, True])
def test_texts_are_read_as_utf_8_or_their_loss_is_told(tmp_path, broken):
    path = tmp_path / "translation.json"
    content = json.dumps({"sample": "水"}, ensure_ascii=False)
    path.write_bytes(content.encode()[: -2 if broken else None])
    tags = {"triptych.pictures": json.dumps([f"texts/{path.name}"]),
            history.RECORD: "r0"}  # fmt: skip
    run = SimpleNamespace(
        info=SimpleNamespace(run_id="1"), data=SimpleNamespace(tags=tags)
    )
    client = SimpleNamespace(download_artifacts=lambda *_: path)
    store = SimpleNamespace(local=True, client=client)
    found = history._pictures(store, run)
    assert found.texts == ({} if broken else {"translation": {"sample": "水"}})
    assert ("texts/translation.json" in found.lost) == broken


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
    one = row({"lstm.test_accuracy": [0.9]})
    one.details["r0"]["units"] = {f"lstm.test_accuracy_{n}": [] for n in names}
    points = [("r0", "lstm.groups/accuracy", at, 0.8) for at in (0, 2)]
    figure = sequences.groups(bench(points), one, ["lstm"])
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
    figure = sequences.bleu(bench(points), [(row({}), "solid")])
    assert (figure["data"][0]["x"], figure["data"][0]["y"]) == (
        [1, 6],
        [30, 20],
    )


def test_markdown_has_what_was_written_and_bleu_by_length():
    points = [
        (record, f"bleu_by_length/{name}", step, value)
        for record in ("r0", "other")
        for name, values in (("from", [1, 6]), ("bleu", [30, 20]))
        for step, value in enumerate(values)
    ]
    texts = {"translation": TOLD | {"sample": "to\nbe", "prompt": "a|b"}}
    made = workload("translation", row({}))
    found = bench(points, r0=Pictures({}, texts))
    told = "\n".join(markdown_sequences.sections(found, made))
    assert "| PyTorch eager | 30.0 | 20.0 |" in told
    assert "from 1 words" in told and "from 6 words" in told
    assert "| PyTorch | this is water . | 水 で す |" in told
    assert "a\\|b | to ⏎ be |" in told
    assert "&lt;b>は" in told and "heat" not in told


def test_markdown_has_accuracy_by_group():
    one = row({"lstm.test_accuracy_words_1_50": [0.8, 0.9]})
    one.details["r0"]["units"] = {"lstm.test_accuracy_words_1_50": "ratio"}
    (told,) = markdown_sequences.sections(bench(), workload("lstm", one))
    assert "words 1–50" in told
    assert told.endswith("| PyTorch eager lstm | 85.0 |")
