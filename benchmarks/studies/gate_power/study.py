"""The study of the gate: measure rounds, then write the tables."""

import math
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
            for number in count():
                left = max(0.0, end - time.monotonic())
                done = number // len(chosen)
                if done == self.rounds or (self.rounds is None and not left):
                    break
                pool = chosen[number % len(chosen)]
                self.console.status(
                    f"round {done + 1} of {pool.title}, {_estimates(pool)},"
                    f" {duration(left)} to go"
                )
                self._round(pool, files)
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
            self.console.line(f"{pool.title}: {len(pool.rounds)} rounds exist")
            self._warn_of_others(pool)
            return pool
        calibration = rounds.calibrate(
            cell, self.settings.blocks, files / path.stem, self.console.status
        )
        head = {
            "cell": cell,
            "environment": around,
            "fingerprint": machine,
            "digest": digest,
            "code": code(),
            **calibration,
            "seed": self.seed,
        }
        pool = pools.begin(path, head)
        self.console.line(
            f"{pool.title}: 1 % of a step is {calibration['counts']['1']:.1f}"
            f" products of small matrices"
        )
        return pool

    def _round(self, pool: Pool, files: Path) -> None:
        how, folder = self.settings.blocks, files / pool.path.stem
        try:
            pool.append(rounds.measure(pool, how, folder))
            self.lost = 0
        except WorkerFailed as failed:
            self.lost += 1
            self.console.line(f"{pool.title}: a round is lost: {failed.reason}")
            if self.lost >= MAX_LOST:
                raise UserError(
                    f"{pool.title}: {MAX_LOST} rounds in a row were lost, the"
                    f" last to: {failed.reason}\n{failed.log_tail}"
                ) from failed

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
