"""The report of a bench: `report [table | readme FILE | publish NAME]`."""

import argparse
import sys
from pathlib import Path

from benchmarks.commands.entry import command
from benchmarks.environment import files

ACTIONS = """page: all files of the report; table: the README's tables, printed;
readme: put them between the markers of FILE; publish: keep the results in git
as NAME"""


@command("Interrupted: no file of the report is left half-written.")
def main(arguments: list[str]) -> int:
    """Write, print or publish a report; returns the exit code."""
    from reports.output import publish, write  # pandas, MLflow: seconds

    options = _parser().parse_args(arguments)
    source = options.invocation, options.store
    if options.action == "page":
        page = write.write(*source, options.out, options.runs)
        print(f"Report: {page}")
    elif options.action == "publish":
        name = str(options.file or "")
        tables = options.tables
        print(publish.publish(name, *source, options.runs, tables=tables))
    elif options.action == "table":
        print(write.results(*source, options.runs, options.out))
    else:
        file = options.file or Path("README.md")
        text = write.results(*source, options.runs, options.out)
        files.replace_between(file, "results", text)
        print(f"{file}: results replaced")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.report",
        description="Write the report of a bench: a page, or tables.",
    )
    actions = ("page", "table", "readme", "publish")
    parser.add_argument(
        "action", nargs="?", default="page", choices=actions, help=ACTIONS
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE | NAME")
    parser.add_argument(
        "--tables", action="store_true", help="publish without the records"
    )
    parser.add_argument("--invocation", help="a bench's id; the latest")
    parser.add_argument("--store", help="MLflow's address; runs/mlflow.db")
    parser.add_argument("--out", type=Path, default=Path("reports/latest"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
