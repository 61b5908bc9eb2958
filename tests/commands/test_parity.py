"""`make parity`: what it prints, writes and refuses."""

import json

import numpy as np
import pytest

from benchmarks.commands import parity
from benchmarks.parity import compare
from benchmarks.parity.case import checks
from benchmarks.parity.compare import Run
from benchmarks.parity.result import Result

CHECKS = checks("rnn")

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
    left = {"a": [1.0], "b": [1.0]}
    assert compare.worst(left, {"a": [1.0], "b": [2.0]}) == (0.5, "b")
    assert compare.worst(left, {"a": [1.0]}) == (inf, "b")
    assert compare.worst({"a": [1.0]}, left) == (inf, "b")


def run(value, checks=CHECKS, first=1.0):
    """A Run that computed `value` everywhere; the reference computed 1."""
    expected = {"logits": np.array([1.0, 1.0])}
    actual = {check: {"logits": np.array([value, 1.0])} for check in checks}
    actual[CHECKS[0]] = {"logits": np.array([first, 1.0])}
    results = {c: Result(c, actual[c], expected) for c in checks}
    return Run(results, checks=CHECKS)


@pytest.fixture
def runs(monkeypatch):
    """Runs by framework, instead of workers."""
    prepared = {}
    monkeypatch.setattr(
        parity.schedule,
        "run_all",
        lambda keys, log: {
            key: prepared[key.framework] for key in keys if key.model == "rnn"
        },
    )
    return prepared


def main(out, *more):
    frameworks = ["--frameworks", "jax,torch", "--models", "rnn"]
    precisions = ["--precisions", "float64"]
    out = ["--out", str(out)]
    return parity.main([*frameworks, *precisions, *out, *more])


def test_all_within_its_bound(runs, tmp_path, capsys):
    runs |= {"jax": run(1.0), "torch": run(1 + 1e-11)}
    path = tmp_path / "latest" / "parity.json"
    assert main(path) == 0
    rows = json.loads(path.read_text())
    assert len(rows) == 3 * len(CHECKS)  # two implementations and the reference
    assert {key: type(value) for key, value in rows[-1].items()} == {
        "model": str, "check": str, "left": str, "right": str,
        "precision": str, "array": str, "error": float, "bound": float,
    }  # fmt: skip
    pairs = {(row["left"], row["right"]) for row in rows}
    assert pairs == {
        ("jax-jit", "torch-eager"),
        ("jax-jit", "reference"),
        ("torch-eager", "reference"),
    }
    assert list(path.parent.iterdir()) == [path]


def test_names_and_shapes_permit_no_difference(runs, tmp_path, capsys):
    runs |= {"jax": run(1.0), "torch": run(1.0, first=1 + 1e-15)}
    assert main(tmp_path / "parity.json") == 1
    printed = capsys.readouterr().out
    assert printed.count("BEYOND") == 2
    expected = "BEYOND: rnn, names and shapes, float64: torch-eager against"
    assert expected in printed


def test_a_difference_beyond_its_bound_is_printed_and_is_the_exit_code(
    runs, tmp_path, capsys
):
    runs |= {"jax": run(1.0, CHECKS[:2]), "torch": run(1 + 1e-9)}
    assert main(tmp_path / "parity.json") == 1
    printed = capsys.readouterr().out
    expected = "float64: jax-jit against torch-eager, logits: 1e-09"
    assert expected in printed
    # `logits` against both, the later checks against the reference only
    assert "9 comparisons, 5 beyond" in printed


def test_one_line_says_which_implementation_is_to_blame(runs, tmp_path, capsys):
    runs |= {"jax": run(1 + 1e-9), "torch": run(1.0), "tensorflow": run(1.0)}
    arguments = ["--frameworks", "jax,torch,tensorflow"]
    assert main(tmp_path / "parity.json", *arguments) == 1
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.startswith("rnn, float64: ")]
    beyond = [line for line in lines if line.startswith("BEYOND")]
    others = len(beyond)  # of the first check that fails
    assert line == (
        "rnn, float64: jax-jit differs from all others, first in logits"
        f" ({4 * others} comparisons are beyond their bounds)"
    )
    assert others == 3 and all("rnn, logits, " in each for each in beyond)


def test_two_that_differ_may_both_be_to_blame(runs, tmp_path, capsys):
    runs |= {"jax": run(1 + 1e-9), "torch": run(1 - 1e-9)}
    assert main(tmp_path / "parity.json") == 1
    printed = capsys.readouterr().out
    assert "rnn, float64: jax-jit, reference, torch-eager differ, " in printed


def test_the_closing_line_has_the_largest_difference_and_what_is_covered(
    runs, tmp_path, capsys
):
    runs |= {"jax": run(1.0), "torch": run(1 + 1e-11)}
    main(tmp_path / "parity.json")
    last = capsys.readouterr().out.splitlines()[-1]
    every = len(parity.variants())
    assert last == (
        f"15 comparisons, all within their bounds, of 1 of {every} models,"
        " 2 of 3 frameworks, 5 of 6 checks; the largest difference: rnn,"
        " logits, float64: jax-jit against torch-eager, logits: 1e-11,"
        " bound 1e-10"
    )


def test_an_implementation_that_failed_is_beyond_every_bound(runs, tmp_path):
    failed = run(1.0, CHECKS[:2])
    failed.problem = "killed (signal 9)"
    runs |= {"jax": failed, "torch": run(1.0)}
    assert main(tmp_path / "parity.json") == 1
    rows = json.loads((tmp_path / "parity.json").read_text())
    (row,) = [row for row in rows if row["error"] > row["bound"]]
    assert (row["check"], row["array"]) == ("gradients", "killed (signal 9)")


