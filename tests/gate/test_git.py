"""Revisions: resolved, or refused in one sentence."""

import os
import subprocess
from collections import Counter

import pytest

from benchmarks.errors import UserError
from benchmarks.gate.checkout import git as base_git
from tests.support.repositories import commit, git, opened, project


@pytest.fixture
def repository(tmp_path, monkeypatch):
    return project(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("mian", "there is no such revision; did you mean main?"),
        ("origin/main", "there is no such revision; did you mean main?"),
        ("v9.9", "`git fetch --all --tags` updates it"),
        ("--all", "there is no such revision"),
        ("", "BASE is empty"),
        ("gone...", "BASE=gone: there is no such revision"),
    ],
)
def test_a_revision_that_is_not_there(repository, base, message):
    with pytest.raises(UserError, match="BASE") as refused:
        base_git.resolve(base, repository)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_hash_that_several_commits_begin_with(repository):
    one = "commit refs/heads/many\ncommitter a <a@example.org> {} +0000\n"
    stream = "".join(one.format(n) + "data 0\n\n" for n in range(1000))
    command = ["git", "-C", str(repository), "fast-import", "--quiet"]
    subprocess.run(command, input=stream, text=True, check=True)
    hashes = git(repository, "rev-list", "many").splitlines()
    begins = Counter(commit_hash[:4] for commit_hash in hashes)
    (shared, _), *_ = begins.most_common(1)
    with pytest.raises(UserError, match="several commits begin with these"):
        base_git.resolve(shared, repository)


def test_a_shallow_clone_says_how_to_get_the_rest(repository, tmp_path):
    commit(repository, {"more": "1"})
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", clone)
    for base in ("HEAD~1", "v1"):
        with pytest.raises(UserError, match="fetch-depth: 0"):
            base_git.resolve(base, clone)
    assert base_git.default(clone) == "origin/main"


def test_the_merge_base_is_where_the_branch_began(repository):
    began = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-qb", "branch")
    commit(repository, {"mine": "1"})
    git(repository, "checkout", "-q", "main")
    commit(repository, {"theirs": "1"})
    git(repository, "checkout", "-q", "branch")
    assert base_git.resolve("main...", repository) == began
    with opened(repository, "main...") as (base, _):
        assert base.label == "the merge base with main"
        assert base.revision == began


def test_unrelated_histories_have_no_merge_base(repository):
    git(repository, "checkout", "-q", "--orphan", "other")
    commit(repository, {"other": "1"})
    with pytest.raises(UserError, match="no commit in common"):
        base_git.resolve("main...", repository)


def test_without_a_base_the_message_has_examples(repository):
    with pytest.raises(UserError, match="has no origin/main: expected a"):
        base_git.default(repository)


def test_no_repository_and_no_git(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UserError, match="is not a git repository"):
        base_git.resolve("main", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="git is not installed"):
        base_git.resolve("main", tmp_path)


def test_a_base_keeps_its_links_and_modes(repository, tmp_path):
    script = repository / "run.sh"
    script.write_text("true\n")
    script.chmod(0o755)
    (repository / "link.sh").symlink_to("run.sh")
    git(repository, "add", "run.sh", "link.sh")
    git(repository, "commit", "-qm", "a script")
    revision = base_git.resolve("HEAD", repository)
    trees = tmp_path / "trees"
    with base_git.exported(revision, trees, "HEAD", print, repository) as tree:
        assert os.access(tree / "run.sh", os.X_OK)
        assert (tree / "link.sh").readlink().name == "run.sh"
    assert list(trees.iterdir()) == []
