"""`make parity`: what it prints, writes and refuses."""

import json

import numpy as np
import pytest

from benchmarks.commands import parity
from benchmarks.parity import compare
from benchmarks.parity.case import rungs
from benchmarks.parity.checks import Step
from benchmarks.parity.compare import Climb

RUNGS = rungs("rnn")

inf = float("inf")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, 4.0], [1.0, 4.0], 0),
        ([1.0, 4.0], [1.5, 4.0], 0.5 / 4),  # against the largest of both
        ([1.0, 2.0], [1.0, 4.0], 2 / 4),
        ([1e-9], [3e-9], 2e-9 / 1e-4),  # zero in theory
        ([1.0], [np.nan], inf),
        ([np.inf], [np.inf], inf),
        ([1.0, 2.0], [1.0], inf),
        ([1.0], [[1.0]], inf),
        ([1.0], None, inf),
    ],
)
def test_differences_are_relative_to_the_largest_entry(one, other, expected):
    assert compare.difference(one, other) == pytest.approx(expected)
    assert compare.difference(other, one) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (np.float32([1, 2]), np.float32([1, 2]), 0),
        (np.float32([1, 2]), np.float32([1, 2.0000002]), 0.5),
        (np.float64([0.0]), np.float64([-0.0]), 1),  # equal, not the same
        (np.float64([np.nan]), np.float64([np.nan]), 0),
        (np.float32([1, 2]), np.float64([1, 2]), inf),
        (np.float32([[1, 2]]), np.float32([1, 2]), inf),
        (np.float32([[1, 2], [3, 4]]).T, np.float32([[1, 3], [2, 4]]), 0),
        (None, np.float32([1]), inf),
    ],
)
def test_bits_are_the_same_or_not(one, other, expected):
    assert compare.unequal(one, other) == expected


def test_the_worst_array_is_named_and_missing_ones_too():
    one = {"a": [1.0], "b": [1.0]}
    assert compare.worst(one, {"a": [1.0], "b": [2.0]}) == (0.5, "b")
    assert compare.worst(one, {"a": [1.0]}) == (inf, "b")
    assert compare.worst({"a": [1.0]}, one) == (inf, "b")


def climbed(value, rungs=RUNGS, first=1.0):
    """A column that found `value` everywhere; the reference says 1."""
    right = {"scores": np.array([1.0, 1.0])}
    found = {rung: {"scores": np.array([value, 1.0])} for rung in rungs}
    found[1] = {"scores": np.array([first, 1.0])}
    steps = {rung: Step(rung, found[rung], right) for rung in rungs}
    return Climb(steps, rungs=RUNGS)


@pytest.fixture
def gathered(monkeypatch):
    """Columns by name, instead of workers."""
    columns = {}
    monkeypatch.setattr(
        parity.schedule,
        "gather",
        lambda wanted, say: {
            place: columns[place.framework]
            for place in wanted
            if place.model == "rnn"
        },
    )
    return columns


def run(out, *more):
    frameworks = ["--frameworks", "jax,torch", "--models", "rnn"]
    precisions = ["--precisions", "float64"]
    out = ["--out", str(out)]
    return parity.main([*frameworks, *precisions, *out, *more])


def test_all_within_its_bound(gathered, tmp_path, capsys):
    gathered |= {"jax": climbed(1.0), "torch": climbed(1 + 1e-11)}
    path = tmp_path / "latest" / "parity.json"
    assert run(path) == 0
    rows = json.loads(path.read_text())
    assert len(rows) == 3 * len(RUNGS)  # two columns and the reference
    assert {key: type(value) for key, value in rows[-1].items()} == {
        "model": str, "rung": int, "left": str, "right": str,
        "precision": str, "array": str, "error": float, "bound": float,
    }  # fmt: skip
    pairs = {(row["left"], row["right"]) for row in rows}
    assert pairs == {
        ("jax-jit", "torch-eager"),
        ("jax-jit", "reference"),
        ("torch-eager", "reference"),
    }
    assert list(path.parent.iterdir()) == [path]


def test_rung_one_bears_no_difference(gathered, tmp_path, capsys):
    gathered |= {"jax": climbed(1.0), "torch": climbed(1.0, first=1 + 1e-15)}
    assert run(tmp_path / "parity.json") == 1
    printed = capsys.readouterr().out
    assert printed.count("BEYOND") == 2
    assert "BEYOND: rnn rung 1 float64, torch-eager against" in printed


def test_a_difference_beyond_its_bound_is_printed_and_is_the_exit_code(
    gathered, tmp_path, capsys
):
    gathered |= {"jax": climbed(1.0, [1, 2]), "torch": climbed(1 + 1e-9)}
    assert run(tmp_path / "parity.json") == 1
    printed = capsys.readouterr().out
    expected = "rung 2 float64, jax-jit against torch-eager, scores: 1e-09"
    assert expected in printed
    # Rung 2 against both, 3, 4, 6 against the reference alone
    assert "9 comparisons, 5 beyond" in printed


def test_a_column_that_failed_is_beyond_every_bound(gathered, tmp_path):
    failed = climbed(1.0, [1, 2])
    failed.problem = "killed (signal 9)"
    gathered |= {"jax": failed, "torch": climbed(1.0)}
    assert run(tmp_path / "parity.json") == 1
    rows = json.loads((tmp_path / "parity.json").read_text())
    (row,) = [row for row in rows if row["error"] > row["bound"]]
    assert (row["rung"], row["array"]) == (3, "killed (signal 9)")


