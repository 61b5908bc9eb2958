"""A claim's numbers in print: in the sentence and in the table."""

import re

from reports.claims import sentence
from tests.reports.claims.test_claim import find, made, times


def test_further_numbers_are_in_the_sentence():
    words = sentence.sentence(find("resnet", made("resnet", "supported")))
    assert "; test accuracy with skips: 92.00 % [91.75, 92.25] in" in words
    assert words.index("+2.00 points") < words.index("92.00 %")
    steps = {
        "scratch_20.training_step_milliseconds": times(10.0),
        "frozen_20.training_step_milliseconds": times(5.0),
    }
    result = find("transfer", made("transfer", "supported", **steps))
    words = sentence.sentence(result)
    assert "frozen over from scratch: 0.50× [0.50, 0.50] in PyTorch" in words
    words = sentence.sentence(find("transfer", made("transfer", "supported")))
    assert "frozen over" not in words  # not measured


def test_of_two_phases_with_pictures_the_first_is_in_the_sentence():
    row = made("filters", "supported")
    names = list(row.cells.columns[2:])
    for name in names:
        row.cells[name.replace("slide", "maps")] = row.cells[name]
    row.details["r0"]["order"].append("maps")
    words = sentence.sentence(find("filters", row))
    lead = "rank correlation of likeness −‖x − w‖² and x·w, slide"
    assert f"; {lead}: 0.70 [0.70, 0.70] in PyTorch" in words
    assert f"; {lead}, of patches of one length: 1.00" in words
    assert "maps" not in words


def test_numbers_read_well():
    assert sentence.value(0.0321, "points", sign=True) == "+3.21"
    assert sentence.value(-0.00001, "points", sign=True) == "+0.00"
    assert sentence.value(612_345.0, "×") == "610,000"
    assert sentence.value(1.23e-6, "×") == "1.2·10⁻⁶"
    assert sentence.value(3.4e9, "×") == "3.4·10⁹"
    assert sentence.value(0.5, "×") == "0.50"
    assert sentence.value(None, "×") == "–"


def test_the_table_has_a_cell_for_each_framework():
    rows = [made("mlp", "supported"), made("mlp", "not supported", "jax")]
    table = sentence.table(find("mlp", *rows))
    heads = ["Question", "Expected", "PyTorch", "JAX"]
    assert [column.title for column in table.columns] == heads
    assert [len(line.cells) for line in table.lines] == [3] * 4
    first = table.lines[0].cells
    assert [cell.kind for cell in first] == ["", "equivalent", "different"]
    assert re.fullmatch(r"\[.*\]", first[1].between)


def test_an_inconclusive_result_contradicts_none():
    rows = [made("resnet", "supported"), made("resnet", "inconclusive", "jax")]
    result = find("resnet", *rows)
    assert result.kind == "inconclusive"
    words = sentence.sentence(result)
    assert "disagree" not in words
    assert "supported in PyTorch; inconclusive in JAX" in words


def test_frameworks_that_disagree_are_named():
    rows = [made("resnet", "supported"), made("resnet", "inconclusive", "jax")]
    rows.append(made("resnet", "not supported", "tensorflow"))
    result = find("resnet", *rows)
    assert result.kind == "mixed"
    assert result.kinds == ["supported", "inconclusive", "not supported"]
    words = sentence.sentence(result)
    assert (
        "the frameworks disagree: supported in PyTorch; inconclusive in JAX"
        in (words)
    )
    title = "test accuracy with skips less without them"
    assert f"not supported in TensorFlow ({title})" in words
