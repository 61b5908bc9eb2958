"""Columns that only workloads of sentences and texts have."""

import pandas as pd
import pytest

from reports.claims import throughput
from reports.markdown.document import table
from reports.results import columns
from reports.sections import findings, overview
from reports.sections.measures import measures
from reports.sections.workload import SHORT
from tests.support import synthetic_rows

HEADS = ("BLEU", "chrF", "Test loss", "Decoding", "Programs", "Padding")
TRANSLATED = {
    "test_bleu": [30.0, 31.0, 32.0],
    "test_chrf": [35.0, 36.0, 37.0],
    "decoding_tokens_per_second": [5000.0, 5100.0, 5200.0],
    "padding_fraction": [0.12, 0.12, 0.12],
    "programs_count": [12.0, 12.0, 12.0],
}
EAGER = "eager: nothing is compiled"


def shown(*rows):
    """Title -> cells of the table of a workload with these rows."""
    content = measures(synthetic_rows.workload("translation", *rows))
    titles = [column.title for column in content.columns[1:]]
    return titles, [
        dict(zip(titles, line.cells, strict=True)) for line in content.lines
    ]


def without(numbers, *names):
    return {k: v for k, v in numbers.items() if k not in names}


def test_translations_have_columns_of_their_own():
    titles, (cells,) = shown(synthetic_rows.row(TRANSLATED))
    assert [title for title in titles if title in HEADS] == [
        title for title in HEADS if title != "Test loss"
    ]
    assert cells["BLEU"].text == "31.00" and cells["BLEU"].between
    assert cells["Decoding"].text == "5,100"
    assert cells["Padding"].text == "12.0"
    assert cells["Programs"].text == "12"


def test_other_workloads_have_none_of_them():
    titles, _ = shown(synthetic_rows.row({"test_accuracy": [0.9, 0.9]}))
    assert not set(titles) & set(HEADS)


def test_a_text_has_bits():
    titles, (cells,) = shown(
        synthetic_rows.row({"test_bits_per_token": [2.2, 2.3, 2.4]})
    )
    assert "Test loss" in titles and "BLEU" not in titles
    assert cells["Test loss"].text == "2.300"


def test_what_is_null_shows_its_reason():
    eager = synthetic_rows.row(without(TRANSLATED, "programs_count"))
    for detail in eager.details.values():
        detail["missing"]["programs_count"] = EAGER
    titles, cells = shown(eager, synthetic_rows.row(TRANSLATED, "jax"))
    own = cells[0]["Programs"]
    assert own.text == "–" and own.tip == EAGER and own.note
    assert cells[1]["Programs"].text == "12"
    alone, _ = shown(eager)  # a reason alone is shown, too
    assert "Programs" in alone


def test_the_report_in_markdown_has_them():
    made = synthetic_rows.workload(
        "translation", synthetic_rows.row(TRANSLATED)
    )
    text = table(measures(made))
    for head in ("BLEU, points", "Decoding, tokens/s", "Padding, %"):
        assert head in text
    short = table(measures(made, SHORT))
    assert "BLEU, points" in short and "Padding" not in short


@pytest.mark.parametrize(
    ("config", "unit"),
    [({"workload.bptt_steps": "35"}, "symbols/s"), ({}, "examples/s")],
)
def test_a_stream_counts_its_symbols(config, unit):
    rate = {"training_examples_per_second": [900.0, 901.0]}
    rows = [
        synthetic_rows.row(rate, name, **config) for name in ("torch", "jax")
    ]
    made = synthetic_rows.workload("language", *rows)
    assert f"Training, {unit} |" in table(measures(made))
    assert throughput.table(made).columns[1].unit == unit
    (line,) = overview.table([made]).lines
    assert line.cells[0].between == f"900 {unit}"


def test_one_seed_has_no_width_of_a_throughput():
    rate = {"training_examples_per_second": [900.0]}
    row = synthetic_rows.row(rate)
    row.cells["training_examples_per_second_low"] = [890.0]
    row.cells["training_examples_per_second_high"] = [910.0]
    row.cells["training_examples_per_second_repeats"] = [6]
    assert not findings._wide([synthetic_rows.workload("cnn", row)])


@pytest.mark.parametrize("measured", [True, False])
def test_the_csv_has_them_only_where_a_workload_has(measured):
    cells = pd.DataFrame({"workload": ["w"], "seed": [1], "record": ["r"]})
    units = {"test_bits_per_token": "bits", "test_bleu": "points"}
    missing = {"programs_count": EAGER}
    if measured:
        cells["test_bleu"], cells["test_bits_per_token"] = [31.0], [2.3]
    detail = {"units": units, "missing": missing}
    bare = {"units": {}, "missing": {}}
    made = columns.ordered(cells, {"r": detail if measured else bare})
    names = ["test_bleu_points", "test_bits_per_token", "programs_count"]
    held = [name for name in made if name in names]
    assert held == (names if measured else [])
    assert "padding_fraction" not in made


def test_a_unit_that_is_in_the_name_is_not_repeated():
    units = {"test_bits_per_token": "bits"}
    assert columns.column("test_bits_per_token", units) == "test_bits_per_token"
    assert columns.column("k10.test_bits_per_token", {}) == (
        "k10.test_bits_per_token"
    )
    assert columns.column("test_bleu") == "test_bleu_points"
