"""`make profile`: time of a cell's training step, by operation.

    python -m benchmarks.commands.profile --workload cnn --framework torch

It shows why one implementation is slower than another. Exit code: 0 profiled,
1 the worker failed, 2 a mistake, 130 interrupted.
"""

import argparse
import sys
import tempfile

from benchmarks.commands.entry import command
from benchmarks.config.compose import from_options, prepared
from benchmarks.passes import profile
from benchmarks.passes.process import WorkerFailed


@command("Interrupted: nothing is recorded.")
def main(arguments: list[str]) -> int:
    """Print the operations of a step, the longest first."""
    options = _options(arguments)
    cell, config = from_options(options)
    profile.check(cell)
    data = prepared(cell, config)
    try:
        with tempfile.TemporaryDirectory() as files:
            trace = profile.trace(cell, data, files, options.steps)
    except WorkerFailed as failed:
        print(failed.reason, file=sys.stderr)
        return 1
    print("\n".join(profile.table(cell, trace)))
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.profile", description=__doc__
    )
    parser.add_argument("--workload", required=True)
    parser.add_argument("--framework", required=True)
    parser.add_argument("--steps", type=_count, default=20)
    parser.add_argument(
        "overrides", nargs="*", help="such as framework.mode=eager"
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
