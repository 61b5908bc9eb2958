"""`python -m benchmarks.data [names] --data FOLDER`: prepare, say where."""

import argparse
import sys
import time

from benchmarks.data.pipeline import SOURCES, names, prepare
from benchmarks.errors import UserError


def main(arguments: list[str] | None = None) -> int:
    """Prepare each data set; 2 if one cannot be had."""
    asked = _parser().parse_args(arguments)
    worst = 0
    for name in asked.names or names():
        start = time.perf_counter()
        try:
            found = prepare(name, asked.data, asked.source, asked.cache)
        except UserError as error:
            print(error, file=sys.stderr)
            worst = 2
            continue
        seconds = time.perf_counter() - start
        kind = "GENERATED, not real data" if found["synthetic"] else "real"
        if found["source"].startswith("synthetic") and kind == "real":
            kind = "a task of its own"
        sizes = " + ".join(
            f"{split['size']:,} {part}"
            for part, split in found["splits"].items()
        )
        print(
            f"{found['name']}: {sizes}, {kind}, {seconds:.1f} s\n"
            f"  source  {found['source']}\n"
            f"  arrays  {found['folder']}\n"
            f"  digest  {found['digest']}"
        )
    return worst


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.data",
        description="Find or fetch data sets, check and prepare them.",
    )
    parser.add_argument(
        "names", nargs="*", help="all of them, if none is given"
    )
    parser.add_argument("--data", default="data", help="folder of the files")
    parser.add_argument("--source", default="auto", choices=SOURCES)
    parser.add_argument("--cache", default="runs/data", help="prepared arrays")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped; what has been fetched and prepared is kept")
