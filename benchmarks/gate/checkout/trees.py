"""The two trees of a gate: this one as it is, and a revision beside it.

    with trees.sides("origin/main", runs, log) as (base, head):
        ...

The base lies under `runs/gate/trees` for as long as the block. Where its
pins differ from this tree's, its own environment is kept under
`runs/gate/environments`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.environment.env_vars import inherited
from benchmarks.errors import UserError
from benchmarks.gate.checkout import environments, git, processes
from benchmarks.records.revision import ROOT, code, code_digest
from benchmarks.records.verdict import Side

Log = Callable[[str], None]


@contextmanager
def sides(
    base: str, runs: Path, log: Log, root: Path = ROOT
) -> Iterator[tuple[Side, Side]]:
    """Base and head, ready to be measured for as long as the block.

    `base`: a branch, tag or commit; `main...` for the merge base with it.
    Raises UserError, in one sentence, for a revision that is missing or
    cannot be run.
    """
    revision, name = git.resolve(base, root), git.label(base)
    folder = runs.resolve() / "gate"
    with git.exported(revision, folder / "trees", name, log, root) as tree:
        _ensure_comparable(tree, name, revision)
        pythons = environments.of_base(
            tree, folder / "environments", name, log, root
        )
        here = code(root)
        pair = (
            Side("base", tree, revision, False, pythons, name),
            Side(
                "head",
                root,
                here["revision"],
                bool(here["dirty"]),
                environments.here(root),
                "this tree",
            ),
        )
        for side in pair:
            _precompile(side)
        yield pair


def ensure_unchanged(side: Side, before: str) -> None:
    """Raise UserError if a side's `code_digest` is no longer `before`."""
    if code_digest(side.root) != before:
        raise UserError(
            f"{side.label} was edited while it was measured, so that the"
            f" results belong to no single state of it: run the gate again,"
            f" or work in another clone meanwhile."
        )


def _ensure_comparable(tree: Path, name: str, revision: str) -> None:
    if not (tree / "conf" / "config.yaml").is_file():
        raise UserError(
            f"{name} has no conf/config.yaml: expected a revision of this"
            f" project."
        )
    if not (tree / "benchmarks" / "config" / "compose.py").is_file():
        commit = revision[:12]
        shown = name if revision.startswith(name) else f"{name} ({commit})"
        raise UserError(
            f"BASE={shown}: the code of that revision is laid out differently,"
            f" since modules were moved and settings renamed after it; compare"
            f" with a later revision, or check out {commit} and run its own"
            f" `make gate`."
        )


def _precompile(side: Side) -> None:
    """Compile modules to bytecode: else a new tree would start more slowly."""
    python = side.pythons[environments.BENCH]
    command = [python, "-m", "compileall", "-q", "benchmarks", "impls"]
    processes.run(command, side.root, inherited())
