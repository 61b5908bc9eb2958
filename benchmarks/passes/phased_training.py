"""The quality pass of a workload with phases.

Parameters go from phase to phase as NumPy arrays by canonical name, so that
a phase may continue in another framework than the one before.
"""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.config import phases
from benchmarks.data import splits
from benchmarks.data.batches import Split
from benchmarks.environment import interpreters
from benchmarks.passes import patch_similarity
from benchmarks.passes.post_training import PostTraining
from benchmarks.passes.process import Progress
from benchmarks.passes.remote_runner import RemoteRunner
from benchmarks.passes.workers import Workers
from benchmarks.worker import arrays
from benchmarks.worker.request import request, spec
from impls import init
from impls.interface import Params

Cell = dict[str, Any]
Result = dict[str, Any]
FILTERS = ("first.kernel", "first.bias")  # of a model with feature maps
MAIN_ONLY = ("validation_", "time_to_target_")  # metrics without a phase


class PhasedTraining:
    """The phases of one cell, one after the other; its result grows.

    Metrics and curves of each phase have its name in front; those of the
    main one stand without it, too.
    """

    def __init__(
        self,
        cell: Cell,
        data: dict[str, Any],
        files: Path,
        on_progress: Progress,
        workers: Workers,
    ) -> None:
        self.cell = cell
        self.data = data
        self.files = files
        self.on_progress = on_progress
        self.workers = workers
        self.plan = phases.of(cell["workload"])
        self.trained: dict[str, Params] = {}  # phase -> its last parameters
        self._result: Result = {
            "metrics": {},
            "curves": {},
            "failure": None,
            "pictures": [],
            "timings": {},
        }

    def result(self) -> Result:
        """Train every phase; the first one that diverges is the last."""
        for name in self.plan:
            self._run(name)
            if self._result["failure"]:
                break
        return self._result

    def _run(self, name: str) -> None:
        """Build, load, freeze, train, evaluate, keep the parameters."""
        phase = self.plan[name]
        at = {"at": [*self.plan].index(name) + 1, "of": len(self.plan)}
        cell = self._cell(phase)
        runner = self.workers.build(cell)
        runner.freeze(phase["freeze"])
        runner.load(self._start(cell))
        divided = splits.divide(phase, self.data, cell["seed"])
        chosen = dict(divided["splits"])
        if not phase["epochs"] and phase["objective"] == "mse":
            chosen.pop("test", None)

        def progress(message: dict[str, Any]) -> None:
            self.on_progress({"phase": name, **at, **message})

        answer = runner.worker.ask(
            "quality",
            progress,
            splits=chosen,
            request=request(cell, self.data),
        )
        self._add(name, answer)
        if answer["failure"]:
            self._result["failure"] = f"phase {name}: {answer['failure']}"
            return
        self.trained[name] = runner.params()
        if phase["measure"]["feature_maps"]:
            self._feature_maps(runner, name, phase)
        more = PostTraining(
            runner, cell, divided, self.files, name, progress
        ).measure()
        self._add(name, more)
        self._result["pictures"] += more["pictures"]

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

    def _start(self, cell: Cell) -> Params:
        """Initial parameters, some of them taken from earlier phases."""
        start = init.draw(spec(cell), cell["seed"])
        for earlier, names in cell["workload"]["takes"].items():
            start |= {name: self.trained[earlier][name] for name in names}
        return start

    def _add(self, name: str, answer: dict[str, Any]) -> None:
        """Add the metrics, curves and timings of a phase to the result."""
        metrics, curves = self._result["metrics"], self._result["curves"]
        timings = self._result["timings"]
        for part, seconds in answer["timings"].items():
            timings[part] = timings.get(part, 0.0) + seconds
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
        pictures = [*self._result["pictures"], *files]
        self._result["pictures"] = list(dict.fromkeys(pictures))
        metrics = patch_similarity.similarity(images, kernel, maps - bias)
        for metric, value in metrics.items():
            self._result["metrics"][f"{name}.{metric}"] = value


def _one_per_class(data: dict[str, Any], count: int) -> np.ndarray:
    """The first test image of each of so many classes: (image, ...)."""
    test = Split.open(data["splits"]["test"])
    _, firsts = np.unique(test.targets, return_index=True)
    images: np.ndarray = test.inputs[0][firsts[:count]]
    return images
