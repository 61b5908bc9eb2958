"""A base with other pins gets an environment of its own, once."""

import sys

import pytest

from benchmarks.errors import UserError
from benchmarks.gate.checkout import environments
from tests.support.repositories import (
    FILES,
    NOTHING,
    PROJECT,
    commit,
    left,
    opened,
    project,
    write,
)

# Notes its calls; a set-up that is broken off leaves no stamp
SETUP = """
import json, os, sys
from pathlib import Path
root = Path(__file__).parents[1]
with (root / "calls").open("a") as calls:
    calls.write("called\\n")
assert (root / "constraints.txt").read_text().startswith("jax==0.10.1")
if (root / "constraints.txt").read_text().count("broken"):
    (root / "runs/logs").mkdir(parents=True, exist_ok=True)
    (root / "runs/logs/setup.log").write_text(
        "ERROR: first\\nERROR: No matching distribution found for jax\\ntail\\n"
    )
    sys.exit(1)
(root / ".venv/bin").mkdir(parents=True, exist_ok=True)
os.symlink(sys.executable, root / ".venv/bin/python")
(root / ".venv/triptych.json").write_text(
    json.dumps({"interpreters": {"tensorflow": ".venv-tf/bin/python"}})
)
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    return project(tmp_path, monkeypatch)


def pins(constraints="", project=PROJECT, root=None):
    write(root, {"constraints.txt": constraints, "pyproject.toml": project})
    return environments.pins(root, "it")


def test_pins_are_what_is_installed_not_what_is_said_of_it(tmp_path):
    plain = pins("jax==1\nflax==2\n", root=tmp_path)
    commented = pins(
        "# why\nflax==2  # and why\n\njax==1\n",
        PROJECT + "# more\n[tool.ruff]\nline-length = 80\n",
        tmp_path,
    )
    assert environments.difference(plain, commented) is None
    assert plain == commented


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("jax==1\na==1\n", "pins jax 1 where this tree pins 2"),
        ("jax==1\na==2\n", "pins jax 1 where this tree pins 2, and 1 more"),
        ("jax==2\na==1\nb==3\n", "pins b 3 where this tree pins no b"),
    ],
)
def test_differences_in_words(tmp_path, base, message):
    head = pins("jax==2\na==1\n", root=tmp_path)
    difference = environments.difference(pins(base, root=tmp_path), head)
    assert message in difference
    assert ("more" in difference) == ("more" in message)


def test_other_requirements_are_other_pins(tmp_path):
    other = PROJECT.replace("numpy", "scipy")
    difference = environments.difference(
        pins(root=tmp_path), pins(project=other, root=tmp_path)
    )
    assert difference.startswith("requires packages")


def test_what_only_this_tree_has_makes_no_other_environment(tmp_path):
    head = pins("jax==2\na==1\n", root=tmp_path)
    assert (
        environments.difference(pins("jax==2\n", root=tmp_path), head) is None
    )
    more = PROJECT.replace("'numpy'", "'numpy', 'scipy'")
    assert more != PROJECT
    wider = pins("jax==2\n", more, tmp_path)
    assert (
        environments.difference(pins("jax==2\n", root=tmp_path), wider) is None
    )
    assert environments.difference(wider, head)


@pytest.fixture
def moved(repository):
    """This tree pins another jax than its last commit."""
    older = {"constraints.txt": "jax==0.10.1\n", "tools/setup.py": SETUP}
    commit(repository, older)
    write(repository, {"constraints.txt": FILES["constraints.txt"]})
    return repository


def calls(root):
    paths = list((root / "runs/gate/environments").glob("*/calls"))
    return [path.read_text().count("called") for path in paths]


def test_other_pins_get_an_environment_that_is_kept(moved):
    lines = []
    for _ in range(2):
        with opened(moved, log=lines.append) as (base, head):
            kept = moved / "runs/gate/environments"
            usual = base.pythons["torch"]
            assert usual.startswith(str(kept))
            assert usual.endswith(".venv/bin/python")
            tensorflow = base.pythons["tensorflow"]
            assert tensorflow.endswith(".venv-tf/bin/python")
            assert head.pythons["torch"] == sys.executable
    assert calls(moved) == [1]
    assert lines == [
        "HEAD pins jax 0.10.1 where this tree pins 0.10.2: it gets an"
        " environment of its own (a few minutes, once)"
    ]
    assert left(moved) == NOTHING


def test_same_pins_need_none(repository):
    write(repository, {"constraints.txt": "# why\njax==0.10.2\n"})
    with opened(repository) as (base, head):
        assert base.pythons == head.pythons
    assert calls(repository) == []


def test_half_of_an_environment_is_made_again(moved, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(environments.processes, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            opened(moved).__enter__()
    assert left(moved) == NOTHING
    assert calls(moved) == []
    with opened(moved):
        assert calls(moved) == [1]


def test_an_environment_that_cannot_be_made(moved):
    commit(moved, {"constraints.txt": "jax==0.10.1\nbroken==1\n"})
    write(moved, {"constraints.txt": FILES["constraints.txt"]})
    for tries in (1, 2):  # what is broken is tried again
        with pytest.raises(UserError) as refused:
            opened(moved).__enter__()
        message = str(refused.value)
        assert message.startswith(
            "HEAD cannot be set up with its own pins: No matching"
            " distribution found for jax (log: "
        )
        assert message.endswith("setup.log).") and "\n" not in message
        assert calls(moved) == [tries]
    assert left(moved) == NOTHING


def test_a_set_up_that_crashes_is_told_by_its_last_line(moved):
    broken = "raise ValueError('no such thing')"
    commit(moved, {"tools/setup.py": broken})
    write(moved, {"constraints.txt": "jax==0.10.3\n"})
    with pytest.raises(UserError, match="ValueError: no such thing") as refused:
        opened(moved, "HEAD").__enter__()
    assert "set-up.log" in str(refused.value)


def test_other_pins_without_a_set_up(repository):
    write(repository, {"constraints.txt": "jax==0.10.3\n"})
    with pytest.raises(UserError, match="it has no tools/setup.py"):
        opened(repository).__enter__()


def test_no_project_file(repository):
    commit(repository, {"pyproject.toml": "= not TOML\n"})
    with pytest.raises(UserError, match="HEAD has no pyproject.toml that can"):
        opened(repository).__enter__()
