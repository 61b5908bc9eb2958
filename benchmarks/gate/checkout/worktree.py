"""Git: resolve the base revision, and check it out in a temporary tree.

Nothing is fetched: a gate needs no network.
"""

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path

from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.gate.checkout import processes
from benchmarks.records.revision import ROOT, git_environment

Log = Callable[[str], None]
# Neither a project's hooks nor a watcher that would outlive the gate
OPTIONS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
MERGE_BASE = "..."  # `main...`, as in `git diff main...`
DEFAULT = "origin/main"
BLOCK = 4096  # bytes: the unit of a disk
TREE = re.compile(r"[0-9a-f]{12}-\d+-\w+(\.lock)?")  # nothing else is swept
EXAMPLES = "a branch, a tag or a commit, such as BASE=main or BASE=HEAD~1"


class GitFailed(Exception):
    """Git failed; the message is its last line, `output` all of it."""

    def __init__(self, output: str) -> None:
        lines = output.strip().splitlines() or ["git failed"]
        super().__init__(lines[-1].removeprefix("fatal: "))
        self.output = output


def resolve(base: str, root: Path = ROOT) -> str:
    """The full hash of a branch, tag or commit.

    `main...` is the merge base of this tree and `main`. Raises UserError
    for a revision that this clone lacks.
    """
    ensure_repository(root)
    if base.endswith(MERGE_BASE):
        return merge_base(base.removesuffix(MERGE_BASE), root)
    if not base:
        raise UserError(f"BASE is empty: expected {EXAMPLES}.")
    if base.startswith("-"):
        raise _unknown(base, root)  # an option for git
    try:
        return git(root, "rev-parse", "--verify", f"{base}^{{commit}}")
    except GitFailed as failed:
        if "is ambiguous" in failed.output:
            raise UserError(
                f"BASE={base}: several commits begin with these digits;"
                f" expected more of them."
            ) from None
        raise _unknown(base, root) from None


def merge_base(base: str, root: Path = ROOT) -> str:
    """The full hash of the last commit that `base` and HEAD share.

    Raises UserError for an unknown `base`, or one that shares none.
    """
    tip = resolve(base, root)
    try:
        return git(root, "merge-base", tip, "HEAD")
    except GitFailed:
        raise UserError(
            f"BASE={base}{MERGE_BASE}: {base} and this tree have no commit"
            f" in common{_shallow(root) or ': expected a related branch'}."
        ) from None


def default(root: Path = ROOT) -> str:
    """The base where none is given: `origin/main`.

    Raises UserError where this clone lacks it.
    """
    ensure_repository(root)
    try:
        git(root, "rev-parse", "--verify", f"{DEFAULT}^{{commit}}")
    except GitFailed:
        raise UserError(
            f"BASE is not given, and this clone has no {DEFAULT}: expected"
            f" {EXAMPLES}."
        ) from None
    return DEFAULT


def label(base: str) -> str:
    """A base as it is named in sentences."""
    if base.endswith(MERGE_BASE):
        return f"the merge base with {base.removesuffix(MERGE_BASE)}"
    return base


def ensure_repository(root: Path) -> str:
    """The folder of `root` in its repository: "" at its top, else "folder/".

    Raises UserError without git, and outside of a repository.
    """
    try:
        return git(root, "rev-parse", "--show-prefix")
    except GitFailed as failed:
        if "not a git repository" not in failed.output:
            raise UserError(f"git refuses {root}: {failed}") from None
        raise UserError(
            f"{root} is not a git repository: a gate compares it with another"
            f" revision; expected a clone (git clone), not a copy of files."
        ) from None


def git(root: Path, *arguments: str) -> str:
    """Git's output. Raises GitFailed, and UserError without git."""
    try:
        done = processes.run(
            ["git", *OPTIONS, *arguments],
            root,
            git_environment() | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
        )
    except FileNotFoundError:
        raise UserError(
            "git is not installed: a gate needs it to check out the base."
        ) from None
    if done.returncode:
        raise GitFailed(done.stderr)
    return done.stdout.strip()


