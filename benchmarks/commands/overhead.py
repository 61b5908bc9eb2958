"""What the harness costs, as the ratio of its throughput to a bare loop's.

    python -m benchmarks.commands.overhead --workload cnn --framework torch

Exit code: 0 measured, 1 a worker failed, 2 a mistake, 130 interrupted.
"""

import argparse
import sys

from benchmarks.commands.entry import command
from benchmarks.config.compose import from_options, prepared
from benchmarks.passes.process import WorkerFailed
from benchmarks.studies import overhead


@command("Interrupted: nothing is recorded.")
def main(arguments: list[str]) -> int:
    """Print every pair, then the median ratio and its 95 % interval."""
    options = _options(arguments)
    cell, config = from_options(options)
    overhead.check(cell)
    data = prepared(cell, config)
    try:
        ratio = overhead.compare(cell, data, options.pairs, print)
    except WorkerFailed as failed:
        print(failed.reason, file=sys.stderr)
        return 1
    interval = ""
    if ratio["low"] is not None:
        interval = f" [{ratio['low']:.4f}, {ratio['high']:.4f}]"
    print(
        f"{options.workload} {options.framework}: harness over bare loop"
        f" {ratio['value']:.4f}{interval}, median and 95 % interval of"
        f" {ratio['repeats']} {ratio['over']}"
    )
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.overhead", description=__doc__
    )
    parser.add_argument("--workload", default="cnn")
    parser.add_argument("--framework", default="torch")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument(
        "overrides", nargs="*", help="such as framework.mode=eager seed=2"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
