"""One call of the gate: two trees, their cells, one verdict."""

import os
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench import cells as jobs
from benchmarks.bench.console import Display, duration
from benchmarks.data import prepare
from benchmarks.environment import env_vars
from benchmarks.errors import UserError
from benchmarks.gate import cells
from benchmarks.gate.checkout import compose_cells, trees
from benchmarks.gate.decide import holm
from benchmarks.gate.pairs import TIMED
from benchmarks.gate.render import write
from benchmarks.gate.settings import Settings
from benchmarks.records.verdict import CellResult, Side, Verdict
from benchmarks.tracking import gates

BUSY = 0.75  # load per processor before the gate itself adds to it
Cell = dict[str, Any]
Two = tuple[Cell, Cell]  # as base and as head compose it


class Gate:
    """The state of one call."""

    def __init__(
        self, settings: Settings, runs: Path, display: Display
    ) -> None:
        self.settings = settings
        self.runs = runs
        self.display = display
        self.data = ""  # the folder of data sets; none: synthetic stand-ins
        self.found: list[CellResult] = []
        self.skipped: dict[str, str] = {}  # cell -> why
        self._began = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")

    def run(self, base: str, asked: str, report: Path) -> int:
        """Measure, decide, write down; returns the exit code.

        Raises UserError for what cannot be measured at all.
        """
        write.forget(report)
        with trees.sides(base, self.runs, self.display.line) as sides:
            chosen = self._cells(sides, asked)
            self._announce(sides, chosen)
            before = trees.digest(sides[1])
            try:
                for number, title in enumerate(chosen):
                    self._one(number, title, chosen, sides)
            except KeyboardInterrupt:
                self._finish(sides, report, interrupted=True)
                return 130
            trees.ensure_unchanged(sides[1], before)
            return self._finish(sides, report)

    def _cells(self, sides: tuple[Side, Side], asked: str) -> dict[str, Two]:
        self.settings.cells = shlex.split(asked) or self.settings.cells
        found = compose_cells.paired(
            *sides, self.settings.cells, self.display.line
        )
        for title, (_, head) in found.items():
            if head["framework"]["name"] == "slide":
                raise UserError(
                    f"{title}: the book's own programs are no part of the"
                    f" gate. Expected framework=torch,tensorflow,jax."
                )
        return found

    def _announce(
        self, sides: tuple[Side, Side], chosen: dict[str, Two]
    ) -> None:
        base, head = (_named(side) for side in sides)
        most = self.settings.budget_seconds or (
            self.settings.cell_seconds * len(chosen)
        )
        self.display.line(
            f"Gate: {head} against {base}: {len(chosen)}"
            f" cell{'s' * (len(chosen) != 1)}, at most about"
            f" {duration(most)} of pairs"
        )
        load, cores = os.getloadavg()[0], env_vars.cores()
        if load > BUSY * cores:
            self.display.line(
                f"This machine is busy (load {load:.1f} on {cores}"
                f" processors): expect more pairs, and cells that cannot be"
                f" told. What else runs should end first."
            )

    def _one(
        self,
        number: int,
        title: str,
        chosen: dict[str, Two],
        sides: tuple[Side, Side],
    ) -> None:
        left = len(chosen) - number
        heading = f"cell {number + 1} of {len(chosen)}  {title}"
        self.display.line(heading)
        task = cells.Task(
            title,
            sides,
            chosen[title],
            self.settings,
            tests=len(TIMED) * len(chosen),
            data=self._prepared,
        )
        seconds = self._share(left)

        def say(text: str) -> None:
            ahead = duration(seconds * left)
            self.display.status(f"{text}   at most {ahead} to go")

        head = task.cells[1]
        lacking = jobs.unavailable(head, cells.surroundings(sides[1], head))
        if lacking:
            self.skipped[title] = lacking
            self.display.line(f"  skipped: {lacking}")
            return
        result = cells.run(task, seconds, say)
        self.found.append(result)
        self.display.line(f"  {_told(result)}")

    def _share(self, left: int) -> float:
        """Seconds of the next cell: what is left of the budget, shared."""
        budget = self.settings.budget_seconds
        if budget is None:
            return self.settings.cell_seconds
        spent = sum(result.seconds for result in self.found)
        return max(1.0, (budget - spent) / left)

    def _prepared(self, cell: Cell) -> dict[str, Any]:
        name = cell["workload"]["data"]
        folder = Path(self.data or "data").expanduser()
        source = "auto" if self.data else "synthetic"
        return prepare(
            name, folder, source, self.runs / "data", self.display.line
        )

    def _finish(
        self,
        sides: tuple[Side, Side],
        report: Path,
        interrupted: bool = False,
    ) -> int:
        _adjust(self.found)
        told = Verdict(
            base=_about(sides[0]),
            head=_about(sides[1]),
            started=self._started,
            seconds=time.monotonic() - self._began,
            seed=self.settings.seed,
            settings={
                **asdict(self.settings),
                "skipped": self.skipped,
                "interrupted": interrupted,
            },
            cells=self.found,
        )
        if interrupted and not self.found:
            raise KeyboardInterrupt
        write.write(told, report)
        gates.keep(told, self.runs, say=self.display.line)
        for line in write.lines(told, report):
            self.display.line(line)
        if interrupted:
            print("Interrupted: the other cells are unknown.", file=sys.stderr)
        return told.code


def _adjust(found: list[CellResult]) -> None:
    """Holm over everything that was compared in pairs."""
    known = [one for one in _timed(found) if one.p is not None]
    for one, p in zip(known, holm([o.p or 0.0 for o in known]), strict=True):
        one.p = p


def _timed(found: list[CellResult]) -> Iterator[Any]:
    for result in found:
        yield from result.timed


def _about(side: Side) -> dict[str, Any]:
    return {
        "label": side.label,
        "revision": side.revision,
        "dirty": side.dirty,
        "own_environment": sys.executable not in side.pythons.values(),
    }


def _named(side: Side) -> str:
    short = (side.revision or "no revision")[:7]
    return f"{side.label} ({short}{', changed' if side.dirty else ''})"


def _told(result: CellResult) -> str:
    """What was found of a cell, in one line."""
    if result.failure:
        return f"could not be measured: {result.failure}"
    words: dict[str, list[str]] = {}
    for one in result.decisions:
        words.setdefault(one.word, []).append(one.metric)
    parts = []
    for word in ("regressed", "cannot tell", "improved"):
        if names := words.get(word):
            parts.append(f"{word}: {', '.join(names)}")
    if result.mathematics and result.mathematics.word == "changed":
        parts.insert(0, "mathematics changed")
    parts = parts or ["unchanged"]
    step = next(iter(result.timed), None)
    pairs = max((one.pairs for one in result.timed), default=0)
    if step and step.ratio and step.high:
        half = 50 * (step.high - (step.low or step.high))
        parts.append(f"step {100 * step.ratio - 100:+.1f} % (+-{half:.1f})")
    return f"{'; '.join(parts)}  {pairs} pairs, {duration(result.seconds)}"
