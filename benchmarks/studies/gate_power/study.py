"""`make gate-power`: what the gate sees, and how often it cries wolf.

    python -m benchmarks.studies.gate_power.study --hours 1 \\
        --cells "workload=rnn framework=torch,tensorflow,jax" --rivals

Adds rounds to pools under `runs/gate/power`, cell after cell, and writes
`docs/gate.md` from them. Ctrl-C keeps every finished round; the same
command goes on. Exit code: 0 written, 2 could not be measured, 130 stopped.
"""

import argparse
import math
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.bench import cells as jobs
from benchmarks.bench.console import Display, duration
from benchmarks.commands.gate import SIGNALS
from benchmarks.environment import machine_lock
from benchmarks.environment.describe import describe, fingerprint
from benchmarks.errors import UserError
from benchmarks.gate import settings as gate_settings
from benchmarks.gate.checkout import trees
from benchmarks.gate.decide import estimate
from benchmarks.passes.process import WorkerFailed
from benchmarks.records.revision import code
from benchmarks.studies.gate_power import (
    pool as power_pool,
)
from benchmarks.studies.gate_power import (
    pytest_benchmark,
    rounds,
    tables,
)
from benchmarks.studies.gate_power.pool import Pool
from benchmarks.studies.gate_power.report import Report

CELLS = "workload=rnn framework=torch,tensorflow,jax"
LOST = 3  # rounds in a row whose worker died: more, and it is no chance


