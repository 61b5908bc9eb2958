"""The quality pass of a workload with phases.

Parameters go from phase to phase as NumPy arrays by canonical name, so that
a phase may continue in another framework than the one before.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.config import phases
from benchmarks.data import splits
from benchmarks.data.batches import Split
from benchmarks.environment import interpreters
from benchmarks.environment.describe import describe
from benchmarks.passes import patch_similarity, post_training
from benchmarks.passes.process import Progress, Worker
from benchmarks.passes.remote_runner import RemoteRunner, build, open_worker
from benchmarks.worker import arrays
from benchmarks.worker.request import request, spec
from impls import init
from impls.interface import Params

Cell = dict[str, Any]
Result = dict[str, Any]
FILTERS = ("first.kernel", "first.bias")  # of a model with feature maps
MAIN_ONLY = ("validation_", "time_to_target_")  # metrics without a phase


def quality(
    cell: Cell,
    data: dict[str, Any],
    files: Path | str,
    on_progress: Progress | None = None,
) -> Result:
    """Train phase after phase; metrics and curves of each, by its name.

    As `measure.quality`; `pictures` are files of arrays that a report draws.
    The first phase that diverges ends it, and gives `failure`.
    """
    with ExitStack() as stack:
        training = _PhasedTraining(cell, data, Path(files), on_progress, stack)
        plan = phases.of(cell["workload"])
        for number, (name, phase) in enumerate(plan.items(), 1):
            training.run(name, phase, number, len(plan))
            if training.result["failure"]:
                break
        return training.result


class _PhasedTraining:
    """The phases of one cell, one after the other; `result` grows."""

    def __init__(
        self,
        cell: Cell,
        data: dict[str, Any],
        files: Path,
        on_progress: Progress | None,
        stack: ExitStack,
    ) -> None:
        self.cell = cell
        self.data = data
        self.files = files
        self.on_progress = on_progress
        self.stack = stack
        self.workers: dict[str, Worker] = {}
        self.trained: dict[str, Params] = {}  # phase -> its last parameters
        self.result: Result = {
            "metrics": {},
            "curves": {},
            "failure": None,
            "pictures": [],
            "environment": describe(cell) | {"loaded": {}},
            "timings": {},
        }

    def run(self, name: str, phase: dict[str, Any], at: int, of: int) -> None:
        """Build, load, freeze, train, evaluate, keep the parameters."""
        cell = self._cell(phase)
        runner = build(self._worker(cell), cell, keep=True)
        for part, seconds in runner.seconds.items():
            self._add_timings({part.removesuffix("_seconds"): seconds})
        self.result["environment"]["loaded"] |= runner.versions()
        runner.freeze(phase["freeze"])
        runner.load(self._start(cell))
        divided = splits.divide(phase, self.data, cell["seed"])
        chosen = dict(divided["splits"])
        if not phase["epochs"] and phase["objective"] == "mse":
            chosen.pop("test", None)
        progress = self._progress(name, at, of)
        answer = runner.worker.ask(
            "quality",
            on_progress=progress,
            splits=chosen,
            request=request(cell, self.data),
        )
        self._add(name, answer)
        if answer["failure"]:
            self.result["failure"] = f"phase {name}: {answer['failure']}"
            return
        maps = phase["measure"]["feature_maps"]
        if maps or self._taken_later(name):
            self.trained[name] = runner.params()
        if maps:
            self._feature_maps(runner, name, phase)
        more = post_training.measure(
            runner, cell, divided, self.files, name, progress
        )
        self._add(name, more)
        self.result["pictures"] += more["pictures"]

    def _cell(self, phase: dict[str, Any]) -> Cell:
        """The cell of one phase, in the framework that the phase names."""
        framework, name = self.cell["framework"], phase["framework"]
        if name not in (None, framework["name"]):
            device = self.cell["device"]["name"]
            framework = {
                "name": name,
                "mode": phases.fastest(name, phase["model"], device),
                "python": interpreters.interpreter(name),
            }
        return self.cell | {"workload": phase, "framework": framework}

    def _worker(self, cell: Cell) -> Worker:
        name = cell["framework"]["name"]
        if name not in self.workers:
            main = name == self.cell["framework"]["name"]
            log = "quality" if main else f"quality-{name}"
            worker = open_worker(cell, self.files, log)
            self.workers[name] = self.stack.enter_context(worker)
            self._add_timings({"worker_start": worker.start_seconds})
        return self.workers[name]

    def _start(self, cell: Cell) -> Params:
        """Initial parameters, some of them taken from earlier phases."""
        start = init.draw(spec(cell), cell["seed"])
        for earlier, names in cell["workload"]["takes"].items():
            start |= {name: self.trained[earlier][name] for name in names}
        return start

    def _add(self, name: str, answer: dict[str, Any]) -> None:
        """Add the metrics, curves and timings of a phase to the result."""
        metrics, curves = self.result["metrics"], self.result["curves"]
        self._add_timings(answer["timings"])
        main = name == self.cell["workload"]["main"]
        for metric, value in answer["metrics"].items():
            if main:
                metrics[metric] = value
            if not metric.startswith(MAIN_ONLY):
                metrics[f"{name}.{metric}"] = value
        for kind, curve in answer["curves"].items():
            if main and kind != "gradient":
                curves[kind] = curve
            curves[f"{name}.{kind}"] = curve

    def _add_timings(self, timings: dict[str, float]) -> None:
        total = self.result["timings"]
        for part, seconds in timings.items():
            total[part] = total.get(part, 0.0) + seconds

    def _taken_later(self, name: str) -> bool:
        plan = self.cell["workload"]["phases"].values()
        return any(name in phase["takes"] for phase in plan)

    def _feature_maps(
        self, runner: RemoteRunner, name: str, phase: dict[str, Any]
    ) -> None:
        """Feature maps of a few test images, and their filters."""
        images = _one_per_class(self.data, phase["measure"]["feature_maps"])
        batch = spec(self._cell(phase)).example(len(images))
        maps = runner.logits(batch._replace(inputs=(images,)))
        kernel, bias = (self.trained[name][part] for part in FILTERS)
        content = {
            f"{name}.maps": np.float32(maps),
            f"{name}.kernel": np.float32(kernel),
            "images": np.float32(images[..., 0]),
        }
        arrays.save(self.files / "pictures", content)
        files = [f"pictures/{part}.npy" for part in content]
        pictures = [*self.result["pictures"], *files]
        self.result["pictures"] = list(dict.fromkeys(pictures))
        metrics = patch_similarity.similarity(images, kernel, maps - bias)
        for metric, value in metrics.items():
            self.result["metrics"][f"{name}.{metric}"] = value

    def _progress(self, name: str, at: int, of: int) -> Progress | None:
        report = self.on_progress
        if report is None:
            return None
        phase = {"phase": name, "at": at, "of": of}
        return lambda message: report(phase | message)


def _one_per_class(data: dict[str, Any], count: int) -> np.ndarray:
    """The first test image of each of so many classes: (image, ...)."""
    test = Split.open(data["splits"]["test"])
    _, firsts = np.unique(test.targets, return_index=True)
    images: np.ndarray = test.inputs[0][firsts[:count]]
    return images
