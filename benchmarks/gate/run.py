"""One gate: two trees, their cells, one verdict."""

import os
import shlex
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench.cells import unavailable
from benchmarks.bench.console import Console, duration
from benchmarks.data.pipeline import prepare
from benchmarks.environment import env_vars
from benchmarks.errors import UserError
from benchmarks.gate.cells import Comparison
from benchmarks.gate.checkout import compose_cells, trees
from benchmarks.gate.decide import holm
from benchmarks.gate.pairs import TIMED
from benchmarks.gate.render import summary, terminal, wording, write
from benchmarks.gate.settings import Settings
from benchmarks.records.revision import code_digest
from benchmarks.records.verdict import CellResult, Revision, Side, Verdict
from benchmarks.tracking import gates

BUSY = 0.75  # load per processor before the gate itself adds to it


@dataclass
class Gate:
    """The state of one gate."""

    settings: Settings
    runs: Path
    console: Console
    data: str = ""  # the folder of data sets; none: synthetic stand-ins
    results: list[CellResult] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)  # cell -> why
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def run(self, base: str, overrides: str, report: Path) -> int:
        """Measure, decide, write the report; returns the exit code.

        `overrides`: cells, as in `workload=cnn framework=torch,jax`. Raises
        UserError where nothing can be measured.
        """
        write.forget(report)
        with trees.sides(base, self.runs, self.console.line) as sides:
            comparisons = self._comparisons(sides, overrides)
            self._announce(sides, len(comparisons))
            before = code_digest(sides[1].root)
            try:
                for number, comparison in enumerate(comparisons):
                    left = len(comparisons) - number
                    self.console.line(
                        f"cell {number + 1} of {len(comparisons)}"
                        f"  {comparison.title}"
                    )
                    self._compare(comparison, left)
            except KeyboardInterrupt:
                if not self.results:
                    raise
                self._finish(sides, report, interrupted=True)
                print("Interrupted: other cells not measured.", file=sys.stderr)
                return 130
            trees.ensure_unchanged(sides[1], before)
            return self._finish(sides, report, interrupted=False)

    def _comparisons(
        self, sides: tuple[Side, Side], overrides: str
    ) -> list[Comparison]:
        self.settings.cells = shlex.split(overrides) or self.settings.cells
        chosen = compose_cells.paired(
            *sides, self.settings.cells, self.console.line
        )
        for title, (_, head) in chosen.items():
            if head["framework"]["name"] == "slide":
                raise UserError(
                    f"{title}: the book's own programs are no part of the"
                    f" gate. Expected framework=torch,tensorflow,jax."
                )
        tests = len(TIMED) * len(chosen)
        return [
            Comparison(title, sides, pair, self.settings, tests, self._prepared)
            for title, pair in chosen.items()
        ]

    def _announce(self, sides: tuple[Side, Side], count: int) -> None:
        base, head = map(_short, sides)
        limit = self.settings.budget_seconds
        limit = limit or self.settings.cell_seconds * count
        self.console.line(
            f"Gate: {head} against {base}: {wording.plural(count, 'cell')},"
            f" at most about {duration(limit)} of pairs"
        )
        load, cores = os.getloadavg()[0], env_vars.cores()
        if load > BUSY * cores:
            self.console.line(
                f"This machine is busy (load {load:.1f} on {cores}"
                f" processors): expect more pairs and inconclusive metrics."
                f" End other programs first."
            )

    def _compare(self, comparison: Comparison, left: int) -> None:
        missing = unavailable(
            comparison.cells[1], comparison.environments["head"]
        )
        if missing:
            self.skipped[comparison.title] = missing
            self.console.line(f"  skipped: {missing}")
            return
        seconds = self._share(left)

        def status(text: str) -> None:
            ahead = duration(seconds * left)
            self.console.status(f"{text}   at most {ahead} to go")

        result = comparison.run(seconds, status)
        self.results.append(result)
        self.console.line(f"  {_line(result)}")

    def _share(self, left: int) -> float:
        """Seconds of the next cell: its share of the rest of the budget."""
        budget = self.settings.budget_seconds
        if budget is None:
            return self.settings.cell_seconds
        spent = sum(result.seconds for result in self.results)
        return max(1.0, (budget - spent) / left)

    def _prepared(self, cell: dict[str, Any]) -> dict[str, Any]:
        name = cell["workload"]["data"]["name"]
        folder = Path(self.data or "data").expanduser()
        source = "auto" if self.data else "synthetic"
        return prepare(
            name, folder, source, self.runs / "data", self.console.line
        )

    def _finish(
        self, sides: tuple[Side, Side], report: Path, interrupted: bool
    ) -> int:
        _adjust(self.results)
        settings = asdict(self.settings)
        base, head = map(_revision, sides)
        verdict = Verdict(
            base=base,
            head=head,
            started=self.started.isoformat(timespec="seconds"),
            seconds=(datetime.now(UTC) - self.started).total_seconds(),
            seed=self.settings.seed,
            accept=settings.pop("accept"),
            settings=settings,
            skipped=self.skipped,
            interrupted=interrupted,
            cells=self.results,
        )
        written = write.write(verdict, report)
        gates.keep(verdict, self.runs, say=self.console.line)
        for line in terminal.lines(written, report):
            self.console.line(line)
        return verdict.exit_code


def _adjust(results: list[CellResult]) -> None:
    """Holm's correction over all comparisons in pairs."""
    timed = [decision for result in results for decision in result.timed]
    tested = [decision for decision in timed if decision.p is not None]
    adjusted = holm([decision.p or 0.0 for decision in tested])
    for decision, p in zip(tested, adjusted, strict=True):
        decision.p = p


def _revision(side: Side) -> Revision:
    return Revision(
        side.label,
        side.revision,
        side.dirty,
        own_environment=sys.executable not in side.pythons.values(),
    )


def _short(side: Side) -> str:
    short = (side.revision or "no revision")[:7]
    return f"{side.label} ({short}{', changed' if side.dirty else ''})"


def _line(result: CellResult) -> str:
    """The result of a cell in one line."""
    if result.failure:
        return f"could not be measured: {result.failure}"
    line = ", ".join(summary.statuses(result))
    timed = result.timed
    if timed and timed[0].low is not None:
        line += (
            f"  step {wording.change(timed[0])} {wording.interval(timed[0])}"
        )
    pairs = max((decision.pairs for decision in timed), default=0)
    return f"{line}  {pairs} pairs, {duration(result.seconds)}"
