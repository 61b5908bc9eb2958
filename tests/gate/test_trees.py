"""Two trees for a gate: checked out, and removed however it ends."""

import errno
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from benchmarks.errors import UserError
from benchmarks.gate.checkout import git as checkout
from benchmarks.gate.checkout import processes, trees
from benchmarks.records.revision import code_digest
from tests.support.repositories import (
    FILES,
    NOTHING,
    PROJECT,
    commit,
    git,
    left,
    opened,
    project,
    write,
)

ROOT = Path(__file__).parents[2]
HOLD = """
import signal, sys, time
from pathlib import Path
from benchmarks.gate.checkout import trees

def stop(number, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
print("begun", flush=True)
with trees.sides("HEAD", Path("runs"), print, Path.cwd()):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    return project(tmp_path, monkeypatch)


def test_base_is_the_revision_and_head_is_this_tree_as_it_is(repository):
    write(repository, {"impls/step.py": "new = 2\n"})
    with opened(repository, "main") as (base, head):
        assert (base.name, head.name) == ("base", "head")
        assert (base.label, head.label) == ("main", "this tree")
        assert (base.root / "impls/step.py").read_text() == "old = 1\n"
        assert head.root == repository
        assert (base.dirty, head.dirty) == (False, True)
        assert (
            base.revision
            == head.revision
            == git(repository, "rev-parse", "HEAD")
        )
        assert base.pythons == head.pythons
        assert base.pythons["torch"] == sys.executable
    assert left(repository) == NOTHING


def test_a_project_may_be_a_folder_of_a_repository(repository):
    commit(repository, {f"inside/{k}": v for k, v in FILES.items()})
    with opened(repository / "inside") as (base, _):
        assert (base.root / "impls/step.py").exists()
        assert not (base.root / "inside").exists()
    assert left(repository) == NOTHING


def test_no_hook_runs_and_no_variable_misleads(repository, monkeypatch):
    hook = repository / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch hooked\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    with opened(repository) as (base, _):
        assert not list(repository.rglob("hooked"))
        assert (base.root / "conf/config.yaml").exists()


@pytest.mark.parametrize("problem", [KeyboardInterrupt, ValueError])
def test_nothing_is_left_whatever_ends_the_block(repository, problem):
    with pytest.raises(problem), opened(repository) as (base, _):
        (base.root / "runs").mkdir()
        (base.root / "runs" / "big").write_text("not git's")
        raise problem
    assert left(repository) == NOTHING


def held(root, words="held"):
    """Another process that holds two sides."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if words in line:
            return process
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize(
    "numbers",
    [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT]],
)
def test_a_signal_leaves_nothing(repository, numbers):
    with held(repository) as process:
        assert len(left(repository)[0]) == 2  # the tree and its lock
        for number in numbers:
            process.send_signal(number)
        errors = process.communicate()[1]
    assert errors.strip().endswith("KeyboardInterrupt")
    assert left(repository) == NOTHING


def test_a_signal_during_the_checkout_ends_git_and_all_it_began(repository):
    started = repository / ".git/started"
    slow = f"echo $$ > '{started}.new'; mv '{started}.new' '{started}'"
    slow += "; exec sleep 60"
    git(repository, "config", "filter.slow.smudge", slow)
    commit(repository, {".gitattributes": "*.yaml filter=slow\n"})
    with held(repository, "begun") as process:
        while not started.exists():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert left(repository) == NOTHING
    with suppress(psutil.NoSuchProcess):
        checkout = psutil.Process(int(started.read_text()))
        assert checkout.status() == psutil.STATUS_ZOMBIE


def test_what_was_killed_is_swept_and_what_lives_is_not(repository):
    with held(repository) as dead, held(repository) as alive:
        dead.kill()
        dead.communicate()
        assert len(left(repository)[0]) == 4
        with opened(repository) as (base, _):
            names = [path.name for path in base.root.parent.iterdir()]
            assert any(f"-{alive.pid}-" in name for name in names)
            assert not any(f"-{dead.pid}-" in name for name in names)
        alive.send_signal(signal.SIGINT)
        alive.communicate()
    assert left(repository) == NOTHING


def test_a_tree_that_is_not_finished_is_swept(repository):
    half = repository / "runs/gate/trees" / f"{'0' * 12}-1-half"
    other = half.with_name("somebody's")
    write(half, {"revision.zip": "half"})
    half.with_suffix(".lock").touch()
    other.mkdir()
    with opened(repository):
        assert not half.exists()
    assert left(repository) == ([other], [])


def test_shielded_lets_no_signal_end_it_halfway():
    done = []
    with pytest.raises(KeyboardInterrupt), processes.shielded():
        signal.raise_signal(signal.SIGINT)
        done.append(True)
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_revision_of_something_else(repository):
    git(repository, "checkout", "-q", "--orphan", "other")
    git(repository, "rm", "-rqf", ".")
    commit(repository, {"pyproject.toml": PROJECT})
    git(repository, "checkout", "-q", "main")
    with pytest.raises(UserError, match="expected a revision of this project"):
        opened(repository, "other").__enter__()
    assert left(repository) == NOTHING


def test_a_folder_that_cannot_be_written(repository):
    write(repository, {"runs": "a file"})
    with pytest.raises(UserError, match="expected a folder of your own"):
        opened(repository).__enter__()


def test_a_full_disk_has_a_message(repository, monkeypatch):
    def full(*paths, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkout.shutil, "unpack_archive", full)
    with pytest.raises(UserError, match="disk is full: nothing more can be"):
        opened(repository).__enter__()
    assert left(repository) == NOTHING


def test_a_checkout_that_fails_has_gits_message(repository):
    git(repository, "config", "filter.bad.smudge", "false")
    git(repository, "config", "filter.bad.clean", "cat")
    git(repository, "config", "filter.bad.required", "true")
    commit(repository, {".gitattributes": "*.yaml filter=bad\n"})
    with pytest.raises(UserError, match="external filter 'false' failed"):
        opened(repository).__enter__()
    assert left(repository) == NOTHING


def test_edits_during_a_gate_are_refused(repository):
    with opened(repository) as (base, head):
        before = code_digest(head.root)
        assert before == code_digest(base.root)
        trees.ensure_unchanged(head, before)
        write(repository, {"impls/step.py": "new = 2\n"})
        with pytest.raises(UserError, match="this tree was edited while"):
            trees.ensure_unchanged(head, before)
        trees.ensure_unchanged(base, before)


def test_a_revision_from_before_the_move_is_refused(repository):
    older = git(repository, "rev-parse", "HEAD")
    git(repository, "rm", "-q", "benchmarks/config/compose.py")
    before = commit(repository, {"benchmarks/plan.py": ""})
    git(repository, "revert", "--no-edit", before)
    with pytest.raises(UserError) as refused:
        opened(repository, before).__enter__()
    message = str(refused.value)
    assert message.startswith(f"BASE={before}: the code of that revision is")
    assert "modules were moved and settings renamed" in message
    assert "compare with a later revision" in message
    assert f"check out {before[:12]} and run its own `make gate`" in message
    assert "\n" not in message and message.count(". ") == 0
    with pytest.raises(UserError, match=r"BASE=HEAD~1 \([0-9a-f]{12}\): "):
        opened(repository, "HEAD~1").__enter__()
    assert left(repository) == NOTHING
    with opened(repository, older):
        pass
