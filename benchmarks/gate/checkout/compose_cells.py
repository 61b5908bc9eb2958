"""The cells of a gate, each composed by its own tree's conf/ and code."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.bench import cells as jobs
from benchmarks.environment import interpreters
from benchmarks.environment.env_vars import inherited
from benchmarks.errors import UserError
from benchmarks.gate.checkout import processes
from benchmarks.gate.checkout.environments import BENCH
from benchmarks.records.verdict import Side

Say = Callable[[str], None]
Cell = dict[str, Any]
SCRIPT = Path(__file__).with_name("compose_there.py")
LIMIT = 300.0  # seconds for composing all cells
TITLED = ("workload", "framework", "framework.mode", "precision", "device")
PYTHON = "framework.python"  # where a tree's interpreter lies, not what it is


def cells(side: Side, overrides: list[str]) -> dict[str, Cell]:
    """Title -> cell, for all cells of a sweep such as `workload=cnn,rnn`.

    As on the bench's command line: what is not given, the suite says. Raises
    UserError for what is not possible in that tree.
    """
    return {title: cell for title, _, cell in _listed(side, overrides)}


def paired(
    base: Side, head: Side, overrides: list[str], say: Say
) -> dict[str, tuple[Cell, Cell]]:
    """Head's title -> the cell as base and as head compose it.

    Paired by what was asked for, not by title: another usual mode gives
    another title, and is a difference of configuration. A cell that the
    base lacks is a UserError if it was asked for by name; one that only
    the suite asks for is left out, and `say` told so.
    """
    listed = _listed(head, overrides)
    found: dict[str, tuple[Cell, Cell]] = {}
    answers = _asked(base, {"cells": [words for _, words, _ in listed]})
    lacking: list[str] = []
    given = [word.lstrip("+").partition("=")[0] for word in overrides]
    for (title, _, cell), answer in zip(listed, answers, strict=True):
        if "cell" in answer:
            found[title] = answer["cell"], cell
            continue
        problem, key = _refused(base, answer)
        if not key or key in given:
            raise UserError(problem)
        lacking.append(problem)
    if not found:
        raise UserError("\n".join(dict.fromkeys(lacking)))
    for problem in dict.fromkeys(lacking):
        say(f"{problem} Left out.")
    return found


def configuration(base_cell: Cell, head_cell: Cell) -> dict[str, list[Any]]:
    """Dotted key -> [base, head], where they differ; None for a missing one.

    Where the interpreters lie is left out: environments are told apart.
    """
    base, head = dict(_leaves(base_cell)), dict(_leaves(head_cell))
    return {
        key: [base.get(key), head.get(key)]
        for key in sorted(base | head)
        if base.get(key) != head.get(key) and key != PYTHON
    }


def _leaves(tree: Cell, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _listed(
    side: Side, overrides: list[str]
) -> list[tuple[str, list[str], Cell]]:
    """(title, overrides, cell) of every different cell of a sweep."""
    if any(word.lstrip("+").startswith(f"{PYTHON}=") for word in overrides):
        raise UserError(
            f"CELLS: {PYTHON} cannot be chosen: either tree of a gate runs"
            f" under what `make setup` makes for its pins."
        )
    if interpreters.accelerator() == "cuda":
        overrides = ["device=cuda", *overrides]  # what was set up
    different: list[tuple[list[str], Cell]] = []
    for answer in _asked(side, {"sweep": overrides}):
        if "error" in answer:
            raise UserError(_refused(side, answer)[0])
        if all(answer["cell"] != cell for _, cell in different):
            different.append((answer["words"], answer["cell"]))
    titles = _titles(different)
    return [(title, *one) for title, one in zip(titles, different, strict=True)]


def _titles(different: list[tuple[list[str], Cell]]) -> list[str]:
    """Those of the bench; where two were the same, what differs as well."""
    titles = [jobs.title(cell) for _, cell in different]
    twice = {title for title, n in Counter(titles).items() if n > 1}
    uses = Counter(word for words, _ in different for word in words)
    told = []
    for title, (words, _) in zip(titles, different, strict=True):
        own = [
            word.lstrip("+")
            for word in words
            if uses[word] < len(different)
            and word.partition("=")[0] not in TITLED
        ]
        told.append(f"{title} ({', '.join(own)})" if title in twice else title)
    return told


def _refused(side: Side, answer: dict[str, Any]) -> tuple[str, str]:
    """Why a tree has no such cell, in a sentence, and the key at fault."""
    for word in answer["words"]:
        key, _, value = word.partition("=")
        folder = side.root / "conf" / key
        has = sorted(path.stem for path in folder.glob("*.yaml"))
        if has and value not in has:
            return (
                f"{side.label} has no {key} {value}: it has {', '.join(has)}.",
                key,
            )
    problem = str(answer["error"])
    if side.name == "head":
        return f"CELLS: {problem}", ""
    keys = [word.lstrip("+").partition("=")[0] for word in answer["words"]]
    named = [key for key in keys if key in problem]
    return f"{side.label} refuses the cell: {problem}", max(
        named, key=len, default=""
    )


def _asked(side: Side, question: dict[str, Any]) -> list[dict[str, Any]]:
    """What `compose_there` answers in that side's tree."""
    try:
        python = side.pythons.get(BENCH, sys.executable)
        done = processes.run(
            [python, "-c", SCRIPT.read_text()],
            side.root,
            inherited(),
            json.dumps(question),
            LIMIT,
        )
        answers: list[dict[str, Any]] = json.loads(
            (done.stdout.splitlines() or [""])[-1]
        )
    except subprocess.TimeoutExpired:
        raise _uncomposable(side, f"no answer within {LIMIT:g} s") from None
    except OSError as error:
        raise _uncomposable(side, str(error)) from None
    except ValueError:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise _uncomposable(side, lines[-1]) from None
    return answers


def _uncomposable(side: Side, why: str) -> UserError:
    return UserError(f"cells cannot be composed by {side.label}: {why}")
