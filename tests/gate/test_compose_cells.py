"""Cells as either tree composes them, paired by their overrides."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.errors import UserError
from benchmarks.gate.checkout import compose_cells, trees
from benchmarks.gate.checkout.environments import BENCH
from benchmarks.records.verdict import Side

ROOT = Path(__file__).parents[2]


def side(name, root=ROOT, label=None):
    labels = {"base": "v1", "head": "this tree"}
    pythons = {BENCH: sys.executable}
    return Side(name, root, None, False, pythons, label or labels[name])


def cell(workload="cnn", mode="eager", rate=0.1, precision="float32"):
    return {
        "workload": {"name": workload, "rate": rate, "spec": {}},
        "framework": {"name": "torch", "mode": mode, "python": None},
        "device": {"name": "cpu"},
        "precision": precision,
        "seed": 0,
    }


@pytest.fixture
def answers(monkeypatch):
    """Side's name -> its answers; its requests are kept beside them."""
    known = {"requests": []}

    def compose(which, question):
        known["requests"].append((which.name, question))
        return known[which.name]

    monkeypatch.setattr(compose_cells, "_compose", compose)
    return known


def answer(*words, **about):
    return {"words": list(words), "cell": cell(**about)}


def test_configurations_are_told_by_leaf():
    base = {"a": {"b": 1, "c": 2, "gone": 0}, "same": [1], "empty": {}}
    head = {"a": {"b": 1, "c": 3, "new": {"deep": 4}}, "same": [1], "empty": {}}
    assert compose_cells.configuration(base, head) == {
        "a.c": [2, 3],
        "a.gone": [0, None],
        "a.new.deep": [None, 4],
    }


def test_where_interpreters_lie_is_no_difference():
    base, head = cell(), cell()
    head["framework"]["python"] = "/elsewhere/python"
    assert compose_cells.configuration(base, head) == {}


def test_titles_are_the_benchs(answers):
    answers["head"] = [answer("workload=cnn"), answer("workload=rnn")]
    answers["head"][1]["cell"]["workload"]["name"] = "rnn"
    cells = compose_cells.cells(side("head"), ["workload=cnn,rnn"])
    assert list(cells) == ["cnn torch eager seed 0", "rnn torch eager seed 0"]
    assert answers["requests"][0][1] == {"sweep": ["workload=cnn,rnn"]}


def test_a_cell_that_is_named_twice_is_one(answers):
    answers["head"] = [answer("framework.mode=auto"), answer("x=1")]
    assert len(compose_cells.cells(side("head"), [])) == 1


def test_titles_that_would_be_the_same_say_what_differs(answers):
    answers["head"] = [
        answer("workload=cnn", "++workload.rate=0.1", rate=0.1),
        answer("workload=cnn", "++workload.rate=0.2", rate=0.2),
        answer("workload=cnn", "precision=float64", precision="float64"),
    ]
    assert list(compose_cells.cells(side("head"), [])) == [
        "cnn torch eager seed 0 (workload.rate=0.1)",
        "cnn torch eager seed 0 (workload.rate=0.2)",
        "cnn torch eager float64 seed 0",
    ]


def paired(overrides=(), log=print):
    return compose_cells.paired(
        side("base"), side("head"), list(overrides), log
    )


def test_cells_are_paired_by_what_was_asked_for(answers):
    answers["head"] = [answer("workload=cnn", mode="compiled", rate=0.2)]
    answers["base"] = [answer("workload=cnn", mode="eager", rate=0.1)]
    ((title, (base, head)),) = paired().items()
    assert title == "cnn torch compiled seed 0"
    assert compose_cells.configuration(base, head) == {
        "framework.mode": ["eager", "compiled"],
        "workload.rate": [0.1, 0.2],
    }
    assert answers["requests"][1] == ("base", {"cells": [["workload=cnn"]]})


def lacking(answers):
    answers["head"] = [
        answer("framework=torch", "workload=cnn"),
        answer("framework=torch", "workload=future", workload="future"),
    ]
    words = ["framework=torch", "workload=future"]
    problem = {"words": words, "error": "workload=future: expected one of cnn."}
    answers["base"] = [answers["head"][0], problem]


def test_a_cell_that_is_named_and_the_base_lacks_is_refused(answers):
    lacking(answers)
    with pytest.raises(UserError) as refused:
        paired(["workload=cnn,future"])
    assert str(refused.value).startswith("v1 has no workload future: it has ")


