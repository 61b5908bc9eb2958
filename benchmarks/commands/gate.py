"""`make gate`: this tree against another revision, here and now.

Exit code: 0 nothing is worse, 1 something regressed or computes something
else, 2 it could not be measured, 130 interrupted.
"""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from benchmarks.bench.console import Display
from benchmarks.errors import UserError
from benchmarks.gate import settings as gate_settings

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(given: list[str] | None = None) -> int:
    """Run the gate of a command line; returns the exit code."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    options = _options(given)
    display = Display()
    try:
        from benchmarks.environment import machine_lock
        from benchmarks.gate.checkout import trees
        from benchmarks.gate.run import Gate

        gate = Gate(_settings(options), Path(options.runs), display)
        gate.data = options.data
        with machine_lock.alone():
            base = options.base or trees.default()
            return gate.run(base, options.cells, Path(options.report))
    except UserError as error:
        display.line()
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted: nothing had been decided.", file=sys.stderr)
        return 130


def _settings(options: argparse.Namespace) -> gate_settings.Settings:
    chosen = gate_settings.read()
    if options.budget:
        chosen.budget_seconds = gate_settings.seconds(options.budget)
    if options.floor:
        chosen.asked = gate_settings.floors(options.floor)
    if options.accept:
        chosen.accept = gate_settings.accepted(options.accept)
    if options.seed is not None:
        chosen.seed = options.seed
    return chosen


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gate", description=__doc__
    )
    parser.add_argument("--base", default="", help="a revision of git")
    parser.add_argument(
        "--cells", default="", help='"workload=cnn framework=torch,jax"'
    )
    parser.add_argument("--budget", default="", help="for all cells: 10m")
    parser.add_argument(
        "--floor", default="", help="of steps: 3%%; or compile_seconds=20%%"
    )
    parser.add_argument("--accept", default="", help="mathematics")
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--data", default="", help="folder of data sets, for accuracies"
    )
    parser.add_argument("--runs", default="runs")
    parser.add_argument("--report", default="reports/gate")
    return parser.parse_args(given)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
