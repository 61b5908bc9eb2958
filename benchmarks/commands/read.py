"""Implementations side by side: `make read MODEL=cnn`."""

import argparse
import sys
from pathlib import Path

from benchmarks.commands.entry import command


@command("Interrupted: no page is left half-written.")
def main(arguments: list[str]) -> int:
    """Write the page of a model, or of all of them."""
    from reports.output import read

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.read",
        description="Show a model in PyTorch, TensorFlow and JAX side by side.",
    )
    parser.add_argument("model", nargs="?", default="", help="all by default")
    parser.add_argument("--out", type=Path, default=Path("reports/latest/read"))
    options = parser.parse_args(arguments)
    print(f"Side by side: {read.write(options.model, options.out)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
