"""`make gate`: compare this tree with another revision.

Exit code: 0 nothing regressed, 1 regressed or changed numerics, 2 not
measured or inconclusive, 130 interrupted.
"""

import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.bench.console import Console
from benchmarks.commands.entry import Add, command
from benchmarks.environment import machine_lock
from benchmarks.gate import settings
from benchmarks.gate.checkout import git
from benchmarks.gate.run import Gate


def _options(add: Add) -> None:
    add("--base", default="", help="a revision of git")
    add("--cells", default="", help='"workload=cnn framework=torch,jax"')
    add("--budget", default="", help="for all cells: 10m")
    add("--floor", default="", help="of steps: 3%%; or compile_seconds=20%%")
    add("--accept", default="", help="numerics")
    add("--seed", type=int)
    add("--data", default="", help="folder of data sets, for accuracies")
    add("--runs", type=Path, default=Path("runs"))
    add("--report", type=Path, default=Path("reports/gate"))


@command("Interrupted: no cell was measured.", _options)
def main(options: Namespace) -> int:
    """Run the gate of a command line; returns the exit code."""
    gate = Gate(_settings(options), options.runs, Console(), options.data)
    with machine_lock.alone():
        base = options.base or git.default()
        return gate.run(base, options.cells, options.report)


def _settings(options: Namespace) -> settings.Settings:
    chosen = settings.read()
    if options.budget:
        chosen.budget_seconds = settings.seconds(options.budget)
    if options.floor:
        chosen.floor_overrides = settings.floors(options.floor)
    if options.accept:
        chosen.accept = settings.accepted(options.accept)
    if options.seed is not None:
        chosen.seed = options.seed
    return chosen


if __name__ == "__main__":
    sys.exit(main())
