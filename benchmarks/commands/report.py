"""`python -m reports [table | readme FILE | publish NAME]`."""

import argparse
import sys
from pathlib import Path

from benchmarks.errors import UserError


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 2 after a mistake that the user can mend."""
    options = _options(arguments)
    try:
        return _act(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


def _act(options: argparse.Namespace) -> int:
    if options.action == "page":
        from reports import build

        page = build(
            options.invocation, options.store, options.out, options.runs
        )
        print(f"Report: {page}")
        return 0
    if options.action == "publish":
        from reports.output.publish import publish

        name = "" if options.file is None else str(options.file)
        place = publish(
            name,
            options.invocation,
            options.store,
            options.runs,
            tables=options.tables,
        )
        print(place)
        return 0
    from reports.markdown import report
    from reports.results import frame, grouping

    bench = frame.load(options.invocation, options.store, options.runs)
    text = report.table(bench, grouping.workloads(bench))
    if options.action == "table":
        print(text)
    else:
        file = options.file or Path("README.md")
        report.rewrite(file, text)
        print(f"{file}: the table is of {bench.call['id']}")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m reports",
        description="What a bench measured: as a page, or as a table.",
    )
    parser.add_argument(
        "action",
        nargs="?",
        default="page",
        choices=("page", "table", "readme", "publish"),
        help="page: all files of the report; table: the README's, printed;"
        " readme: put into FILE between its markers; publish: kept in git"
        " as NAME",
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE | NAME")
    parser.add_argument(
        "--tables", action="store_true", help="publish without the records"
    )
    parser.add_argument("--invocation", help="a bench's id; the latest")
    parser.add_argument("--store", help="MLflow's address; runs/mlflow.db")
    parser.add_argument("--out", type=Path, default=Path("reports/latest"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
