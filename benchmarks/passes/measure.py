"""The three passes over a cell: quality, speed and memory.

Each starts a worker of its own: a peak of memory is that of a fresh process,
and nothing that one pass has compiled speeds another up.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.config import phases
from benchmarks.data import splits
from benchmarks.environment import nvml
from benchmarks.environment.describe import describe
from benchmarks.passes import phased_training
from benchmarks.passes.post_training import PostTraining
from benchmarks.passes.process import Progress, ignore
from benchmarks.passes.remote_runner import (
    RemoteRunner,
    initialize,
    open_worker,
)
from benchmarks.records.metric import Metric, metric, unknown
from benchmarks.worker.request import request, spec

Cell = dict[str, Any]
Data = dict[str, Any]
Result = dict[str, Any]
STEP_METRICS = ("training_examples_per_second", "training_step_milliseconds")


def quality(
    cell: Cell,
    data: Data,
    files: Path | str,
    on_progress: Progress = ignore,
) -> Result:
    """Train and evaluate: metrics, curves, environment, timings, failure.

    `data`: a data description. `files`: the folder for `quality.log`.
    `failure` is None, or how the training diverged. Raises FrameworkMissing
    (skip the cell) and WorkerFailed (it failed).
    """
    workload = cell["workload"]
    if workload.get("phases"):
        return phased_training.quality(cell, data, files, on_progress)
    with _pass("quality", cell, data, files, on_progress) as (runner, result):
        if cell["framework"]["name"] == "slide" or result["failure"]:
            return result
        divided = splits.divide(workload, data, cell["seed"])
        more = PostTraining(
            runner, cell, divided, Path(files), workload["name"], on_progress
        ).measure()
        for part in ("metrics", "curves", "timings"):
            result[part] |= more[part]
        return result | {"pictures": more["pictures"]}


def speed(
    cell: Cell,
    data: Data,
    files: Path | str,
    on_progress: Progress = ignore,
) -> Result:
    """Time import, build, compile, steps, inference, and the ceiling.

    As `quality`, without curves; the log is `speed.log`.
    """
    with _pass("speed", cell, data, files, on_progress) as (runner, result):
        metrics = result["metrics"]
        for name in ("import_seconds", "build_seconds"):
            metrics[name] = metric(runner.seconds[name], "seconds")
        metrics |= _counts(cell)
        if cell["workload"].get("phases"):
            _time_phases(runner, result, cell, data, on_progress)
        return result


def memory(
    cell: Cell,
    data: Data,
    files: Path | str,
    on_progress: Progress = ignore,
) -> Result:
    """Ten train steps in a fresh process, then its peaks, in bytes.

    As `quality`, without curves; the log is `memory.log`.
    """
    with _pass("memory", cell, data, files, on_progress) as (runner, result):
        driver = _driver_bytes(cell, runner.worker.pid)
        result["metrics"]["driver_process_bytes"] = driver
        return result


def _driver_bytes(cell: Cell, pid: int) -> Metric:
    """Device memory of a worker, by the driver."""
    if cell["device"]["name"] == "cpu":
        return unknown("bytes", "device cpu: no driver holds memory for it")
    try:
        return metric(nvml.process_bytes(pid), "bytes", over="all devices")
    except nvml.Unavailable as problem:
        return unknown("bytes", str(problem))


def training_splits(cell: Cell, data: Data) -> dict[str, Any]:
    """Split -> its description, divided as the cell's workload asks for."""
    # The slide's `fit` holds the validation examples out by itself
    if cell["framework"]["name"] != "slide":
        data = splits.divide(cell["workload"], data, cell["seed"])
    return dict(data["splits"])


@contextmanager
def _pass(
    verb: str,
    cell: Cell,
    data: Data,
    files: Path | str,
    on_progress: Progress,
) -> Iterator[tuple[RemoteRunner, Result]]:
    """The result of a verb; its worker lives as long as the context."""
    environment = describe(cell)
    with open_worker(cell, files, verb) as worker:
        runner = initialize(worker, cell)
        answer = worker.ask(
            verb,
            on_progress=on_progress,
            splits=training_splits(cell, data),
            request=request(cell, data),
        )
        result = {"curves": {}, "failure": None} | answer
        result["environment"] = environment | {"loaded": runner.versions()}
        result["timings"] = {
            "worker_start": worker.start_seconds,
            "import": runner.seconds["import_seconds"],
            "build": runner.seconds["build_seconds"],
            **answer["timings"],
        }
        yield runner, result


def _time_phases(
    runner: RemoteRunner,
    result: Result,
    cell: Cell,
    data: Data,
    on_progress: Progress,
) -> None:
    """The training step of the main phase by its name, and of `timed` ones.

    One after the other in the process that has timed the main phase.
    """
    workload, metrics = cell["workload"], result["metrics"]
    for name in STEP_METRICS:
        metrics[f"{workload['main']}.{name}"] = metrics[name]
    for phase in workload["timed"]:
        phase_cell = cell | {"workload": phases.of(workload)[phase]}
        initialize(runner.worker, phase_cell)
        answer = runner.worker.ask(
            "training",
            on_progress=on_progress,
            splits=training_splits(phase_cell, data),
            request=request(phase_cell),
        )
        for name in STEP_METRICS:
            metrics[f"{phase}.{name}"] = answer["metrics"][name]
        for part, seconds in answer["timings"].items():
            result["timings"][part] += seconds


def _counts(cell: Cell) -> dict[str, Metric]:
    sizes = spec(cell)
    parameters = sum(math.prod(shape) for shape in sizes.shapes().values())
    return {
        "flops_per_example_count": metric(
            sizes.flops(), "count", over="forward pass of one example"
        ),
        "parameters_count": metric(parameters, "count"),
    }
