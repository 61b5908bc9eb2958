"""`make trend`: recorded numbers over time, and where they changed.

Reads the records and the verdicts of the gate under `runs`, not MLflow;
writes `trend.html`, `trend.md` and `trend.csv`.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.commands.entry import command
from reports.trend import changes, write

INSTALL = (
    "ruptures is not installed: no changes are searched for. `make setup`"
    " installs it."
)


@command("Interrupted: no file of the trend is left half-written.")
def main(arguments: list[str]) -> int:
    """Write the trend and print its text; returns the exit code."""
    options = _parser().parse_args(arguments)
    least = options.least / 100
    trend = write.gather(options.runs, options.metric, options.since, least)
    path = write.write(trend, options.folder)
    for problem in trend.kept.broken:
        print(f"ignored: {problem}", file=sys.stderr)
    if not changes.available():
        print(INSTALL, file=sys.stderr)
    print(write.text(trend).removeprefix("# "))
    print(f"Trend: {path}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.trend",
        description="Draw recorded numbers over time; find changes.",
    )
    parser.add_argument("--since", help="a date: leave out what is older")
    parser.add_argument(
        "--metric",
        action="append",
        help="its name in records, may be given several times; by default"
        f" {', '.join(write.METRICS)}",
    )
    parser.add_argument(
        "--least",
        type=float,
        default=100 * changes.MAGNITUDE,
        help="the smallest change that is reported, in per cent",
    )
    parser.add_argument("--folder", type=Path, default=Path("reports/latest"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
