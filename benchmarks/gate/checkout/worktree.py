"""What git knows: which commit is meant, and trees of it that do not stay.

Nothing is fetched: a gate needs no network, and says what is missing.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path

from benchmarks.errors import UserError
from benchmarks.gate.checkout import processes
from benchmarks.records.revision import ROOT

Say = Callable[[str], None]
# A hook that calls us sets them for its own repository and index
MISLEADING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
# Neither a project's hooks nor a watcher that would outlive us
QUIETLY = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
MERGE_BASE = "..."  # `main...`, as in `git diff main...`
DEFAULT = "origin/main"
BLOCK = 4096  # bytes that a disk gives out at once
TREE = re.compile(r"[0-9a-f]{12}-\d+-\w+(\.lock)?")  # nothing else is swept


class GitFailed(Exception):
    """Git refused; the message is its last line, `told` all it said."""

    def __init__(self, told: str) -> None:
        lines = told.strip().splitlines() or ["git failed"]
        super().__init__(lines[-1].removeprefix("fatal: "))
        self.told = told


def resolve(base: str, root: Path = ROOT) -> str:
    """The full hash that a branch, tag or commit stands for.

    `main...` is where this tree left `main`: the merge base. Raises
    UserError for what this clone has not.
    """
    ensure_repository(root)
    if base.endswith(MERGE_BASE):
        return merge_base(base.removesuffix(MERGE_BASE), root)
    if not base:
        raise UserError(
            "BASE is empty: expected a branch, a tag or a commit, such as"
            " BASE=main or BASE=HEAD~1."
        )
    if base.startswith("-"):
        raise _unknown(base, root)  # an option for git
    try:
        return git(root, "rev-parse", "--verify", f"{base}^{{commit}}")
    except GitFailed as failed:
        if "is ambiguous" in failed.told:
            raise UserError(
                f"BASE={base}: several commits begin so; expected more of"
                f" its digits."
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
            f" in common{_shallow(root) or ': expected a branch of the same'}."
        ) from None


def default(root: Path = ROOT) -> str:
    """What is compared with when nobody said: `origin/main`.

    Raises UserError where there is none, with what to give.
    """
    ensure_repository(root)
    try:
        git(root, "rev-parse", "--verify", f"{DEFAULT}^{{commit}}")
    except GitFailed:
        raise UserError(
            f"BASE is not given, and this clone has no {DEFAULT}: expected"
            f" a branch, a tag or a commit, such as BASE=main or BASE=HEAD~1."
        ) from None
    return DEFAULT


def label(base: str) -> str:
    """A base as it is named in sentences."""
    if base.endswith(MERGE_BASE):
        return f"the merge base with {base.removesuffix(MERGE_BASE)}"
    return base


def ensure_repository(root: Path) -> str:
    """Where `root` lies in its repository: "" at its top, else "folder/".

    Raises UserError without git, and outside of a repository.
    """
    try:
        return git(root, "rev-parse", "--show-prefix")
    except GitFailed as failed:
        if "not a git repository" not in failed.told:
            raise UserError(f"git refuses {root}: {failed}") from None
        raise UserError(
            f"{root} is not a git repository: a gate compares it with another"
            f" revision; expected a clone (git clone), not a copy of files."
        ) from None


def git(root: Path, *arguments: str) -> str:
    """What git prints. Raises GitFailed, and UserError without git."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in MISLEADING
    }
    try:
        done = processes.run(
            ["git", *QUIETLY, *arguments],
            root,
            variables | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
        )
    except FileNotFoundError:
        raise UserError(
            "git is not installed: a gate has the other revision checked out"
            " by it."
        ) from None
    if done.returncode:
        raise GitFailed(done.stderr)
    return done.stdout.strip()


