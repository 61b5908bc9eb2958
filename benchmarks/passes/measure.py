"""The passes over a cell: speed, memory and quality, in one worker.

Speed comes first, since nothing has run in its process before. The peaks of
memory are read right after the training that it times. Quality starts from
the initial parameters again, and takes over what is compiled.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.config import phases
from benchmarks.data import splits
from benchmarks.environment import nvml
from benchmarks.environment.describe import describe
from benchmarks.passes.phased_training import PhasedTraining
from benchmarks.passes.post_training import PostTraining
from benchmarks.passes.process import Progress, ignore
from benchmarks.passes.remote_runner import RemoteRunner, reset
from benchmarks.passes.workers import Workers
from benchmarks.records.metric import Metric, metric, unknown
from benchmarks.worker.request import request, spec
from benchmarks.worker.roofline import share

Cell = dict[str, Any]
Data = dict[str, Any]
Result = dict[str, Any]
Step = tuple[str, Callable[[], Result]]  # first its pass

STEP_METRICS = ("training_examples_per_second", "training_step_milliseconds")
PEAK = "matmul_gflops_per_second"
OF_FIRST = "; measured in an earlier cell of the invocation"


class Measurement:
    """Measures one cell; a context manager that ends its workers.

    data: a data description. files: the folder for logs and pictures. peak:
    that of the machine, if it is known already. A step's result has some of
    `metrics`, `curves`, `timings`, `pictures` (files of arrays that a report
    draws) and `failure`, which says how a training diverged. A step raises
    FrameworkMissing (skip the cell) and WorkerFailed (it failed).
    """

    def __init__(
        self,
        cell: Cell,
        data: Data,
        files: Path | str,
        on_progress: Progress = ignore,
        peak: Metric | None = None,
    ) -> None:
        self.cell = cell
        self.data = data
        self.files = Path(files)
        self.on_progress = on_progress
        self.peak = peak
        self.described = describe(cell)
        self.workers = Workers(cell, files)
        self._trained: dict[str, Metric] = {}  # metrics of the timed training

    def __enter__(self) -> "Measurement":
        return self

    def __exit__(self, *problem: object) -> None:
        self.workers.__exit__()

    def steps(self) -> list[Step]:
        """The steps of the cell's passes, in the order to run them in."""
        chosen = self.cell["passes"]
        speed, memory = "speed" in chosen, "memory" in chosen
        steps = [
            ("speed", self.training, speed),
            ("memory", self.few_steps, memory and not speed),
            ("memory", self.peaks, memory),
            ("speed", self.phases, speed),
            ("speed", self.inference, speed),
            ("quality", self.quality, "quality" in chosen),
        ]
        return [(name, step) for name, step, wanted in steps if wanted]

    def environment(self) -> dict[str, Any]:
        """What the numbers depend on; `loaded`: versions that computed."""
        return self.described | {"loaded": self.workers.versions}

    def training(self) -> Result:
        """Time import, build, compile and training steps."""
        runner = self._initial(self.cell)
        metrics = {
            name: metric(runner.seconds[name], "seconds")
            for name in ("import_seconds", "build_seconds")
        }
        result = self._ask(runner, "training", self.cell)
        result["metrics"] |= metrics | self._counts()
        self._trained = result["metrics"]
        return result

    def few_steps(self) -> Result:
        """Train a few steps: for the peaks of memory where none is timed."""
        return self._ask(self._initial(self.cell), "few_steps", self.cell)

    def peaks(self) -> Result:
        """Peaks of memory of the process so far, in bytes."""
        worker = self.workers.of(self.cell)
        driver = _driver_bytes(self.cell, worker.pid)
        metrics = worker.ask("peaks") | {"driver_process_bytes": driver}
        return {"metrics": metrics, "timings": {}}

    def phases(self) -> Result:
        """Training steps of the main phase by its name, and of `timed` ones.

        One after the other in the process that has timed the main phase.
        """
        workload = self.cell["workload"]
        timed = (
            {workload["main"]: self._trained} if "phases" in workload else {}
        )
        timings: dict[str, float] = {}
        for phase in workload["timed"] if timed else ():
            cell = self.cell | {"workload": phases.of(workload)[phase]}
            answer = self._ask(self._initial(cell), "training", cell)
            timed[phase] = answer["metrics"]
            for part, seconds in answer["timings"].items():
                timings[part] = timings.get(part, 0.0) + seconds
        metrics = {
            f"{phase}.{name}": measured[name]
            for phase, measured in timed.items()
            for name in STEP_METRICS
        }
        return {"metrics": metrics, "timings": timings}

    def inference(self) -> Result:
        """Time inference and decoding, and the machine's peak."""
        runner = self._initial(self.cell)
        result = self._ask(runner, "inference", self.cell)
        if self.peak is None:
            device = self.cell["device"]["name"]
            answer = runner.worker.ask(
                "ceiling", on_progress=self.on_progress, device=device
            )
            result["timings"] |= answer["timings"]
            peak: Metric = answer["metrics"][PEAK]
        else:
            peak = self.peak | {"over": f"{self.peak['over']}{OF_FIRST}"}
        rate = self._trained[STEP_METRICS[0]]
        result["metrics"] |= {
            PEAK: peak,
            "peak_share_fraction": share(spec(self.cell).flops(), rate, peak),
        }
        return result

    def quality(self) -> Result:
        """Train from the initial parameters, and evaluate."""
        workload = self.cell["workload"]
        if workload.get("phases"):
            training = PhasedTraining(
                self.cell, self.data, self.files, self.on_progress, self.workers
            )
            return training.result()
        runner = self._initial(self.cell)
        result = self._ask(runner, "quality", self.cell)
        if self.cell["framework"]["name"] == "slide" or result["failure"]:
            return result
        divided = splits.divide(workload, self.data, self.cell["seed"])
        name, progress = workload["name"], self.on_progress
        more = PostTraining(
            runner, self.cell, divided, self.files, name, progress
        ).measure()
        for part in ("metrics", "curves", "timings"):
            result[part] |= more[part]
        return result | {"pictures": more["pictures"]}

    def _initial(self, cell: Cell) -> RemoteRunner:
        runner = self.workers.build(cell)
        reset(runner, cell)
        return runner

    def _ask(self, runner: RemoteRunner, verb: str, cell: Cell) -> Result:
        result: Result = runner.worker.ask(
            verb,
            on_progress=self.on_progress,
            splits=training_splits(cell, self.data),
            request=request(cell, self.data),
        )
        return result

    def _counts(self) -> dict[str, Metric]:
        sizes = spec(self.cell)
        parameters = sum(math.prod(shape) for shape in sizes.shapes().values())
        return {
            "flops_per_example_count": metric(
                sizes.flops(), "count", over="forward pass of one example"
            ),
            "parameters_count": metric(parameters, "count"),
        }


def training_splits(cell: Cell, data: Data) -> dict[str, Any]:
    """Split -> its description, divided as the cell's workload asks for."""
    workload = cell["workload"]
    if cell["framework"]["name"] == "slide":
        # Its `fit` holds the validation examples out by itself
        chosen = workload["data"]
        few, kept = chosen["train_examples"], 1 - chosen["validation"]
        few = few and math.ceil(few / kept)
        chosen = chosen | {"validation": 0.0, "train_examples": few}
        workload = workload | {"data": chosen}
    return dict(splits.divide(workload, data, cell["seed"])["splits"])


def _driver_bytes(cell: Cell, pid: int) -> Metric:
    """Device memory of a worker, by the driver."""
    if cell["device"]["name"] == "cpu":
        return unknown("bytes", "device cpu: no driver holds memory for it")
    try:
        return metric(nvml.process_bytes(pid), "bytes", over="all devices")
    except nvml.Unavailable as problem:
        return unknown("bytes", str(problem))
