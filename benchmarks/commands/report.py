"""`make report`: write the report of a bench: a page, or tables.

python -m benchmarks.commands.report readme README.md
"""

import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.commands.entry import Add, command
from benchmarks.environment import files

ACTIONS = """page: all files of the report; table: the README's tables, printed;
readme: put them between the markers of FILE; publish: keep the results in git
as NAME"""


def _options(add: Add) -> None:
    actions = ("page", "table", "readme", "publish")
    add("action", nargs="?", default="page", choices=actions, help=ACTIONS)
    add("file", nargs="?", type=Path, metavar="FILE | NAME")
    add("--tables", action="store_true", help="publish without the records")
    add("--invocation", help="a bench's id; the latest")
    add("--store", help="MLflow's address; runs/mlflow.db")
    add("--out", type=Path, default=Path("reports/latest"))
    add("--runs", type=Path, default=Path("runs"))


@command("Interrupted: no file of the report is left half-written.", _options)
def main(options: Namespace) -> int:
    """Write, print or publish a report; returns the exit code."""
    from reports.output import publish, write  # pandas, MLflow: seconds

    source, runs = (options.invocation, options.store), options.runs
    if options.action == "page":
        print(f"Report: {write.write(*source, options.out, runs)}")
    elif options.action == "publish":
        name = str(options.file or "")
        print(publish.publish(name, *source, runs, tables=options.tables))
    else:
        text = write.results(*source, runs, options.out)
        if options.action == "table":
            print(text)
        else:
            file = options.file or Path("README.md")
            files.replace_between(file, "results", text)
            print(f"{file}: results replaced")
    return 0


if __name__ == "__main__":
    sys.exit(main())
