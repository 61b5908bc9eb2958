"""The cells of a gate, each composed by its own tree's conf/ and code."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bench.cells import title as bench_title
from benchmarks.environment import interpreters
from benchmarks.errors import UserError
from benchmarks.gate.checkout import processes
from benchmarks.gate.checkout.environments import BENCH
from benchmarks.gate.render.context import different
from benchmarks.records.verdict import Side

Log = Callable[[str], None]
Cell = dict[str, Any]
SCRIPT = Path(__file__).with_name("compose_there.py")
IN_TITLE = ("workload", "framework", "framework.mode", "precision", "device")
PYTHON = "framework.python"  # the path of an interpreter, not its content


def cells(side: Side, overrides: list[str]) -> dict[str, Cell]:
    """Title -> cell, for all cells of a sweep such as `workload=cnn,rnn`.

    The suite decides what is not given, as on the bench's command line.
    Raises UserError for what is impossible in that tree.
    """
    swept = _sweep(side, overrides)
    return {title: cell for title, (_, cell) in swept.items()}


def paired(
    base: Side, head: Side, overrides: list[str], log: Log
) -> dict[str, tuple[Cell, Cell]]:
    """Head's title -> the cell as base and as head compose it.

    Paired by overrides, not by title: another default mode gives another
    title, and is a difference of configuration. A cell that the base lacks
    is a UserError if it was requested by name; one from the suite alone is
    left out and logged.
    """
    swept = _sweep(head, overrides)
    question = {"cells": [words for words, _ in swept.values()]}
    given = [_key(word) for word in overrides]
    pairs: dict[str, tuple[Cell, Cell]] = {}
    missing: dict[str, None] = {}  # problems, each once
    answers = _compose(base, question)
    for (title, (_, cell)), answer in zip(swept.items(), answers, strict=True):
        if "cell" in answer:
            pairs[title] = answer["cell"], cell
            continue
        problem, key = _problem(base, answer)
        if not key or key in given:
            raise UserError(problem)
        missing[problem] = None
    if not pairs:
        raise UserError("\n".join(missing))
    for problem in missing:
        log(f"{problem} Left out.")
    return pairs


def configuration(base_cell: Cell, head_cell: Cell) -> dict[str, list[Any]]:
    """Dotted key -> [base, head], where they differ; None for a missing one.

    Paths of interpreters are left out: environments are compared elsewhere.
    """
    differing = different(base_cell, head_cell)
    return {key: both for key, both in differing.items() if key != PYTHON}


def _key(word: str) -> str:
    return word.lstrip("+").partition("=")[0]


def _sweep(
    side: Side, overrides: list[str]
) -> dict[str, tuple[list[str], Cell]]:
    """Title -> (overrides, cell), for every distinct cell of a sweep."""
    if PYTHON in map(_key, overrides):
        raise UserError(
            f"CELLS: {PYTHON} cannot be chosen: either tree of a gate runs"
            f" under the interpreters that `make setup` makes for its pins."
        )
    if interpreters.accelerator() == "cuda":
        overrides = ["device=cuda", *overrides]  # as it was set up
    distinct: list[tuple[list[str], Cell]] = []
    for answer in _compose(side, {"sweep": overrides}):
        if "error" in answer:
            raise UserError(_problem(side, answer)[0])
        if all(answer["cell"] != cell for _, cell in distinct):
            distinct.append((answer["words"], answer["cell"]))
    # Titles of the bench; equal ones with the overrides that differ
    counts = Counter(bench_title(cell) for _, cell in distinct)
    uses = Counter(word for words, _ in distinct for word in words)
    swept = {}
    for words, cell in distinct:
        title = bench_title(cell)
        own = [
            word.lstrip("+")
            for word in words
            if uses[word] < len(distinct) and _key(word) not in IN_TITLE
        ]
        if counts[title] > 1:
            title += f" ({', '.join(own)})"
        swept[title] = words, cell
    return swept


def _problem(side: Side, answer: dict[str, Any]) -> tuple[str, str]:
    """Why a tree lacks a cell, in a sentence, and the key at fault."""
    for word in answer["words"]:
        key, _, value = word.partition("=")
        paths = (side.root / "conf" / key).glob("*.yaml")
        names = sorted(path.stem for path in paths)
        if names and value not in names:
            listed = ", ".join(names)
            return f"{side.label} has no {key} {value}: it has {listed}.", key
    problem = str(answer["error"])
    if side.name == "head":
        return f"CELLS: {problem}", ""
    keys = [key for key in map(_key, answer["words"]) if key in problem]
    longest = max(keys, key=len, default="")
    return f"{side.label} refuses the cell: {problem}", longest


def _compose(side: Side, question: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of `compose_there` in that side's tree."""
    python, script = side.pythons[BENCH], SCRIPT.read_text()
    try:
        answers: list[dict[str, Any]] = processes.answer(
            python, side.root, script, question
        )
    except ValueError as error:
        raise UserError(
            f"cells cannot be composed by {side.label}: {error}"
        ) from None
    return answers
