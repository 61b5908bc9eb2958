"""`make gate`: compare this tree with another revision.

Exit code: 0 nothing regressed, 1 regressed or changed numerics, 2 not
measured or inconclusive, 130 interrupted.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.bench.console import Console
from benchmarks.commands.entry import command
from benchmarks.environment import machine_lock
from benchmarks.gate import settings
from benchmarks.gate.checkout import git
from benchmarks.gate.run import Gate


@command("Interrupted: no cell was measured.")
def main(arguments: list[str]) -> int:
    """Run the gate of a command line; returns the exit code."""
    options = _options(arguments)
    gate = Gate(_settings(options), Path(options.runs), Console())
    gate.data = options.data
    with machine_lock.alone():
        base = options.base or git.default()
        return gate.run(base, options.cells, Path(options.report))


def _settings(options: argparse.Namespace) -> settings.Settings:
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


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.gate", description=__doc__
    )
    parser.add_argument("--base", default="", help="a revision of git")
    parser.add_argument(
        "--cells", default="", help='"workload=cnn framework=torch,jax"'
    )
    parser.add_argument("--budget", default="", help="for all cells: 10m")
    parser.add_argument(
        "--floor", default="", help="of steps: 3%%; or compile_seconds=20%%"
    )
    parser.add_argument("--accept", default="", help="numerics")
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--data", default="", help="folder of data sets, for accuracies"
    )
    parser.add_argument("--runs", default="runs")
    parser.add_argument("--report", default="reports/gate")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
