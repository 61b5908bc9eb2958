"""What the harness costs: its throughput against that of a bare loop.

Fresh processes of both sides alternate around the same Runner; a pair gives
one ratio. 1 is no cost; below 1, the harness slows a training down.
"""

import random
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data import splits
from benchmarks.errors import UserError
from benchmarks.passes import measure
from benchmarks.passes.remote_runner import open_worker
from benchmarks.records.metric import Metric, summary
from benchmarks.worker import bare_loop
from benchmarks.worker.request import build_arguments, spec

Cell = dict[str, Any]


def check(cell: Cell) -> None:
    """Raise UserError for examples that the bare loop does not support."""
    example = spec(cell).example(1)
    if len(example.inputs) > 1 or example.weights.ndim > 1:
        raise UserError(
            f"--workload {cell['workload']['name']}: the bare loop supports"
            " examples of one array and one target alone. Expected another,"
            " such as cnn or lstm."
        )


def compare(cell: Cell, data: dict[str, Any], pairs: int) -> Metric:
    """The ratio of the harness's throughput to the bare loop's."""
    draw = random.Random(0)
    ratios = []
    for number in range(1, pairs + 1):
        sides = [_harness, _bare]
        draw.shuffle(sides)
        throughput = {side: side(cell, data) for side in sides}
        ratios.append(throughput[_harness] / throughput[_bare])
        print(
            f"pair {number}: harness {throughput[_harness]:.1f}, bare loop"
            f" {throughput[_bare]:.1f} examples/s, ratio {ratios[-1]:.4f}"
        )
    return summary(ratios, "ratio", "pairs of fresh processes")


def _harness(cell: Cell, data: dict[str, Any]) -> float:
    with tempfile.TemporaryDirectory() as files:
        metrics = measure.speed(cell, data, files)["metrics"]
    return float(metrics["training_examples_per_second"]["value"])


def _bare(cell: Cell, data: dict[str, Any]) -> float:
    workload = cell["workload"]
    session = Path(bare_loop.__file__)
    with open_worker(cell, session=session) as worker:
        throughput = worker.ask(
            "throughput",
            **build_arguments(cell),
            train=splits.divide(workload, data)["splits"]["train"],
            batch_size=workload["data"]["batch_size"],
            speed=cell["speed"],
        )
    return float(throughput)
