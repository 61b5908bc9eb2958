"""What the harness changes in what it measures: ratios over fresh processes.

Both sides measure the same cell in alternation; a pair gives one ratio of
each figure. 1 is no difference.
"""

import random
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data import splits
from benchmarks.errors import UserError
from benchmarks.passes.measure import STEP_METRICS, Measurement
from benchmarks.passes.remote_runner import open_worker
from benchmarks.records.metric import Metric, summary
from benchmarks.worker import bare_loop
from benchmarks.worker.request import build_arguments, spec

Cell = dict[str, Any]
Figures = dict[str, float]
RATE, PEAK_MEMORY = STEP_METRICS[0], "host_peak_bytes"
FORMS = {RATE: "{:,.1f} examples/s", PEAK_MEMORY: "{:,.0f} bytes"}


def check(cell: Cell, against: str) -> None:
    """Raise UserError for examples that the bare loop does not support."""
    example = spec(cell).example(1)
    several = len(example.inputs) > 1 or example.weights.ndim > 1
    if against == "bare" and several:
        raise UserError(
            f"--workload {cell['workload']['name']}: the bare loop supports"
            " examples of one array and one target alone. Expected another,"
            " such as cnn or lstm."
        )


def compare(
    cell: Cell, data: dict[str, Any], pairs: int, against: str
) -> dict[str, Metric]:
    """Figure -> the harness's over the other side's, over pairs.

    against: `bare`, a training loop without the harness; or `separate`, one
    process for speed and another for memory.
    """
    draw = random.Random(0)
    other = {"bare": _bare, "separate": _separate}[against]
    ratios: dict[str, list[float]] = {}
    for number in range(1, pairs + 1):
        sides = [_harness, other]
        draw.shuffle(sides)
        measured = {side: side(cell, data) for side in sides}
        for name, value in measured[other].items():
            own = measured[_harness][name]
            ratios.setdefault(name, []).append(own / value)
            form = FORMS[name]
            print(
                f"pair {number}: harness {form.format(own)}, {against}"
                f" {form.format(value)}, ratio {own / value:.4f}",
                flush=True,
            )
    over = "pairs of fresh processes"
    return {name: summary(each, "ratio", over) for name, each in ratios.items()}


def _harness(cell: Cell, data: dict[str, Any]) -> Figures:
    return _measured(cell, data, "training", "peaks")


def _separate(cell: Cell, data: dict[str, Any]) -> Figures:
    rate = _measured(cell, data, "training")
    return rate | _measured(cell, data, "few_steps", "peaks")


def _measured(cell: Cell, data: dict[str, Any], *steps: str) -> Figures:
    """The figures of some steps in one worker."""
    metrics: dict[str, Metric] = {}
    with (
        tempfile.TemporaryDirectory() as files,
        Measurement(cell, data, files) as measurement,
    ):
        for name in steps:
            metrics |= getattr(measurement, name)()["metrics"]
    return {name: metrics[name]["value"] for name in FORMS if name in metrics}


def _bare(cell: Cell, data: dict[str, Any]) -> Figures:
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
    return {RATE: float(throughput)}
