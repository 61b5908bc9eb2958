"""`python -m benchmarks.commands.data_digest [names]`: prepare data sets."""

import argparse
import sys
import time
from typing import Any

from benchmarks.commands.entry import command
from benchmarks.data.pipeline import SOURCES, names, prepare
from benchmarks.errors import UserError


@command("Stopped; what has been fetched and prepared is kept.")
def main(arguments: list[str]) -> int:
    """Prepare data sets and print their digests.

    Exit code 2 if one is neither found nor fetched.
    """
    options = _parser().parse_args(arguments)
    code = 0
    for name in options.names or names():
        start = time.perf_counter()
        try:
            data = prepare(name, options.data, options.source, options.cache)
        except UserError as error:
            print(error, file=sys.stderr)
            code = 2
            continue
        print(_summary(data, time.perf_counter() - start))
    return code


def _summary(data: dict[str, Any], seconds: float) -> str:
    kind = "SYNTHETIC, not real data" if data["synthetic"] else "real"
    if data["source"].startswith("drawn") and not data["synthetic"]:
        kind = "a task of its own"
    sizes = " + ".join(
        f"{split['size']:,} {part}" for part, split in data["splits"].items()
    )
    return (
        f"{data['name']}: {sizes}, {kind}, {seconds:.1f} s\n"
        f"  source  {data['source']}\n"
        f"  arrays  {data['folder']}\n"
        f"  digest  {data['digest']}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.data_digest",
        description="Find or fetch data sets, check and prepare them.",
    )
    parser.add_argument("names", nargs="*", help="data sets (default: all)")
    parser.add_argument("--data", default="data", help="folder of their files")
    parser.add_argument("--source", default="auto", choices=SOURCES)
    parser.add_argument("--cache", default="runs/data", help="prepared arrays")
    return parser


if __name__ == "__main__":
    sys.exit(main())