@contextmanager
def worktree(
    revision: str, trees: Path, name: str, say: Say, root: Path = ROOT
) -> Iterator[Path]:
    """A tree of `revision` in the folder `trees`, for as long as the block.

    `name`: of the revision, for the message. What gates left behind that
    were killed is removed first. Raises UserError if it cannot be written.
    """
    try:
        trees.mkdir(parents=True, exist_ok=True)
        handle, place = _claimed(revision, trees, say, root)
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
            try:
                _remove(place, say, root)
            finally:
                os.close(handle)


def _claimed(
    revision: str, trees: Path, say: Say, root: Path
) -> tuple[int, Path]:
    """A path nobody else has, and the lock that says that we live.

    The kernel frees the lock however we end, and numbers of processes are
    used again: so it tells the living from the dead.
    """
    with open(trees.with_suffix(".lock"), "w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        _sweep(trees, say, root)
        prefix = f"{revision[:12]}-{os.getpid()}-"
        handle, path = tempfile.mkstemp(".lock", prefix, trees)
        fcntl.flock(handle, fcntl.LOCK_EX)
        return handle, Path(path).with_suffix("")


def _sweep(trees: Path, say: Say, root: Path) -> None:
    found = [path for path in trees.iterdir() if TREE.fullmatch(path.name)]
    for place in sorted({path.with_suffix("") for path in found}):
        handle = os.open(place.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(place, say, root)
        except BlockingIOError:
            pass  # of a gate that lives
        finally:
            os.close(handle)


def _remove(place: Path, say: Say, root: Path) -> None:
    """Take a tree away, whatever state it is in; its lock goes last."""
    with suppress(GitFailed, UserError):
        # Twice: git locks a tree that it has not finished
        git(root, "worktree", "remove", "--force", "--force", str(place))
    shutil.rmtree(place, ignore_errors=True)
    with suppress(GitFailed, UserError):
        # What git itself was killed over; `prune` would be for all trees
        common = git(root, "rev-parse", "--git-common-dir")
        known = root / common / "worktrees" / place.name
        shutil.rmtree(known, ignore_errors=True)
    if place.exists():
        say(f"{place} cannot be removed: it can be deleted by hand.")
        return
    place.with_suffix(".lock").unlink(missing_ok=True)


def _not_checked_out(
    revision: str, trees: Path, name: str, root: Path, failed: GitFailed
) -> UserError:
    needed, free = _size(revision, root), shutil.disk_usage(trees).free
    # Git does not say so, and has cleared away what it had written
    if needed > free:
        return UserError(
            f"{name} cannot be checked out under {trees}: the disk is full"
            f" ({needed / 1e6:.1f} MB are needed, {free / 1e6:.1f} MB free)."
        )
    # What git says last is often only the consequence
    lines = failed.told.splitlines()
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
    names, plain = _names(root), base.rpartition("/")[2]  # of no such remote
    near = get_close_matches(base, names, 2, 0.6)
    near = near or get_close_matches(plain, names, 2, 0.6)
    hints = [f"did you mean {' or '.join(near)}?"] if near else []
    shallow = _shallow(root)
    if not near and not shallow:
        hints.append(
            "expected a branch, a tag or a commit that this clone has"
            " (`git fetch --all --tags` brings what is new)."
        )
    where = f" in this clone{shallow}" if shallow else ""
    told = f"BASE={base}: there is no such revision{where}"
    return UserError("; ".join([told, *hints]) if hints else f"{told}.")


def _names(root: Path) -> list[str]:
    kinds = ("refs/heads", "refs/remotes", "refs/tags")
    return git(
        root, "for-each-ref", "--format=%(refname:short)", *kinds
    ).splitlines()


def _shallow(root: Path) -> str:
    """What to say of a clone that has only part of the history, or ""."""
    if git(root, "rev-parse", "--is-shallow-repository") != "true":
        return ""
    return (
        ", which is shallow: `git fetch --unshallow` brings the rest"
        " (GitHub's checkout: fetch-depth: 0)"
    )