def test_an_absent_framework_is_no_failure(runs, tmp_path):
    absent = Run(problem="not installed", absent=True)
    runs |= {"jax": absent, "torch": run(1.0)}
    assert main(tmp_path / "parity.json") == 0
    rows = json.loads((tmp_path / "parity.json").read_text())
    assert {row["right"] for row in rows} == {"reference"}


def test_nothing_installed_is_an_error(runs, tmp_path, capsys):
    absent = Run(problem="not installed", absent=True)
    runs |= {"jax": absent, "torch": absent}
    assert main(tmp_path / "parity.json") == 2
    assert "no framework is installed" in capsys.readouterr().err
    assert not (tmp_path / "parity.json").exists()


@pytest.mark.parametrize(
    "without", [{"sizes": {}, "floors": {}}, {"sizes": {}}]
)
def test_missing_floors_are_refused_with_the_command_that_measures_them(
    runs, tmp_path, capsys, monkeypatch, without
):
    monkeypatch.setattr(compare, "fixture", lambda model: without)
    assert main(tmp_path / "parity.json", "--precisions", "float32") == 2
    message = capsys.readouterr().err
    assert "rnn: no float32 floors" in message
    assert "--measure-floors --models rnn" in message


def test_a_missing_fixture_is_refused_with_what_to_write(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(parity.case, "IMPLS", tmp_path)
    assert parity.main(["--models", "rnn"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("impls/rnn/parity.json: missing. Write it with")


def test_a_path_that_cannot_be_written_is_named(runs, tmp_path, capsys):
    runs |= {"jax": run(1.0), "torch": run(1.0)}
    (tmp_path / "file").write_text("")
    assert main(tmp_path / "file" / "parity.json") == 2
    assert "parity.json: cannot be written" in capsys.readouterr().err


def test_an_unknown_framework_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as exit:
        main(tmp_path, "--frameworks", "torsh")
    assert exit.value.code == 2
    message = capsys.readouterr().err
    assert "'torsh': expected some of jax,tensorflow,torch" in message


def test_floors_are_the_largest_difference_of_all_seeds(
    tmp_path, monkeypatch, capsys
):
    before = {"sizes": {"vocab": 5}, "batch": 3, "floors": {"logits": 9.0}}
    (tmp_path / "rnn").mkdir()
    (tmp_path / "rnn" / "parity.json").write_text(json.dumps(before))
    monkeypatch.setattr(parity.case, "IMPLS", tmp_path)
    calls = []

    def run_all(keys, log, seed):
        keys = list(keys)
        calls.append({(key.label, key.precision) for key in keys})
        error = [3.21e-6, 1e-9, 0][seed]
        return dict.fromkeys(keys, run(1 + error))

    monkeypatch.setattr(parity.schedule, "run_all", run_all)
    assert parity.main(["--measure-floors", "--models", "rnn"]) == 0
    after = json.loads((tmp_path / "rnn" / "parity.json").read_text())
    assert (after["sizes"], after["batch"]) == ({"vocab": 5}, 3)
    assert after["floors"] == dict.fromkeys(CHECKS[1:], 3.3e-6)
    assert "--measure-floors --seeds 3" in after["measured"]
    assert ("torch-compiled", "float32") in calls[0]  # every mode once
    assert ("torch-compiled", "float32") not in calls[1]
    assert {precision for call in calls for _, precision in call} == {"float32"}


def test_a_floor_is_at_least_the_epsilon_of_float32(tmp_path, monkeypatch):
    (tmp_path / "rnn").mkdir()
    (tmp_path / "rnn" / "parity.json").write_text("{}")
    monkeypatch.setattr(parity.case, "IMPLS", tmp_path)
    worst = {"": 0.0, "logits": 0.0, "gradients": 1.0e-6}
    parity._write_floors("rnn", worst, 3)
    after = json.loads((tmp_path / "rnn" / "parity.json").read_text())
    assert after["floors"] == {"logits": 1.2e-7, "gradients": 1.0e-6}


def test_a_variant_has_other_sizes_and_floors_of_its_own(tmp_path, monkeypatch):
    content = {
        "sizes": {"time": 5, "width": 3},
        "variants": {"long": {"time": 9}},
        "floors": {"logits": 1e-6},
    }
    path = tmp_path / "rnn" / "parity.json"
    path.parent.mkdir()
    path.write_text(json.dumps(content))
    monkeypatch.setattr(parity.case, "IMPLS", tmp_path)
    assert parity.variants(["rnn"]) == ["rnn", "rnn long"]
    assert parity.fixture("rnn long")["sizes"] == {"time": 9, "width": 3}
    assert parity.fixture("rnn long")["floors"] == {}
    parity._write_floors("rnn long", {"logits": 3.21e-6}, 3)
    after = json.loads(path.read_text())
    assert after["floors"] == {"logits": 1e-6}  # the model's own
    assert after["sizes"] == content["sizes"]
    assert parity.fixture("rnn long")["floors"] == {"logits": 3.3e-6}


def test_every_criterion_of_a_check_has_its_own_bound():
    expected = {"loss": np.ones(2), "mean, running": np.ones(2)}
    expected |= {"mean, frozen": np.ones(2)}
    actual = {name: value + 3e-12 for name, value in expected.items()}
    check = "training mode"
    run = Run({check: Result(check, actual, expected)})
    rows = compare.rows("mlp", "float64", {"torch-eager": run})
    assert {row["array"]: row["bound"] for row in rows} == {
        "loss": 1e-10,
        "mean, running": 1e-12,
        "mean, frozen": 0.0,
    }
    beyond = [row["array"] for row in rows if row["error"] > row["bound"]]
    assert beyond == ["mean, running", "mean, frozen"]
    assert {row["check"] for row in rows} == {check}
