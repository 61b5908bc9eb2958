"""The two trees of a gate: this one as it is, and a revision beside it.

    with trees.sides("origin/main", runs, say) as (base, head):
        pairs = trees.paired(base, head, ["workload=cnn"], say)

The base lies under `runs/gate/trees` for as long as the block; what it
needs to run, if that is not what this tree runs under, is kept under
`runs/gate/environments`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.environment.env_vars import inherited
from benchmarks.errors import UserError
from benchmarks.gate.checkout import environments, processes, worktree
from benchmarks.gate.checkout.compose_cells import cells, configuration, paired
from benchmarks.gate.checkout.worktree import default, merge_base, resolve
from benchmarks.records.revision import ROOT, code, code_digest
from benchmarks.records.verdict import Side

__all__ = [
    "cells",
    "configuration",
    "default",
    "digest",
    "ensure_unchanged",
    "merge_base",
    "paired",
    "resolve",
    "sides",
]

Say = Callable[[str], None]
# framework -> interpreter, from: tree, folder, name, how pins differ, say
Own = Callable[[Path, Path, str, str, Say], dict[str, str]]
PACKAGES = ("benchmarks", "impls")


@contextmanager
def sides(
    base: str,
    runs: Path,
    say: Say,
    root: Path = ROOT,
    own: Own = environments.own,
) -> Iterator[tuple[Side, Side]]:
    """Base and head, ready to be measured for as long as the block.

    `base`: a branch, tag or commit; `main...` for the merge base with it.
    `own`: makes interpreters for other pins. Raises UserError, in one
    sentence, for a revision that is not there or cannot be made to run.
    """
    inside = worktree.ensure_repository(root)
    revision, name = resolve(base, root), worktree.label(base)
    folder = runs.resolve() / "gate"
    place = folder / "trees"
    with worktree.worktree(revision, place, name, say, root) as top:
        tree = top / inside
        if not (tree / "conf" / "config.yaml").is_file():
            raise UserError(
                f"{name} has no conf/config.yaml: expected a revision of"
                f" this project."
            )
        pythons = _pythons(tree, folder / "environments", name, say, root, own)
        left = Side("base", tree, revision, False, pythons, name)
        here = code(root)
        right = Side(
            "head",
            root,
            here["revision"],
            bool(here["dirty"]),
            environments.here(root),
            "this tree",
        )
        for side in (left, right):
            _warm(side)
        yield left, right


def digest(side: Side) -> str:
    """A digest of the code that a side runs, for `ensure_unchanged`."""
    return code_digest(side.root)


def ensure_unchanged(side: Side, before: str) -> None:
    """Raise UserError if a side's code is not what `digest` saw before."""
    if digest(side) != before:
        raise UserError(
            f"{side.label} was edited while it was measured: what was found"
            f" is of no one state of it; begin again, or work in another"
            f" clone meanwhile."
        )


def _pythons(
    tree: Path, folder: Path, name: str, say: Say, root: Path, own: Own
) -> dict[str, str]:
    why = environments.difference(
        environments.pins(tree, name), environments.pins(root, "this tree")
    )
    if why is None:
        return environments.here(tree)
    return own(tree, folder, name, why, say)


def _warm(side: Side) -> None:
    """Compile modules ahead: a tree that is new would start more slowly."""
    python = side.pythons[environments.BENCH]
    there = [name for name in PACKAGES if (side.root / name).is_dir()]
    if there:
        command = [python, "-m", "compileall", "-q", *there]
        processes.run(command, side.root, inherited())
