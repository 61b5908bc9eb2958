"""Records of earlier schemas: their keys and modes in today's words."""

import json
from pathlib import Path

import pytest

from benchmarks.config.compose import compose
from benchmarks.records import checksums
from benchmarks.reproduce import former_names, from_csv, rerun, subject

SETS = Path(__file__).parents[2] / "reports" / "published"
ROWS = SETS / "slides-2026-11-24"
RECORDS = SETS / "quick-2026-11-24" / "records"


def test_the_former_mode_of_the_slides_program_is_rebuilt():
    entry = next(e for e in from_csv.read(ROWS) if e["mode"] == "fit")
    cell, _ = from_csv.rebuild(entry)
    assert cell["framework"]["mode"] == "tensorflow"
    former = former_names.former_cell(cell)
    assert former["framework"]["mode"] == "fit"
    entry["key"] = from_csv.key(former, entry)
    assert "its key is the recorded" in from_csv.rebuild(entry)[1]
    raw = {"framework": "slide", "mode": "fit", "cell": former}
    read = former_names.present(raw | {"schema": 2})
    assert read["mode"] == read["cell"]["framework"]["mode"] == "tensorflow"


def test_keys_that_a_record_lacks_are_completed():
    """Of its phases as well; its own key is made without them."""
    cell, _ = compose("workload=lstm", "framework=torch", "suite=recurrent")
    earlier = former_names.earlier_cell(cell)
    for part in (earlier["workload"], *earlier["workload"]["phases"].values()):
        assert "label_smoothing" not in part
        assert part["schedule"].keys() == {"name"}
        assert "weight_decay" not in part["optimizer"]
    raw = {"schema": 2, "framework": "torch", "mode": "eager", "cell": earlier}
    assert former_names.present(raw)["cell"] == cell
    entry = from_csv.read(ROWS)[0]
    cell, _ = from_csv.rebuild(entry)
    entry["key"] = from_csv.key(former_names.earlier_cell(cell), entry)
    assert "its key is the recorded" in from_csv.rebuild(entry)[1]


def test_a_key_that_was_added_and_has_an_effect_is_kept():
    words = (
        "optimizer.name=adamw optimizer.weight_decay=0.1 label_smoothing=0.2"
    )
    keys = [f"workload.{word}" for word in words.split()]
    cell, _ = compose("workload=cnn", "framework=torch", *keys)
    assert former_names.earlier_cell(cell)["workload"]["label_smoothing"] == 0.2
    former = former_names.former_cell(cell)["workload"]
    assert former_names.present_workload(former) == cell["workload"]


@pytest.mark.parametrize("folder", sorted(RECORDS.glob("*/*")), ids=str)
def test_a_record_with_former_names_is_read(folder):
    """The oldest records are of schema 1, and their checksums hold."""
    read = subject.of_path(folder)
    assert read.trust.problems == []
    assert read.entry["schema"] == 2 and read.entry["timings"]
    cell = read.entry["cell"]
    rerun._check(cell)
    raw = json.loads((folder / checksums.RECORD).read_text())
    former = former_names.former_cell(cell)["workload"]
    # Since then a cell has said how many examples it trains on
    assert former.pop("examples") is None
    assert former == raw["cell"]["workload"]


@pytest.mark.parametrize("name", ["vanishing", "translation", "memory"])
def test_former_names_are_translated_there_and_back(name):
    cell, _ = compose("suite=recurrent", f"workload={name}", "framework=torch")
    former = former_names.former_cell(cell)
    assert former["workload"]["rate"] and "optimizer" not in former["workload"]
    back = former_names.present_workload(former["workload"])
    assert back == cell["workload"]
