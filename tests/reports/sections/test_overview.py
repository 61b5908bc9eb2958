"""The first table: what an engineer looks for, one row per workload."""

import pytest

from reports.markdown.document import table as markdown
from reports.sections import overview
from tests.support.synthetic_rows import row, workload

RATE = "training_examples_per_second"


def measured(framework, rates, accuracies, share=None):
    """A framework's row; share: half its interval over blocks, of a rate."""
    values = {
        RATE: rates,
        "test_accuracy": accuracies,
        "import_seconds": [1.0] * len(rates),
        "build_seconds": [0.25] * len(rates),
        "compile_seconds": [2.0] * len(rates),
        "first_step_seconds": [0.5] * len(rates),
        "host_peak_bytes": [512e6] * len(rates),
    }
    made = row(values, framework)
    if share is not None:
        made.cells[f"{RATE}_low"] = made.cells[RATE] * (1 - share)
        made.cells[f"{RATE}_high"] = made.cells[RATE] * (1 + share)
        made.cells[f"{RATE}_repeats"] = 6
    return made


def line(*rows, name="cnn"):
    (only,) = overview.table([workload(name, *rows)]).lines
    return only


def test_the_fastest_and_by_how_much():
    rows = [
        measured("torch", [100.0, 110.0, 120.0], [0.9] * 3),
        measured("jax", [51.0, 54.0, 61.0], [0.9] * 3),
    ]
    own = line(*rows)
    assert own.title == "CNN" and own.under == "3 seeds"
    first, torch, jax, accuracy, startup, memory = own.cells
    assert (first.text, first.between) == ("PyTorch", "110 examples/s")
    assert (torch.text, jax.text) == ("1.00", "0.50")
    assert jax.between.startswith("[0.4") and jax.between.endswith("]")
    assert (startup.text, memory.text) == ("3.8 · 3.8", "512 · 512")


@pytest.mark.parametrize(
    "share, names", [(0.02, "PyTorch"), (0.2, "PyTorch or JAX")]
)
def test_an_interval_that_includes_1_leaves_the_fastest_open(share, names):
    rows = [
        measured("torch", [100.0], [0.9], share),
        measured("jax", [90.0], [0.9], share),
    ]
    assert line(*rows).cells[0].text == names


@pytest.mark.parametrize(
    "theirs, style, words",
    [
        ([0.900, 0.901, 0.902], "equivalent", "same (±1)"),
        ([0.800, 0.801, 0.802], "different", "different (±1)"),
        ([0.850, 0.900, 0.930], "open", "inconclusive (±1)"),
        ([0.899], "once", "same in one seed (±1)"),
        ([0.800], "once-not", "different in one seed (±1)"),
    ],
)
def test_accuracy_is_the_same_within_the_margin(theirs, style, words):
    ours = [0.901, 0.902, 0.903][: len(theirs)]
    rates = [10.0] * len(theirs)
    own = line(measured("torch", rates, ours), measured("jax", rates, theirs))
    cell = own.cells[3]
    assert (cell.kind, cell.text) == (style, words)
    assert cell.between.startswith("PyTorch +")
    assert cell.between.endswith(" over JAX")
    assert ("[" in cell.between) == (len(theirs) > 1)


def test_the_two_farthest_apart_are_named():
    rows = [
        measured("torch", [10.0], [0.90]),
        measured("tensorflow", [10.0], [0.95]),
        measured("jax", [10.0], [0.93]),
    ]
    text = line(*rows).cells[4].between
    assert text == "TensorFlow +5.00 over PyTorch"


def test_the_slides_program_stands_beside_and_is_never_the_fastest():
    rows = [
        measured("torch", [100.0, 110.0, 120.0], [0.9] * 3),
        measured("slide", [200.0, 220.0, 240.0], [0.1] * 3),
    ]
    own = line(*rows)
    assert [cell.text for cell in own.cells[:3]] == ["PyTorch", "1.00", "2.00"]
    assert own.cells[3].text == "–"  # one framework's accuracy alone


def test_what_is_missing_is_a_dash():
    own = line(row({"test_accuracy": [0.9]}), name="mlp")
    assert own.cells[0].tip == "nothing was timed"
    assert [cell.text for cell in own.cells] == ["–"] * 5
    assert own.cells[1].tip == "not measured"


def test_the_same_rows_are_in_markdown():
    rows = [
        measured("torch", [100.0], [0.9], 0.01),
        measured("jax", [50.0], [0.9], 0.01),
    ]
    both = [workload("cnn", *rows), workload("mlp", *rows)]
    text = markdown(overview.table(both))
    assert "| CNN (1 seed) | PyTorch 100 examples/s | 1.00 | 0.50 [" in text
    assert "| Dropout (1 seed) | PyTorch 100 examples/s" in text
    assert "95 % interval over blocks of one process each" in text
    assert "pairs by seed" not in text
