"""The three passes over a cell, seen from the parent.

Each starts a worker of its own: peaks are true only in a fresh process,
and what one pass compiles must not hasten another.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.config import phases
from benchmarks.data import splits
from benchmarks.environment import nvml
from benchmarks.environment.describe import describe
from benchmarks.passes import phased_training
from benchmarks.passes.open_worker import open_worker, ready, sizes
from benchmarks.passes.post_training import afterwards
from benchmarks.passes.process import Progress, Worker
from benchmarks.records.metric import Metric, metric, unknown
from benchmarks.worker.request import plan
from impls.interface import Spec

Cell = dict[str, Any]
Result = dict[str, Any]
STEP_METRICS = ("training_examples_per_second", "training_step_milliseconds")


def quality(
    cell: Cell,
    data: dict[str, Any],
    files: Path | str,
    on_progress: Progress | None = None,
) -> Result:
    """Train and evaluate: metrics, curves, environment, phases, failure.

    `data`: a data description. `files`: the folder for `quality.log`.
    `failure` is None, or why the training came to nothing: it diverged.
    Raises FrameworkMissing (skip the cell) and WorkerFailed (it failed).
    """
    if cell["workload"].get("phases"):
        return phased_training.quality(cell, data, files, on_progress)
    with _measured("quality", cell, data, files, on_progress) as measured:
        result = measured.result
        if cell["framework"]["name"] == "slide" or result["failure"]:
            return result
        started = time.perf_counter()
        divided = splits.divide(cell["workload"], data, cell["seed"])
        name = cell["workload"]["name"]
        more = afterwards(
            measured.worker, cell, divided, Path(files), name, on_progress
        )
        if any(more.values()):
            spent = time.perf_counter() - started
            result["phases"]["afterwards"] = spent
        for part in ("metrics", "curves"):
            result[part] |= more[part]
        return result | {"pictures": more["pictures"]}


def speed(
    cell: Cell,
    data: dict[str, Any],
    files: Path | str,
    on_progress: Progress | None = None,
) -> Result:
    """Time import, build, compile, steps, inference, and the ceiling.

    As `quality`, without curves; the log is `speed.log`.
    """
    with _measured("speed", cell, data, files, on_progress) as measured:
        metrics = measured.result["metrics"]
        for name in ("import_seconds", "build_seconds"):
            metrics[name] = metric(measured.built[name], "seconds")
        metrics |= _counted(sizes(cell))
        if cell["workload"].get("phases"):
            _time_phases(measured, cell, data, on_progress)
        return measured.result


def memory(
    cell: Cell,
    data: dict[str, Any],
    files: Path | str,
    on_progress: Progress | None = None,
) -> Result:
    """Ten train steps in a fresh process, then its peaks, in bytes.

    As `quality`, without curves; the log is `memory.log`.
    """
    with _measured("memory", cell, data, files, on_progress) as measured:
        measured.result["metrics"]["driver_process_bytes"] = (
            unknown("bytes", "device cpu: no driver holds memory for it")
            if cell["device"]["name"] == "cpu"
            else nvml.process_bytes(measured.worker.pid)
        )
        return measured.result


def traced(
    cell: Cell, data: dict[str, Any], files: Path | str, steps: int
) -> dict[str, Any]:
    """Steps of a training as `speed` takes them, by operation: `traces.trace`.

    The log is `trace.log`. Raises what `quality` raises.
    """
    with open_worker(cell, files, "trace") as worker:
        ready(worker, cell)
        found: dict[str, Any] = worker.ask(
            "trace", splits=_splits(cell, data), plan=plan(cell), steps=steps
        )
        return found


def _time_phases(
    measured: "_Measured",
    cell: Cell,
    data: dict[str, Any],
    on_progress: Progress | None,
) -> None:
    """The training step of the main phase by its name, and of `timed` ones.

    One after the other in the process that has timed the main phase.
    """
    workload, result = cell["workload"], measured.result
    for name in STEP_METRICS:
        result["metrics"][f"{workload['main']}.{name}"] = result["metrics"][
            name
        ]
    every = phases.of(workload)
    for phase in workload["timed"]:
        own = cell | {"workload": every[phase]}
        ready(measured.worker, own)
        answer = measured.worker.ask(
            "training",
            on_progress=on_progress,
            splits=_splits(own, data),
            plan=plan(own),
        )
        for name in STEP_METRICS:
            metric = answer["metrics"][name]
            result["metrics"][f"{phase}.{name}"] = metric
        for part, seconds in answer["phases"].items():
            result["phases"][part] += seconds


@dataclass
class _Measured:
    """A pass that is done, its worker still alive."""

    worker: Worker
    built: dict[str, float]
    result: Result


@contextmanager
def _measured(
    verb: str,
    cell: Cell,
    data: dict[str, Any],
    files: Path | str,
    on_progress: Progress | None,
) -> Iterator[_Measured]:
    environment = describe(cell)
    with open_worker(cell, files, verb) as worker:
        built = ready(worker, cell)
        answer = worker.ask(
            verb,
            on_progress=on_progress,
            splits=_splits(cell, data),
            plan=plan(cell, data),
        )
        environment["loaded"] = worker.ask("versions")
        phases = {
            "worker_start": worker.start_seconds,
            "import": built["import_seconds"],
            "build": built["build_seconds"],
            **answer.pop("phases"),
        }
        result = {
            "curves": {},
            "failure": None,
            **answer,
            "environment": environment,
            "phases": phases,
        }
        yield _Measured(worker, built, result)


def _splits(cell: Cell, data: dict[str, Any]) -> dict[str, Any]:
    # The slide's `fit` holds the validation examples out by itself
    if cell["framework"]["name"] != "slide":
        data = splits.divide(cell["workload"], data, cell["seed"])
    return dict(data["splits"])


def _counted(spec: Spec) -> dict[str, Metric]:
    parameters = sum(math.prod(shape) for shape in spec.shapes().values())
    return {
        "flops_per_example_count": metric(
            spec.flops(), "count", over="forward pass of one example"
        ),
        "parameters_count": metric(parameters, "count"),
    }
