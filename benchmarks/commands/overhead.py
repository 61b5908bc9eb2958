"""What the harness changes in what it measures, in pairs of processes.

    python -m benchmarks.commands.overhead --workload cnn --framework torch

Against a bare training loop, or (`--against separate`) against a process for
speed and another one for memory.

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
    add("--against", choices=("bare", "separate"), default="bare")
    add("overrides", nargs="*", help="such as framework.mode=eager seed=2")


@command("Interrupted: nothing is recorded.", _options)
def main(options: Namespace) -> int:
    """Print every pair, then the median ratio and its 95 % interval."""
    cell, config = from_options(options)
    overhead.check(cell, options.against)
    data = prepared(cell, config)
    ratios = overhead.compare(cell, data, options.pairs, options.against)
    for name, ratio in ratios.items():
        interval = ""
        if ratio["low"] is not None:
            interval = f" [{ratio['low']:.4f}, {ratio['high']:.4f}]"
        print(
            f"{options.workload} {options.framework}: {name}, harness over"
            f" {options.against}: {ratio['value']:.4f}{interval}, median and"
            f" 95 % interval of {ratio['repeats']} {ratio['over']}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
