"""Send records to MLflow, or show its pages: `make sync`, `make ui`."""

import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.commands.entry import Add, command
from benchmarks.tracking import gates, sync, ui


def _options(add: Add) -> None:
    add("action", choices=("sync", "ui"))
    add("--uri", help="MLflow's address; runs/mlflow.db")
    add("--port", type=int, default=5000)
    add("--records", type=Path, default=sync.RECORDS)


@command(
    "Interrupted: what is sent stays; `make sync` sends the rest.", _options
)
def main(options: Namespace) -> int:
    """Send records to MLflow, or show its pages; returns the exit code."""
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


if __name__ == "__main__":
    sys.exit(main())
