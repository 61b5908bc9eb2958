"""`make profile`: time of a cell's training step, by operation.

    python -m benchmarks.commands.profile --workload cnn --framework torch

It shows why one implementation is slower than another. Exit code: 0 profiled,
1 the worker failed, 2 a mistake, 130 interrupted.
"""

import sys
import tempfile
from argparse import ArgumentTypeError, Namespace

from benchmarks.commands.entry import Add, command
from benchmarks.config.compose import from_options, prepared
from benchmarks.config.overrides import data_folder
from benchmarks.passes import profile


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text}: expected a number from 1")
    return int(text)


def _options(add: Add) -> None:
    add("--workload", required=True)
    add("--framework", required=True)
    add("--steps", type=_count, default=20)
    add("--data", default="", help="folder with the publishers' files")
    add("overrides", nargs="*", help="such as framework.mode=eager")


@command("Interrupted: nothing is recorded.", _options)
def main(options: Namespace) -> int:
    """Print the operations of a step, the longest first."""
    options.overrides += data_folder(options.data)
    cell, config = from_options(options)
    profile.check(cell)
    data = prepared(cell, config)
    with tempfile.TemporaryDirectory() as files:
        trace = profile.trace(cell, data, files, options.steps)
    print("\n".join(profile.table(cell, trace)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
