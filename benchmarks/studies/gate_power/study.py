"""The study of the gate: measure rounds, then write the tables."""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.bench.cells import title
from benchmarks.bench.console import Console, duration
from benchmarks.environment.describe import fingerprint
from benchmarks.environment.files import replace_between
from benchmarks.errors import UserError
from benchmarks.gate.cells import environment
from benchmarks.gate.checkout import compose_cells
from benchmarks.gate.decide import estimate
from benchmarks.gate.settings import Settings
from benchmarks.passes.process import WorkerFailed
from benchmarks.records.revision import code
from benchmarks.studies.gate_power import other_tools, report, rounds
from benchmarks.studies.gate_power import pool as pools
from benchmarks.studies.gate_power.pool import Pool

MAX_LOST = 3  # rounds in a row whose worker died


@dataclass
class Study:
    """One study; `rounds`: of each cell, in place of `hours`."""

    settings: Settings
    console: Console
    folder: Path  # of the pools
    hours: float
    rounds: int | None
    seed: int
    lost: int = 0

    def measure(self, overrides: list[str], processes: int) -> None:
        """Measure rounds of all cells in turn until the time is over.

        `processes`: of the other tools; 0: they are not run.
        """
        end = time.monotonic() + 3600 * self.hours
        head = rounds.two_sides()[1]
        cells = compose_cells.cells(head, overrides).values()
        with TemporaryDirectory(prefix="triptych-power-") as folder:
            files = Path(folder)
            chosen = [self._pool(cell, files) for cell in cells]
            number, took = 0, 0.0
            while not self._finished(number, end, took, len(chosen)):
                began = time.monotonic()
                pool = chosen[number % len(chosen)]
                name = title(pool.head["cell"])
                left = duration(max(0.0, end - began))
                self.console.status(
                    f"round {number // len(chosen) + 1} of {name},"
                    f" {_estimates(pool)}, {left} to go"
                )
                self._round(pool, files)
                took = max(took, time.monotonic() - began)
                number += 1
        for pool in chosen if processes else []:
            other_tools.run(pool, processes, self.seed, self.console.status)

    def report(self, page: Path, resamples: int) -> None:
        """Write the tables; raises UserError where there are no rounds."""
        newest = map(pools.read, pools.newest(self.folder))
        chosen = [pool for pool in newest if pool and len(pool.rounds) > 1]
        if not chosen:
            raise UserError(
                f"{self.folder} has no rounds: expected some for a report."
                f" Measure first: make gate-power."
            )
        for pool in chosen:
            self._warn_of_others(pool)
        text = report.Report(chosen, self.settings, resamples).text()
        replace_between(page, "power", text)
        self.console.line(f"Written: {page}")

    def _pool(self, cell: dict[str, Any], files: Path) -> Pool:
        """The pool for this code and environment; made if it is missing."""
        around = environment(rounds.two_sides()[1], cell)
        digest, machine = pools.digest(), fingerprint(around)
        path = pools.place(self.folder, cell, machine, digest)
        if pool := pools.read(path):
            self.console.line(f"{title(cell)}: {len(pool.rounds)} rounds exist")
            self._warn_of_others(pool)
            return pool
        costs = rounds.calibrate(
            cell, self.settings.blocks, files / path.stem, self.console.status
        )
        counts = {
            str(size): rounds.count(size, **costs)
            for size in pools.SIZES
            if size > 0
        }
        self.console.line(
            f"{title(cell)}: 1 % of a step is {counts['1']:.1f} products of"
            f" small matrices"
        )
        head = {
            "cell": cell,
            "environment": around,
            "fingerprint": machine,
            "digest": digest,
            "code": code(),
            "costs": costs,
            "counts": counts,
            "seed": self.seed,
        }
        return pools.begin(path, head)

    def _round(self, pool: Pool, files: Path) -> None:
        how, folder = self.settings.blocks, files / pool.path.stem
        try:
            pool.append(rounds.measure(pool, how, folder))
            self.lost = 0
        except WorkerFailed as failed:
            self.lost += 1
            name = title(pool.head["cell"])
            self.console.line(f"{name}: a round is lost: {failed.reason}")
            if self.lost >= MAX_LOST:
                raise UserError(
                    f"{name}: {MAX_LOST} rounds in a row were lost, the last"
                    f" to: {failed.reason}\n{failed.log_tail}"
                ) from failed

    def _finished(
        self, number: int, end: float, took: float, cells: int
    ) -> bool:
        if self.rounds is not None:
            return number >= self.rounds * cells
        return time.monotonic() + took > end

    def _warn_of_others(self, pool: Pool) -> None:
        for other in pools.others(pool.path):
            self.console.line(
                f"{other.name} is of another environment or other code: its"
                f" rounds are not merged with those of {pool.path.name}"
            )


def _estimates(pool: Pool) -> str:
    words = [f"{len(pool.rounds)} in the pool"]
    for size in (0, 3, 5):
        pairs = pool.pairs(size)
        if len(pairs) > 2:
            values, orders = zip(*pairs, strict=True)
            mean = estimate(values, orders).mean
            words.append(f"{size} %: {100 * math.expm1(mean):+.1f}")
    return ", ".join(words)
