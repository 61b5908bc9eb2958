"""`python -m benchmarks.commands.tracking sync | ui`: MLflow and its pages."""

import argparse
import sys
from pathlib import Path

from benchmarks.commands.entry import command
from benchmarks.tracking import gates, sync, ui


@command("Interrupted: what is sent stays; `make sync` sends the rest.")
def main(arguments: list[str]) -> int:
    """Send records to MLflow, or show its pages; returns the exit code."""
    options = _parser().parse_args(arguments)
    runs = options.records.parent
    if options.action == "ui":
        try:
            ui.ui(runs.resolve(), options.uri, options.port)
        except KeyboardInterrupt:  # the way to end them
            print()
        return 0
    done = sync.sync(options.records, options.uri)
    print(f"{done.sent} sent, {done.kept} there already: {done.uri}")
    if cells := gates.sync(runs, options.uri):
        print(f"{cells} cells of gates sent")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.tracking",
        description="Send records to MLflow, or show MLflow's pages.",
    )
    parser.add_argument("action", choices=("sync", "ui"))
    parser.add_argument("--uri", help="MLflow's address; runs/mlflow.db")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--records", type=Path, default=sync.RECORDS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
