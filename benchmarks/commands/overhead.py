"""What the harness costs, as the ratio of its throughput to a bare loop's.

    python -m benchmarks.commands.overhead --workload cnn --framework torch

Exit code: 0 measured, 1 a worker failed, 2 a mistake, 130 interrupted.
"""

import sys
from argparse import Namespace

from benchmarks.commands.entry import Add, command
from benchmarks.config.compose import from_options, prepared
from benchmarks.studies import overhead


def _options(add: Add) -> None:
    add("--workload", default="cnn")
    add("--framework", default="torch")
    add("--pairs", type=int, default=8)
    add("overrides", nargs="*", help="such as framework.mode=eager seed=2")


@command("Interrupted: nothing is recorded.", _options)
def main(options: Namespace) -> int:
    """Print every pair, then the median ratio and its 95 % interval."""
    cell, config = from_options(options)
    overhead.check(cell)
    data = prepared(cell, config)
    ratio = overhead.compare(cell, data, options.pairs)
    interval = ""
    if ratio["low"] is not None:
        interval = f" [{ratio['low']:.4f}, {ratio['high']:.4f}]"
    print(
        f"{options.workload} {options.framework}: harness over bare loop"
        f" {ratio['value']:.4f}{interval}, median and 95 % interval of"
        f" {ratio['repeats']} {ratio['over']}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
