"""`make gate-power`: measure the gate's false-alarm rate and power.

    python -m benchmarks.commands.gate_power --hours 1 \\
        --cells "workload=rnn framework=torch,tensorflow,jax" --other-tools

Adds rounds to pools under `runs/gate/power`, cell after cell, and writes
the tables of `docs/gate.md`. Ctrl-C keeps every finished round; the same
command continues. Exit code: 0 written, 2 not measured, 130 interrupted.
"""

import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.bench.console import Console
from benchmarks.commands.entry import Add, command
from benchmarks.environment import machine_lock
from benchmarks.gate import settings
from benchmarks.studies.gate_power import other_tools
from benchmarks.studies.gate_power.study import Study

CELLS = "workload=rnn framework=torch,tensorflow,jax"


def _options(add: Add) -> None:
    add("--hours", type=float, default=1.0)
    add("--rounds", type=int, help="of each cell, instead of --hours")
    add("--cells", default=CELLS)
    add("--other-tools", action="store_true", help="run pytest-benchmark, too")
    add("--processes", type=int, default=other_tools.PROCESSES)
    add("--report-only", action="store_true")
    add("--floor", default="", help="of steps: 3%%; default: conf/gate")
    add("--resamples", type=int, default=2000)
    add("--seed", type=int, default=0)
    add("--runs", type=Path, default=Path("runs"))
    add("--docs", type=Path, default=Path("docs/gate.md"))


@command(
    "Interrupted: every finished round is kept. The same command continues;"
    " --report-only writes the tables.",
    _options,
)
def main(options: Namespace) -> int:
    """Run the study of a command line; returns the exit code."""
    study = Study(
        settings.read(),
        Console(),
        options.runs / "gate" / "power",
        options.hours,
        options.rounds,
        options.seed,
    )
    study.settings.floor_overrides = settings.floors(options.floor)
    if not options.report_only:
        processes = options.processes if options.other_tools else 0
        with machine_lock.alone():
            study.measure(options.cells.split(), processes)
    study.report(options.docs, options.resamples)
    return 0


if __name__ == "__main__":
    sys.exit(main())
