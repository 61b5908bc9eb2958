"""`make read MODEL=cnn`: a model in its three frameworks, side by side."""

import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.commands.entry import Add, command


def _options(add: Add) -> None:
    add("model", nargs="?", default="", help="all by default")
    add("--out", type=Path, default=Path("reports/latest/read"))


@command("Interrupted: no page is left half-written.", _options)
def main(options: Namespace) -> int:
    """Write the page of a model, or of all of them."""
    from reports.output import read

    print(f"Side by side: {read.write(options.model, options.out)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
