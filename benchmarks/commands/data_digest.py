"""Find or fetch data sets, check and prepare them; print their digests.

    python -m benchmarks.commands.data_digest mnist imdb --source real

Exit code: 0 prepared, 2 a data set is neither found nor fetched.
"""

import sys
import time
from argparse import Namespace
from typing import Any

from benchmarks.commands.entry import Add, command
from benchmarks.data.pipeline import SOURCES, names, prepare
from benchmarks.errors import UserError


def _options(add: Add) -> None:
    add("names", nargs="*", help="data sets (default: all)")
    add("--data", default="data", help="folder of their files")
    add("--source", default="auto", choices=SOURCES)
    add("--cache", default="runs/data", help="prepared arrays")


@command("Stopped; what has been fetched and prepared is kept.", _options)
def main(options: Namespace) -> int:
    """Prepare data sets and print their digests."""
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


if __name__ == "__main__":
    sys.exit(main())