@contextmanager
def worktree(
    revision: str, trees: Path, name: str, log: Log, root: Path = ROOT
) -> Iterator[Path]:
    """A tree of `revision` in the folder `trees`, for as long as the block.

    `name`: of the revision, for the message. Leftovers of killed gates are
    removed first. Raises UserError if it cannot be written.
    """
    with ExitStack() as lock:
        try:
            trees.mkdir(parents=True, exist_ok=True)
            place = _claim(lock, revision, trees, log, root)
        except OSError as error:
            raise UserError(
                f"{name} cannot be checked out: {error.filename or trees}:"
                f" {error.strerror}; expected a folder that can be written."
            ) from error
        try:
            try:
                git(root, "worktree", "add", "--detach", str(place), revision)
            except GitFailed as failed:
                raise _not_checked_out(
                    revision, trees, name, root, failed
                ) from None
            yield place
        finally:
            with processes.shielded():
                _remove(place, log, root)


def _claim(
    lock: ExitStack, revision: str, trees: Path, log: Log, root: Path
) -> Path:
    """A new path, with a lock that this process holds while it lives.

    Numbers of processes are used again: only a lock shows who is alive.
    """
    with files.locked(trees.with_suffix(".lock")):
        _sweep(trees, log, root)
        name = f"{revision[:12]}-{os.getpid()}-{secrets.token_hex(4)}"
        place = trees / name
        lock.enter_context(files.locked(place.with_suffix(".lock")))
        return place


def _sweep(trees: Path, log: Log, root: Path) -> None:
    paths = [path for path in trees.iterdir() if TREE.fullmatch(path.name)]
    for place in sorted({path.with_suffix("") for path in paths}):
        lock = place.with_suffix(".lock")  # held by a gate that is running
        with suppress(TimeoutError), files.locked(lock, timeout=0):
            _remove(place, log, root)


def _remove(place: Path, log: Log, root: Path) -> None:
    """Remove a tree in any state; its lock goes last."""
    with suppress(GitFailed, UserError):
        # Twice: git locks a tree that it has not finished
        git(root, "worktree", "remove", "--force", "--force", str(place))
    shutil.rmtree(place, ignore_errors=True)
    with suppress(GitFailed, UserError):
        # Left by a git that was killed; `prune` would be for all trees
        common = git(root, "rev-parse", "--git-common-dir")
        entry = root / common / "worktrees" / place.name
        shutil.rmtree(entry, ignore_errors=True)
    if place.exists():
        log(f"{place} cannot be removed: delete it by hand.")
        return
    place.with_suffix(".lock").unlink(missing_ok=True)


def _not_checked_out(
    revision: str, trees: Path, name: str, root: Path, failed: GitFailed
) -> UserError:
    needed, free = _size(revision, root), shutil.disk_usage(trees).free
    # Git does not report it, and has removed its files again
    if needed > free:
        return UserError(
            f"{name} cannot be checked out under {trees}: the disk is full"
            f" ({needed / 1e6:.1f} MB are needed, {free / 1e6:.1f} MB free)."
        )
    # Git's last line is often only the consequence
    lines = failed.output.splitlines()
    causes = [line for line in lines if line.startswith("error: ")]
    cause = causes[0].removeprefix("error: ") if causes else str(failed)
    return UserError(f"{name} cannot be checked out under {trees}: {cause}.")


def _size(revision: str, root: Path) -> int:
    """Bytes that the files of a revision take on a disk."""
    listed = git(root, "ls-tree", "-r", "--long", "--full-tree", revision)
    sizes = [line.split("\t")[0].split()[-1] for line in listed.splitlines()]
    blocks = [-(-int(size) // BLOCK) for size in sizes if size.isdigit()]
    return BLOCK * sum(blocks)


def _unknown(base: str, root: Path) -> UserError:
    kinds = ("refs/heads", "refs/remotes", "refs/tags")
    names = git(
        root, "for-each-ref", "--format=%(refname:short)", *kinds
    ).splitlines()
    plain = base.rpartition("/")[2]  # without an unknown remote
    near = get_close_matches(base, names, 2, 0.6)
    near = near or get_close_matches(plain, names, 2, 0.6)
    shallow = _shallow(root)
    problem = f"BASE={base}: there is no such revision"
    problem += f" in this clone{shallow}" if shallow else ""
    if near:
        return UserError(f"{problem}; did you mean {' or '.join(near)}?")
    if shallow:
        return UserError(f"{problem}.")
    return UserError(
        f"{problem}; expected a branch, a tag or a commit of this clone"
        f" (`git fetch --all --tags` updates it)."
    )


def _shallow(root: Path) -> str:
    """A clause about a clone with part of the history, or ""."""
    if git(root, "rev-parse", "--is-shallow-repository") != "true":
        return ""
    return (
        ", which is shallow: `git fetch --unshallow` brings the rest"
        " (GitHub's checkout: fetch-depth: 0)"
    )
