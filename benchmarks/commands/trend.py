"""`make trend`: recorded numbers over time, and where they changed.

Reads the records and the verdicts of the gate under `runs`, not MLflow;
writes `trend.html`, `trend.md` and `trend.csv`.
"""

import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.commands.entry import Add, command
from reports.trend import changes, write

METRIC = f"""its name in records, may be given several times; by default
{", ".join(write.METRICS)}"""
LEAST = "the smallest change that is reported, in per cent"
INSTALL = (
    "ruptures is not installed: no changes are searched for. `make setup`"
    " installs it."
)


def _options(add: Add) -> None:
    add("--since", help="a date: leave out what is older")
    add("--metric", action="append", help=METRIC)
    add("--least", type=float, default=100 * changes.MAGNITUDE, help=LEAST)
    add("--folder", type=Path, default=Path("reports/latest"))
    add("--runs", type=Path, default=Path("runs"))


@command("Interrupted: no file of the trend is left half-written.", _options)
def main(options: Namespace) -> int:
    """Write the trend and print its text; returns the exit code."""
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


if __name__ == "__main__":
    sys.exit(main())
