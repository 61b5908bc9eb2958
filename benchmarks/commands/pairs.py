"""A cell measured beside another program, in pairs of fresh processes.

    python -m benchmarks.commands.pairs --workload cnn --framework torch
    python -m benchmarks.commands.pairs --against nanogpt --framework jax
    python -m benchmarks.commands.pairs --against nanogpt --loss seed=1

What the harness changes in what it measures: beside a bare training loop, or
(`separate`) beside a process for speed and another one for memory. Or how
fast the model `gpt` is: beside nanoGPT's network and loop in PyTorch; and
(`--loss`) what that reaches in the cell's training, on the same crops.

Exit code: 0 measured, 1 a worker failed, 2 a mistake, 130 interrupted.
"""

import sys
from argparse import Namespace
from statistics import mean, stdev
from typing import Any

from benchmarks.commands.entry import Add, command
from benchmarks.config.compose import from_options, prepared
from benchmarks.errors import UserError
from benchmarks.studies import pairs

DEFAULTS = {"nanogpt": "gpt"}  # workloads


def _options(add: Add) -> None:
    add("--workload", help="cnn, or gpt beside nanogpt")
    add("--framework", default="torch")
    add("--pairs", type=int, default=8)
    add("--against", choices=tuple(pairs.SIDES), default="bare")
    add("--loss", action="store_true", help="of nanoGPT: nothing is timed")
    add("overrides", nargs="*", help="such as framework.mode=eager seed=2")


@command("Interrupted: nothing is recorded.", _options)
def main(options: Namespace) -> int:
    """Print every pair, then the median ratio and its 95 % interval."""
    beside = options.against
    if options.loss and beside != "nanogpt":
        raise UserError(
            f"--loss: of nanoGPT alone, and --against {beside} has none."
            " Expected --against nanogpt --loss."
        )
    options.workload = options.workload or DEFAULTS.get(beside, "cnn")
    cell, config = from_options(options)
    pairs.check(cell, beside)
    data = prepared(cell, config)
    if options.loss:
        print(_losses(pairs.nanogpt_losses(cell, data)))
        return 0
    ratios = pairs.compare(cell, data, options.pairs, beside)
    for name, ratio in ratios.items():
        interval = ""
        if ratio["low"] is not None:
            interval = f" [{ratio['low']:.4f}, {ratio['high']:.4f}]"
        print(
            f"{options.workload} {options.framework}: {name}, cell over"
            f" {beside}: {ratio['value']:.4f}{interval}, median and"
            f" 95 % interval of {ratio['repeats']} {ratio['over']}"
        )
    return 0


def _losses(losses: dict[str, Any]) -> str:
    estimates = losses["estimates"]
    return (
        f"nanoGPT's network after the whole training: {losses['whole']:.4f}"
        " nats over the whole test split. By its own estimate, from 20"
        f" batches of crops: {mean(estimates):.4f}, standard deviation"
        f" {stdev(estimates):.4f} over {len(estimates)} estimates"
    )


if __name__ == "__main__":
    sys.exit(main())
