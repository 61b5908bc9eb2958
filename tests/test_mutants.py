"""The list of mutants is fresh, and the hunt tells dead from alive."""

import re
import subprocess
import sys

import pytest

from tests import mutants
from tests.mutants import ROOT, Mutant, Outcome, hunt, load
from tests.support.repositories import commit, git

KERNELS = ["np.tensordot(patch, kernel, 3)", "np.tensordot(patch, -kernel, 3)"]
PROBE = Mutant(
    "probe",
    "impls/cnn/reference.py",
    KERNELS,
    "tests/impls/test_reference.py",
    "edge_filter or mean_filter",
)
SAMPLE = [
    "torch: Adam's epsilon before bias correction",
    "tensorflow: features in the order channel, height, width",
    "jax: ties in pooling are shared",
]


@pytest.mark.parametrize("mutant", load(), ids=lambda one: one.name)
def test_every_mutant_still_finds_what_it_flips(mutant):
    text = (ROOT / mutant.file).read_text()
    assert mutant.applied(text) != text
    assert (ROOT / mutant.test).is_file()


WORD = re.compile(r"[^\s()]+")


def selects(only, test):
    """Whether pytest's -k selects a test: names in it, and, or, not."""
    words = WORD.sub(
        lambda word: (
            word[0]
            if word[0] in ("and", "or", "not")
            else str(word[0].lower() in test.lower())
        ),
        only,
    )
    return not only or bool(eval(words, {}))


def test_every_mutant_has_a_test_that_can_kill_it():
    """Tests move; a -k that selects nothing lets its mutant live."""
    paths = sorted({mutant.test for mutant in load()})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *paths]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    tests = done.stdout.splitlines()
    lost = [
        mutant.name
        for mutant in load()
        if not any(
            selects(mutant.only, test.removeprefix(mutant.test))
            for test in tests
            if test.startswith(f"{mutant.test}::")
        )
    ]
    assert done.returncode == 0 and lost == []


def test_a_selection_is_read_as_pytest_reads_it():
    test = "::test_it[cnn-torch]"
    assert selects("", test) and selects("it and not jax", test)
    assert selects("(jax or torch) and CNN", test)
    assert not selects("it and jax", test)


def test_every_mutant_has_a_name_of_its_own():
    names = [mutant.name for mutant in load()]
    assert len(set(names)) == len(names)


def test_a_mutant_is_killed_by_a_test_that_turns_red():
    """And the tree itself is never touched."""
    before = (ROOT / PROBE.file).read_bytes()
    found = hunt(PROBE)
    assert found.killed
    assert found.told.startswith("tests/impls/test_reference.py::test_the_")
    assert (ROOT / PROBE.file).read_bytes() == before


def test_a_mutant_that_no_test_sees_is_alive():
    found = hunt(PROBE._replace(only="sigmoid_does"))
    assert not found.killed
    assert found.told.startswith("survived: 1 passed")


def test_a_tree_that_does_not_even_start_kills_nobody():
    broken = PROBE._replace(change=[KERNELS[0], "np.tensordot(patch"])
    found = hunt(broken)
    assert not found.killed
    assert found.told.startswith("pytest ended with")


def test_no_selected_test_kills_nobody():
    found = hunt(PROBE._replace(only="no_such_test"))
    assert not found.killed
    assert found.told.startswith("pytest ended with 5")


def test_a_text_that_is_gone_is_told():
    gone = PROBE._replace(change=["no such text", ""])
    with pytest.raises(ValueError, match="stands 0 times"):
        gone.applied("some text")


def test_survivors_are_the_exit_code(monkeypatch, capsys):
    alive = PROBE._replace(name="alive")
    monkeypatch.setattr(mutants, "load", lambda: [PROBE, alive])
    monkeypatch.setattr(mutants, "green", lambda mutants: True)
    monkeypatch.setattr(
        mutants, "hunt", lambda one: Outcome(one, one is PROBE, "", 0.0)
    )
    assert mutants.main([]) == 1
    assert "2 mutants, 1 alive\nalive" in capsys.readouterr().out
    assert mutants.main(["probe"]) == 0


def test_the_named_tests_are_run_where_nothing_is_flipped(capsys):
    assert mutants.green([PROBE, PROBE._replace(only="sigmoid_does")])
    assert not mutants.green([PROBE._replace(only="no_such_test")])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith(f"as it is: {PROBE.test}: ")
    assert printed[-1].startswith("Mend this first: pytest")


def test_only_mutants_of_changed_files_are_hunted(monkeypatch, capsys):
    other = PROBE._replace(name="other", file="impls/rnn/reference.py")
    hunted = []
    monkeypatch.setattr(mutants, "load", lambda: [PROBE, other])
    monkeypatch.setattr(mutants, "green", lambda mutants: True)
    monkeypatch.setattr(
        mutants, "_hunt_all", lambda found, *rest: hunted.extend(found) or 0
    )
    for files in ({other.file}, {"README.md"}, None):
        monkeypatch.setattr(mutants, "changed", lambda files=files: files)
        assert mutants.main(["--changed"]) == 0
    assert hunted == [other]
    printed = capsys.readouterr().out
    assert "none flips a file that has changed" in printed
    assert "git does not tell what has changed" in printed


def test_changes_are_those_since_the_last_landed_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert mutants.changed(tmp_path) is None
    landed, clone = tmp_path / "landed", tmp_path / "clone"
    landed.mkdir()
    git(landed, "init", "-q")
    commit(landed, {"first": "1"})
    commit(landed, {"second": "1"})
    git(tmp_path, "clone", "-q", str(landed), str(clone))
    assert mutants.changed(clone) == {"second"}
    commit(clone, {"third": "1"})
    commit(clone, {"fourth": "1"})
    assert mutants.changed(clone) == {"third", "fourth"}


def test_no_mutant_is_begun_when_the_time_is_over(monkeypatch, capsys):
    monkeypatch.setattr(mutants, "hunt", None)
    assert mutants._hunt_all([PROBE], 1, 0) == 0
    expected = "0 mutants, 0 alive, 1 left out after 0 s"
    assert expected in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_of_mutants_is_killed(name):
    (mutant,) = [one for one in load() if one.name == name]
    found = hunt(mutant)
    assert found.killed, found.told
