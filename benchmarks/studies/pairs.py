"""A cell measured beside another program, in pairs of fresh processes.

The order inside of a pair is drawn at random; a pair gives one ratio of each
figure. 1 is no difference.
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
from benchmarks.worker.request import build_arguments, request, spec

Cell = dict[str, Any]
Figures = dict[str, float]
RATE, PEAK_MEMORY = STEP_METRICS[0], "host_peak_bytes"
PROGRAMS = Path(__file__).parents[1] / "worker"
SIZES = ("vocab", "time", "width", "heads", "layers")  # nanoGPT's
FORMS = {RATE: "{:,.1f} examples/s", PEAK_MEMORY: "{:,.0f} bytes"}


def check(cell: Cell, against: str) -> None:
    """Raise UserError for a cell that the other program cannot train."""
    model = cell["workload"]["model"]
    if against == "nanogpt" and model != "gpt":
        raise UserError(
            f"--workload {cell['workload']['name']}: nanoGPT is compared with"
            f" the model gpt, not with {model}. Expected --workload gpt."
        )
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
    """Figure -> the cell's over the other side's, over pairs.

    against: `bare`, a training loop without the harness; `separate`, one
    process for speed and another for memory; `nanogpt`, its network and its
    loop in PyTorch, whatever the framework of the cell.
    """
    draw = random.Random(0)
    other = SIDES[against]
    ratios: dict[str, list[float]] = {}
    for number in range(1, pairs + 1):
        sides = [_cell, other]
        draw.shuffle(sides)
        measured = {side: side(cell, data) for side in sides}
        for name, value in measured[other].items():
            own = measured[_cell][name]
            ratios.setdefault(name, []).append(own / value)
            form = FORMS[name]
            print(
                f"pair {number}: cell {form.format(own)}, {against}"
                f" {form.format(value)}, ratio {own / value:.4f}",
                flush=True,
            )
    over = "pairs of fresh processes"
    return {name: summary(each, "ratio", over) for name, each in ratios.items()}


def nanogpt_losses(cell: Cell, data: dict[str, Any]) -> dict[str, Any]:
    """The losses of nanoGPT's network after the cell's whole training."""
    return dict(_asked_of_nanogpt("losses", cell, data))


def _cell(cell: Cell, data: dict[str, Any]) -> Figures:
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
    with open_worker(cell, session=PROGRAMS / "bare_loop.py") as worker:
        throughput = worker.ask(
            "throughput",
            **build_arguments(cell),
            train=_splits(cell, data)["train"],
            batch_size=cell["workload"]["data"]["batch_size"],
            speed=cell["speed"],
        )
    return {RATE: float(throughput)}


def _nanogpt(cell: Cell, data: dict[str, Any]) -> Figures:
    return {RATE: float(_asked_of_nanogpt("throughput", cell, data))}


def _asked_of_nanogpt(verb: str, cell: Cell, data: dict[str, Any]) -> Any:
    # An environment of its own may hold the framework of the cell alone
    cell = cell | {"framework": {"name": "torch", "mode": "eager"}}
    sizes = spec(cell)
    with open_worker(cell, session=PROGRAMS / "nanogpt.py") as worker:
        return worker.ask(
            verb,
            spec={name: getattr(sizes, name) for name in SIZES},
            setting=build_arguments(cell)["setting"],
            request=request(cell, data),
            **_splits(cell, data),
        )


def _splits(cell: Cell, data: dict[str, Any]) -> dict[str, Any]:
    return dict(splits.divide(cell["workload"], data)["splits"])


SIDES = {"bare": _bare, "separate": _separate, "nanogpt": _nanogpt}
