"""What the harness costs: its throughput against a bare loop's.

    python -m benchmarks.commands.overhead --workload cnn --framework torch

Fresh processes of both sides alternate around the same Runner; a pair gives
one ratio. 1 is no cost, below 1 the harness slows a training down.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import numpy as np

import impls
from impls import init
from impls.interface import Batch, Setting


def main() -> int:
    """Print every pair, then the median ratio and its 95 % interval."""
    options = _options()
    if options.bare:
        print(bare(**json.loads(options.bare)))
        return 0
    from benchmarks.config.compose import asked, prepared
    from benchmarks.errors import UserError

    try:
        cell, config = asked(options)
        _check(cell)
        data = prepared(cell, config)
        ratios = list(_pairs(cell, data, options.pairs))
    except UserError as problem:
        print(problem, file=sys.stderr)
        return 2
    print(f"{options.workload} {options.framework}: {_told(ratios)}")
    return 0


def bare(
    model: str,
    framework: str,
    spec: dict[str, Any],
    setting: dict[str, Any],
    train: dict[str, Any],
    batch: int,
    warmup_steps: int,
    blocks: int,
    block_seconds: float,
) -> float:
    """Examples per second of the loop that one would write by hand."""
    sizes = impls.spec(model)(**spec)
    runner = impls.build(model, framework, sizes, Setting(**setting))
    runner.load(init.draw(sizes, setting["seed"]))
    inputs = np.load(train["inputs"][0], mmap_mode="r")
    targets = np.load(train["targets"], mmap_mode="r")
    ones = np.ones(batch, np.float32)
    draw = np.random.default_rng(setting["seed"])
    order = draw.permutation(train["size"] // batch * batch).reshape(-1, batch)
    done = 0

    def rate(steps: int) -> float:
        nonlocal done
        runner.wait()
        started = time.perf_counter()
        for _ in range(steps):
            rows = order[done % len(order)]
            chosen = Batch((inputs[rows],), targets[rows], ones)
            runner.train_step(runner.place(chosen))
            done += 1
        runner.wait()
        return steps * batch / (time.perf_counter() - started)

    rate(warmup_steps)  # compiles
    steps = max(1, round(block_seconds * rate(warmup_steps) / batch))
    return median(rate(steps) for _ in range(blocks))


def _check(cell: dict[str, Any]) -> None:
    """Raise UserError for examples that the bare loop does not write out."""
    from benchmarks.errors import UserError

    workload = cell["workload"]
    example = impls.spec(workload["model"])(**workload["spec"]).example(1)
    if len(example.inputs) > 1 or example.weights.ndim > 1:
        raise UserError(
            f"--workload {workload['name']}: the bare loop knows examples of"
            " one array and one target alone. Expected another, such as cnn"
            " or lstm."
        )


def _pairs(
    cell: dict[str, Any], data: dict[str, Any], count: int
) -> Iterator[float]:
    draw = random.Random(0)
    for number in range(1, count + 1):
        sides = [_reported, _bare]
        draw.shuffle(sides)
        rates = {side: side(cell, data) for side in sides}
        ratio = rates[_reported] / rates[_bare]
        print(
            f"pair {number}: reported {rates[_reported]:.1f}, bare "
            f"{rates[_bare]:.1f} examples/s, ratio {ratio:.4f}",
            flush=True,
        )
        yield ratio


def _reported(cell: dict[str, Any], data: dict[str, Any]) -> float:
    from benchmarks.passes import measure

    with tempfile.TemporaryDirectory() as files:
        metrics = measure.speed(cell, data, files)["metrics"]
    return float(metrics["training_examples_per_second"]["value"])


def _bare(cell: dict[str, Any], data: dict[str, Any]) -> float:
    from benchmarks.data import splits
    from benchmarks.environment.env_vars import inherited, variables
    from benchmarks.passes.process import ROOT
    from benchmarks.worker.request import setting

    workload = cell["workload"]
    task = {
        "model": workload["model"],
        "framework": cell["framework"]["name"],
        "spec": workload["spec"],
        "setting": setting(cell),
        "train": splits.divide(workload, data)["splits"]["train"],
        "batch": workload["batch"],
        **cell["speed"],
    }
    told = subprocess.run(
        [
            cell["framework"]["python"] or sys.executable,
            *("-m", "benchmarks.commands.overhead", "--bare", json.dumps(task)),
        ],
        cwd=ROOT,
        env=inherited() | variables(cell),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    return float(told.split()[-1])


def _told(ratios: list[float]) -> str:
    from benchmarks.records.metric import summary

    found = summary(ratios, "ratio", "pairs of fresh processes")
    interval = (
        ""
        if found["low"] is None
        else f" [{found['low']:.4f}, {found['high']:.4f}]"
    )
    return (
        f"reported over bare {found['value']:.4f}{interval}, median and 95 % "
        f"interval of {found['repeats']} {found['over']}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.overhead", description=__doc__
    )
    parser.add_argument("--workload", default="cnn")
    parser.add_argument("--framework", default="torch")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--bare", help=argparse.SUPPRESS)
    parser.add_argument(
        "overrides", nargs="*", help="such as framework.mode=eager seed=2"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
