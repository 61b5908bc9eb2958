"""`make sync` and `make ui`: records into MLflow, and its pages."""

import argparse
import sys
from pathlib import Path

from benchmarks.errors import UserError
from benchmarks.tracking import gates, sync, ui
from benchmarks.tracking.sync import RECORDS


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 2 after a mistake that the user can mend."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.tracking"
    )
    parser.add_argument("action", choices=("sync", "ui"))
    parser.add_argument("--uri", help="the store; runs/mlflow.db by default")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--records", type=Path, default=RECORDS)
    options = parser.parse_args(arguments)
    try:
        if options.action == "ui":
            ui.ui(options.records.parent.resolve(), options.uri, options.port)
            return 0
        done = sync.sync(options.records, options.uri)
        print(f"{done.sent} sent, {done.kept} there already: {done.uri}")
        if cells := gates.sync(options.records.parent, options.uri):
            print(f"{cells} cells of gates sent")
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nended", file=sys.stderr)
        return 0 if options.action == "ui" else 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