def test_an_absent_framework_is_no_failure(gathered, tmp_path):
    absent = Climb(problem="not installed", absent=True)
    gathered |= {"jax": absent, "torch": climbed(1.0)}
    assert run(tmp_path / "parity.json") == 0
    rows = json.loads((tmp_path / "parity.json").read_text())
    assert {row["right"] for row in rows} == {"reference"}


def test_nothing_installed_is_a_mistake_to_mend(gathered, tmp_path, capsys):
    absent = Climb(problem="not installed", absent=True)
    gathered |= {"jax": absent, "torch": absent}
    assert run(tmp_path / "parity.json") == 2
    assert "no framework is installed" in capsys.readouterr().err
    assert not (tmp_path / "parity.json").exists()


def test_a_model_without_floors_is_told_how_to_measure_them(
    gathered, tmp_path, capsys, monkeypatch
):
    without = {"sizes": {}, "floors": {}}
    monkeypatch.setattr(compare, "facts", lambda model: without)
    assert run(tmp_path / "parity.json", "--precisions", "float32") == 2
    told = capsys.readouterr().err
    assert "rnn: no float32 floors" in told
    assert "--measure-floors --models rnn" in told


def test_a_model_of_which_nothing_is_known_is_told_what_to_write(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(parity.case, "IMPLS", tmp_path)
    assert parity.main(["--models", "rnn"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("impls/rnn/parity.json: missing. Write it with odd")


def test_a_place_that_cannot_be_written_is_named(gathered, tmp_path, capsys):
    gathered |= {"jax": climbed(1.0), "torch": climbed(1.0)}
    (tmp_path / "file").write_text("")
    assert run(tmp_path / "file" / "parity.json") == 2
    assert "parity.json: cannot be written" in capsys.readouterr().err


def test_a_word_that_means_nothing_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        run(tmp_path, "--frameworks", "torsh")
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert "'torsh': expected some of jax,tensorflow,torch" in told


def test_floors_are_the_largest_difference_of_all_seeds(
    tmp_path, monkeypatch, capsys
):
    before = {"sizes": {"vocab": 5}, "batch": 3, "floors": {"2": 9.0}}
    (tmp_path / "rnn").mkdir()
    (tmp_path / "rnn" / "parity.json").write_text(json.dumps(before))
    monkeypatch.setattr(parity.case, "IMPLS", tmp_path)
    asked = []

    def gather(wanted, say, seed):
        wanted = list(wanted)
        asked.append({(place.column, place.precision) for place in wanted})
        apart = {2: 3.21e-6, 3: 1e-9}.get(2 + seed, 0)
        return dict.fromkeys(wanted, climbed(1 + apart))

    monkeypatch.setattr(parity.schedule, "gather", gather)
    assert parity.main(["--measure-floors", "--models", "rnn"]) == 0
    after = json.loads((tmp_path / "rnn" / "parity.json").read_text())
    assert (after["sizes"], after["batch"]) == ({"vocab": 5}, 3)
    assert after["floors"] == dict.fromkeys("2346", 3.3e-6)
    assert "--measure-floors --seeds 3" in after["measured"]
    assert ("torch-compiled", "float32") in asked[0]  # every mode once
    assert ("torch-compiled", "float32") not in asked[1]
    assert {precision for some in asked for _, precision in some} == {"float32"}


def test_a_floor_is_never_below_what_the_type_can_tell_apart(
    tmp_path, monkeypatch
):
    (tmp_path / "rnn").mkdir()
    (tmp_path / "rnn" / "parity.json").write_text("{}")
    monkeypatch.setattr(parity.case, "IMPLS", tmp_path)
    parity._write_floors("rnn", {"": 0.0, "2": 0.0, "3": 1.0e-6}, 3)
    after = json.loads((tmp_path / "rnn" / "parity.json").read_text())
    assert after["floors"] == {"2": 1.2e-7, "3": 1.0e-6}


def test_a_variant_has_other_sizes_and_floors_of_its_own(tmp_path, monkeypatch):
    known = {
        "sizes": {"time": 5, "width": 3},
        "variants": {"long": {"time": 9}},
        "floors": {"2": 1e-6},
    }
    path = tmp_path / "rnn" / "parity.json"
    path.parent.mkdir()
    path.write_text(json.dumps(known))
    monkeypatch.setattr(parity.case, "IMPLS", tmp_path)
    assert parity.variants(["rnn"]) == ["rnn", "rnn long"]
    assert parity.facts("rnn long")["sizes"] == {"time": 9, "width": 3}
    assert parity.facts("rnn long")["floors"] == {}
    parity._write_floors("rnn long", {"2": 3.21e-6}, 3)
    after = json.loads(path.read_text())
    assert after["floors"] == {"2": 1e-6}  # the model's own stay
    assert after["sizes"] == known["sizes"]
    assert parity.facts("rnn long")["floors"] == {"2": 3.3e-6}


def test_every_part_of_a_rung_is_held_to_its_own_bound():
    expected = {"loss": np.ones(2), "mean, running": np.ones(2)}
    expected |= {"mean, frozen": np.ones(2)}
    found = {name: value + 3e-12 for name, value in expected.items()}
    rows = compare.rows(
        "mlp", "float64", {"one": Climb({5: Step(5, found, expected)})}
    )
    assert {row["array"]: row["bound"] for row in rows} == {
        "loss": 1e-10,
        "mean, running": 1e-12,
        "mean, frozen": 0.0,
    }
    beyond = [row["array"] for row in rows if row["error"] > row["bound"]]
    assert beyond == ["mean, running", "mean, frozen"]
    assert {row["rung"] for row in rows} == {5}