def test_a_cell_of_the_suite_that_the_base_lacks_is_left_out(answers):
    lacking(answers)
    lines = []
    assert list(paired(["framework=torch"], lines.append)) == [
        "cnn torch eager seed 0"
    ]
    assert lines[0].startswith("v1 has no workload future: it has ")
    assert lines[0].endswith(". Left out.")
    answers["base"] = [answers["base"][1]] * 2
    with pytest.raises(UserError, match="has no workload future"):
        paired()


def test_what_only_composing_finds_is_told_of_the_base(answers):
    answers["head"] = [answer("framework=torch", "framework.mode=new")]
    error = "framework=torch framework.mode=new: expected one of eager."
    words = answers["head"][0]["words"]
    answers["base"] = [{"words": words, "error": error}]
    with pytest.raises(UserError) as refused:
        paired(["framework.mode=new"])
    assert str(refused.value) == f"v1 refuses the cell: {error}"


def test_interpreters_cannot_be_chosen():
    with pytest.raises(UserError, match="framework.python cannot be chosen"):
        compose_cells.cells(side("head"), ["framework.python=/usr/bin/python3"])


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ImportError('no omegaconf')", "ImportError: no omegaconf"),
        ("", "no message"),
    ],
)
def test_a_tree_that_cannot_compose(tmp_path, monkeypatch, code, message):
    script = tmp_path / "script.py"
    script.write_text(code)
    monkeypatch.setattr(compose_cells, "SCRIPT", script)
    with pytest.raises(UserError) as refused:
        compose_cells.cells(side("base", tmp_path), [])
    assert str(refused.value) == f"cells cannot be composed by v1: {message}"


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """This tree with another cnn, and without bilstm."""
    root = tmp_path_factory.mktemp("older")
    for name in ("benchmarks", "conf", "impls"):
        shutil.copytree(
            ROOT / name, root / name, ignore=shutil.ignore_patterns("__py*")
        )
    (root / "conf/workload/bilstm.yaml").unlink()
    recipe = root / "conf/workload/cnn.yaml"
    text = recipe.read_text()
    changed = text.replace("learning_rate: 0.001", "learning_rate: 0.002")
    assert changed != text
    recipe.write_text(changed)
    return root


def test_each_tree_composes_with_its_own_files(older):
    sides = side("base", older), side("head")
    overrides = [
        "workload=cnn,rnn",
        "framework=torch",
        "workload.data.batch_size=7",
    ]
    pairs = compose_cells.paired(*sides, overrides, print)
    differing = {
        title: compose_cells.configuration(*cells)
        for title, cells in pairs.items()
    }
    assert differing == {
        "cnn torch eager seed 0": {
            "workload.optimizer.learning_rate": [0.002, 0.001]
        },
        "rnn torch eager seed 0": {},
    }
    assert all(
        cell["workload"]["data"]["batch_size"] == 7
        for _, cell in pairs.values()
    )


def test_what_is_not_given_is_the_suites_without_its_seeds(older):
    words = ["suite=slides", "framework=jax"]
    cells = compose_cells.cells(side("head"), words)
    assert {title.split()[0] for title in cells} == {"cnn", "rnn", "bilstm"}
    assert all(cell["seed"] == 0 for cell in cells.values())
    lines = []
    assert (
        len(
            compose_cells.paired(
                side("base", older), side("head"), words, lines.append
            )
        )
        == 2
    )
    has = sorted(path.stem for path in (older / "conf/workload").glob("*"))
    assert lines == [
        f"v1 has no workload bilstm: it has {', '.join(has)}. Left out."
    ]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("workload=cmn", "CELLS: workload=cmn: expected one of"),
        (
            "workload.optimizer.name=sdg",
            "CELLS: workload.optimizer.name=sdg: expected",
        ),
        ("nonsense", "CELLS: 'nonsense' cannot be read"),
    ],
)
def test_what_cannot_be_is_told_in_the_benchs_words(override, message):
    with pytest.raises(UserError) as refused:
        compose_cells.cells(side("head"), ["framework=torch", override])
    assert message in str(refused.value)


def test_this_repositorys_own_last_commit(tmp_path, monkeypatch):
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this copy has no git")

    monkeypatch.setattr(trees.environments, "difference", lambda *pins: None)
    with trees.sides("HEAD", tmp_path, print) as (base, _):
        assert "cnn jax jit seed 0" in compose_cells.cells(
            base, ["workload=cnn", "framework=jax", "framework.mode=jit"]
        )
        kept = base.root
    assert not kept.exists()
