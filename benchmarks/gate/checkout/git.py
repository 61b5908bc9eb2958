"""Git: resolve the base revision, and write its files to a folder.

Nothing is fetched: a gate needs no network.
"""

import os
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.gate.checkout import processes
from benchmarks.records.revision import ROOT, git_environment, git_succeeds

Log = Callable[[str], None]
MERGE_BASE = "..."  # `main...`, as in `git diff main...`
DEFAULT = "origin/main"
EXAMPLES = "a branch, a tag or a commit, such as BASE=main or BASE=HEAD~1"


def resolve(base: str, root: Path = ROOT) -> str:
    """The full hash of a branch, tag or commit.

    `main...` is the merge base of this tree and `main`. Raises UserError
    for a revision that this clone lacks.
    """
    _ensure_repository(root)
    if base.endswith(MERGE_BASE):
        return _merge_base(base.removesuffix(MERGE_BASE), root)
    if not base:
        raise UserError(f"BASE is empty: expected {EXAMPLES}.")
    if base.startswith("-"):
        raise _unknown(base, root)  # an option for git
    try:
        return _git(root, "rev-parse", "--verify", f"{base}^{{commit}}")
    except subprocess.CalledProcessError as failed:
        if "is ambiguous" in failed.stderr:
            raise UserError(
                f"BASE={base}: several commits begin with these digits;"
                f" expected more of them."
            ) from None
        raise _unknown(base, root) from None


def default(root: Path = ROOT) -> str:
    """The base where none is given: `origin/main`.

    Raises UserError where this clone lacks it.
    """
    _ensure_repository(root)
    if not git_succeeds(root, "rev-parse", "--verify", f"{DEFAULT}^{{commit}}"):
        raise UserError(
            f"BASE is not given, and this clone has no {DEFAULT}: expected"
            f" {EXAMPLES}."
        )
    return DEFAULT


def label(base: str) -> str:
    """A base as it is named in sentences."""
    if base.endswith(MERGE_BASE):
        return f"the merge base with {base.removesuffix(MERGE_BASE)}"
    return base


@contextmanager
def exported(
    revision: str, trees: Path, name: str, log: Log, root: Path = ROOT
) -> Iterator[Path]:
    """The files of `root` at `revision` in a new folder of `trees`.

    The folder exists for as long as the block; those of killed gates are
    removed first. `name`: of the revision, for the message. Raises UserError
    if it cannot be written.
    """
    with ExitStack() as lock:
        with files.disk(trees):
            trees.mkdir(parents=True, exist_ok=True)
            tree = _claim(lock, revision, trees, log)
        try:
            with files.disk(trees):
                _export(revision, tree, name, root)
            yield tree
        finally:
            with processes.shielded():
                _remove(tree, log)


def _claim(lock: ExitStack, revision: str, trees: Path, log: Log) -> Path:
    """A new folder, with a lock that this process holds while it lives.

    Process ids are used again: only a lock shows whether a gate is alive.
    """
    with files.locked(trees.with_suffix(".lock")):
        for old in trees.glob("*.lock"):
            with suppress(TimeoutError), files.locked(old, timeout=0):
                _remove(old.with_suffix(""), log)
        name = f"{revision[:12]}-{os.getpid()}-{secrets.token_hex(4)}"
        lock.enter_context(files.locked(trees / f"{name}.lock"))
        return trees / name


def _export(revision: str, tree: Path, name: str, root: Path) -> None:
    """No work tree of git: it would leave entries in `.git` when killed."""
    tree.mkdir()
    archive = tree / "revision.tar"
    try:
        _git(root, "archive", f"--output={archive}", revision)
    except subprocess.CalledProcessError as failed:
        raise UserError(
            f"{name} cannot be checked out under {tree.parent}:"
            f" {_cause(failed)}."
        ) from None
    # Python 3.11.3 and before know no filters; 3.12 and 3.13 warn without one
    known: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    shutil.unpack_archive(archive, tree, **known)
    archive.unlink()


def _remove(tree: Path, log: Log) -> None:
    """Remove a tree in any state; its lock goes last."""
    shutil.rmtree(tree, ignore_errors=True)
    if tree.exists():
        log(f"{tree} cannot be removed: delete it by hand.")
        return
    tree.with_suffix(".lock").unlink(missing_ok=True)


def _git(root: Path, *arguments: str) -> str:
    """Git's output. Raises CalledProcessError, and UserError without git."""
    command = ["git", *arguments]
    plain = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = processes.run(command, root, git_environment() | plain)
    except FileNotFoundError:
        raise UserError(
            "git is not installed: a gate needs it to check out the base."
        ) from None
    done.check_returncode()
    return done.stdout.strip()


def _cause(failed: subprocess.CalledProcessError) -> str:
    """Git's first error: its last line is often only the consequence."""
    lines = failed.stderr.strip().splitlines() or ["git failed"]
    errors = [line for line in lines if line.startswith("error: ")]
    return [*errors, lines[-1]][0].partition(": ")[2] or lines[-1]


def _ensure_repository(root: Path) -> None:
    try:
        _git(root, "rev-parse", "--git-dir")
    except subprocess.CalledProcessError as failed:
        if "not a git repository" not in failed.stderr:
            raise UserError(f"git refuses {root}: {_cause(failed)}") from None
        raise UserError(
            f"{root} is not a git repository: a gate compares it with another"
            f" revision; expected a clone (git clone), not a copy of files."
        ) from None


def _merge_base(base: str, root: Path) -> str:
    tip = resolve(base, root)
    try:
        return _git(root, "merge-base", tip, "HEAD")
    except subprocess.CalledProcessError:
        raise UserError(
            f"BASE={base}{MERGE_BASE}: {base} and this tree have no commit"
            f" in common{_shallow(root) or ': expected a related branch'}."
        ) from None


def _unknown(base: str, root: Path) -> UserError:
    kinds = ("refs/heads", "refs/remotes", "refs/tags")
    listed = _git(root, "for-each-ref", "--format=%(refname:short)", *kinds)
    plain = base.rpartition("/")[2]  # without an unknown remote
    near = get_close_matches(base, listed.splitlines(), 2)
    near = near or get_close_matches(plain, listed.splitlines(), 2)
    hint = (
        "; expected a branch, a tag or a commit of this clone (`git fetch"
        " --all --tags` updates it)."
    )
    if shallow := _shallow(root):
        shallow, hint = f" in this clone{shallow}", "."
    if near:
        hint = f"; did you mean {' or '.join(near)}?"
    return UserError(f"BASE={base}: there is no such revision{shallow}{hint}")


def _shallow(root: Path) -> str:
    """A clause about a clone with part of the history, or ""."""
    if _git(root, "rev-parse", "--is-shallow-repository") != "true":
        return ""
    return (
        ", which is shallow: `git fetch --unshallow` brings the rest"
        " (GitHub's checkout: fetch-depth: 0)"
    )