def main(given: list[str] | None = None) -> int:
    """Measure and write down; returns the exit code."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    options = _options(given)
    study = Study(options, Display())
    try:
        if not options.report_only:
            with machine_lock.alone():
                study.measure()
        study.report()
    except UserError as error:
        study.display.line()
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "\nStopped: every finished round is kept. The same command goes"
            " on from here; --report-only writes the tables.",
            file=sys.stderr,
        )
        return 130
    return 0


class Study:
    """One call of the command."""

    def __init__(self, options: argparse.Namespace, display: Display) -> None:
        self.options = options
        self.display = display
        self.settings = gate_settings.read()
        if options.floor:
            self.settings.asked = gate_settings.floors(options.floor)
        self.folder = Path(options.runs) / "gate" / "power"
        self.lost = 0

    def measure(self) -> None:
        """Rounds of all cells in turn until the time is over."""
        ended = time.monotonic() + 3600 * self.options.hours
        with TemporaryDirectory(prefix="triptych-power-") as folder:
            files = Path(folder)
            paths = [self._pool(cell, files) for cell in self._cells()]
            number, took = 0, 0.0
            while not self._over(number, ended, took, len(paths)):
                path = paths[number % len(paths)]
                began = time.monotonic()
                self._round(path, files, number, len(paths), ended)
                took = max(took, time.monotonic() - began)
                number += 1
        if self.options.rivals:
            self._rivals(paths)

    def report(self) -> None:
        """Write the tables; raises UserError where there is nothing yet."""
        found = map(power_pool.read, power_pool.newest(self.folder))
        pools = [pool for pool in found if pool and len(pool.rounds) > 1]
        if not pools:
            raise UserError(
                f"{self.folder} has no rounds: expected some for a report."
                f" Measure first: make gate-power."
            )
        for pool in pools:
            self._left_out(pool)
        page = Path(self.options.docs)
        text = Report(pools, self.settings, self.options.resamples).text()
        tables.rewrite(page, text)
        self.display.line(f"Written: {page}")

    def _cells(self) -> list[dict[str, Any]]:
        side = rounds.two_sides()[1]
        overrides = self.options.cells.split()
        return list(trees.cells(side, overrides).values())

    def _pool(self, cell: dict[str, Any], files: Path) -> Path:
        """The pool that fits what is here now; made if there is none."""
        framework = cell["framework"]
        python = rounds.two_sides()[1].pythons[framework["name"]]
        around = describe(cell | {"framework": framework | {"python": python}})
        printed = fingerprint(around)
        digest = power_pool.digest()
        path = power_pool.place(self.folder, cell, printed, digest)
        known = power_pool.read(path)
        if known:
            self.display.line(
                f"{jobs.title(cell)}: {len(known.rounds)} rounds are there"
            )
            self._left_out(known)
            return path
        how = self.settings.blocks
        costs = rounds.calibrate(
            cell, how, files / path.stem, self.display.status
        )
        counts = {
            str(size): rounds.count(size, **costs)
            for size in power_pool.SIZES
            if size > 0
        }
        head = {
            "cell": cell,
            "environment": around,
            "fingerprint": printed,
            "digest": digest,
            "code": code(),
            "plant": costs,
            "counts": counts,
            "seed": self.options.seed,
        }
        power_pool.begin(path, head)
        self.display.line(
            f"{jobs.title(cell)}: 1 % of a step is"
            f" {counts['1']:.1f} products of small matrices"
        )
        return path

    def _round(
        self, path: Path, files: Path, number: int, cells: int, ended: float
    ) -> None:
        pool = power_pool.read(path)
        assert pool is not None  # `_pool` has made it
        title = jobs.title(pool.head["cell"])
        last = pool.rounds[-1]["number"] if pool.rounds else -1
        left = duration(max(0.0, ended - time.monotonic()))
        self.display.status(
            f"round {number // cells + 1} of {title}, {_running(pool)},"
            f" {left} to go"
        )
        try:
            one = rounds.measure(
                pool.head["cell"],
                last + 1,
                pool.head["seed"],
                pool.head["counts"],
                self.settings.blocks,
                files / path.stem,
            )
        except WorkerFailed as failed:
            self.lost += 1
            self.display.line(f"{title}: a round is lost: {failed.reason}")
            if self.lost >= LOST:
                raise UserError(
                    f"{title}: {LOST} rounds in a row were lost, the last to:"
                    f" {failed.reason}\n{failed.log_tail}"
                ) from failed
            return
        self.lost = 0
        power_pool.append(path, one)

    def _over(self, number: int, ended: float, took: float, cells: int) -> bool:
        if self.options.rounds is not None:
            return bool(number >= self.options.rounds * cells)
        return time.monotonic() + took > ended

    def _rivals(self, paths: list[Path]) -> None:
        for path in paths:
            pool = power_pool.read(path)
            assert pool is not None
            title = jobs.title(pool.head["cell"])

            def say(text: str, title: str = title) -> None:
                self.display.status(f"{title}: {text}")

            pytest_benchmark.run(
                pool, self.options.processes, self.options.seed, say
            )

    def _left_out(self, pool: Pool) -> None:
        for other in power_pool.others(pool.path):
            self.display.line(
                f"{other.name} is of another environment or other code: its"
                f" rounds are never joined with those of {pool.path.name}"
            )


def _running(pool: Pool) -> str:
    words = [f"{len(pool.rounds)} in the pool"]
    for size in (0, 3, 5):
        pairs = pool.pairs(size)
        if len(pairs[0]) > 2:
            now = estimate(*pairs)
            words.append(f"{size} %: {100 * math.expm1(now.mean):+.1f}")
    return ", ".join(words)


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.studies.gate_power.study",
        description=__doc__,
    )
    add = parser.add_argument
    add("--hours", type=float, default=1.0)
    add("--rounds", type=int, help="of each cell, instead of --hours")
    add("--cells", default=CELLS)
    add("--rivals", action="store_true", help="run pytest-benchmark, too")
    add("--processes", type=int, default=pytest_benchmark.PROCESSES)
    add("--report-only", action="store_true")
    add("--floor", default="", help="of steps: 3%%; else what conf/gate says")
    add("--resamples", type=int, default=2000)
    add("--seed", type=int, default=0)
    add("--runs", default="runs")
    add("--docs", default="docs/gate.md")
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main())
