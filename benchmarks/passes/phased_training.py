"""The quality pass of a workload with phases, seen from the parent.

Parameters go from phase to phase as NumPy arrays by canonical name, so a
phase may go on in another framework than the one before.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.config import phases
from benchmarks.data import splits as recipe
from benchmarks.data.batches import Split
from benchmarks.environment import interpreters
from benchmarks.environment.describe import describe
from benchmarks.passes import patch_similarity
from benchmarks.passes.open_worker import build, load, open_worker, sizes
from benchmarks.passes.post_training import afterwards
from benchmarks.passes.process import Worker
from benchmarks.worker import arrays
from benchmarks.worker.request import plan
from impls import init
from impls.interface import Params

Cell = dict[str, Any]
Result = dict[str, Any]
FILTERS = ("first.kernel", "first.bias")  # of the model `phases.MAPPED`
LEFT_OUT = ("validation_", "time_to_target_")  # of the main phase only


def quality(
    cell: Cell,
    data: dict[str, Any],
    files: Path | str,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
) -> Result:
    """Train phase after phase; metrics and curves of each, by its name.

    As `passes.quality`; `pictures` are the files of arrays to look at.
    The first phase that comes to nothing ends it, and gives `failure`.
    """
    with ExitStack() as stack:
        course = _Course(cell, data, Path(files), on_progress, stack)
        every = phases.of(cell["workload"])
        for number, (name, phase) in enumerate(every.items(), 1):
            course.run(name, phase, number, len(every))
            if course.result["failure"]:
                break
        return course.result


class _Course:
    """One cell's phases on their way; `result` grows."""

    def __init__(
        self,
        cell: Cell,
        data: dict[str, Any],
        files: Path,
        on_progress: Callable[[dict[str, Any]], None] | None,
        stack: ExitStack,
    ) -> None:
        self.cell = cell
        self.data = data
        self.files = files
        self.on_progress = on_progress
        self.stack = stack
        self.workers: dict[str, Worker] = {}
        self.kept: dict[str, Params] = {}  # phase -> what it ended with
        self.result: Result = {
            "metrics": {},
            "curves": {},
            "failure": None,
            "pictures": [],
            "environment": describe(cell) | {"loaded": {}},
            "phases": {},
        }

    def run(self, name: str, phase: dict[str, Any], at: int, of: int) -> None:
        """Build, take over, freeze, train, evaluate, keep."""
        cell = self._cell(phase)
        worker = self._worker(cell)
        built = build(worker, cell, keep=True)
        self._spend({k.removesuffix("_seconds"): s for k, s in built.items()})
        self.result["environment"]["loaded"] |= worker.ask("versions")
        load(worker, self._start(cell), phase["freeze"])
        divided = recipe.divide(phase, self.data, cell["seed"])
        splits = divided["splits"]
        if not phase["epochs"] and phase["objective"] == "reconstruction":
            splits = {k: v for k, v in splits.items() if k != "test"}
        progress = self._progress(name, at, of)
        answer = worker.ask(
            "quality",
            on_progress=progress,
            splits=splits,
            plan=plan(cell, self.data),
        )
        self._keep(name, answer)
        if answer["failure"]:
            self.result["failure"] = f"phase {name}: {answer['failure']}"
            return
        if self._wanted_later(name) or phase["pictures"]:
            folder = str(worker.scratch / f"params-{name}")
            self.kept[name] = arrays.read(worker.ask("params", folder=folder))
        if phase["pictures"]:
            self._pictures(worker, name, phase)
        started = time.perf_counter()
        more = afterwards(worker, cell, divided, self.files, name, progress)
        spent = {"afterwards": time.perf_counter() - started}
        self._keep(name, more | {"phases": spent if any(more.values()) else {}})
        self.result["pictures"] += more["pictures"]

    def _cell(self, phase: dict[str, Any]) -> Cell:
        """The cell of one phase, in the framework that the phase names."""
        framework, name = self.cell["framework"], phase["framework"]
        if name not in (None, framework["name"]):
            framework = {
                "name": name,
                "mode": phases.fastest(
                    name, phase["model"], self.cell["device"]["name"]
                ),
                "python": interpreters.interpreter(name),
            }
        return self.cell | {"workload": phase, "framework": framework}

    def _worker(self, cell: Cell) -> Worker:
        name = cell["framework"]["name"]
        if name not in self.workers:
            own = name == self.cell["framework"]["name"]
            log = "quality" if own else f"quality-{name}"
            opened = open_worker(cell, self.files, log)
            worker = self.stack.enter_context(opened)
            self.workers[name] = worker
            self._spend({"worker_start": worker.start_seconds})
        return self.workers[name]

    def _start(self, cell: Cell) -> Params:
        """What the phase begins with: drawn, and what it takes over."""
        start = init.draw(sizes(cell), cell["seed"])
        for earlier, names in cell["workload"]["takes"].items():
            start |= {name: self.kept[earlier][name] for name in names}
        return start

    def _keep(self, name: str, answer: dict[str, Any]) -> None:
        """Put what a phase has found into the result."""
        found = self.result
        self._spend(answer["phases"])
        main = name == self.cell["workload"]["main"]
        for metric, value in answer["metrics"].items():
            if main:
                found["metrics"][metric] = value
            if not metric.startswith(LEFT_OUT):
                found["metrics"][f"{name}.{metric}"] = value
        for kind, curves in answer["curves"].items():
            if main and kind != "gradient":
                found["curves"][kind] = curves
            found["curves"][f"{name}.{kind}"] = curves

    def _spend(self, seconds: dict[str, float]) -> None:
        spent = self.result["phases"]
        for part, took in seconds.items():
            spent[part] = spent.get(part, 0.0) + took

    def _wanted_later(self, name: str) -> bool:
        every = self.cell["workload"]["phases"].values()
        return any(name in phase["takes"] for phase in every)

    def _pictures(
        self, worker: Worker, name: str, phase: dict[str, Any]
    ) -> None:
        """Feature maps of a few test images, and the filters they are of."""
        images = examples(self.data, phase["pictures"])
        batch = sizes(self.cell | {"workload": phase}).example(len(images))
        batch = batch._replace(inputs=(images,))
        sent = arrays.save_batch(worker.scratch / f"images-{name}", batch)
        folder = str(worker.scratch / f"maps-{name}")
        answer = worker.ask("scores", batch=sent, folder=folder)
        maps = arrays.read(answer)["scores"]
        kernel, bias = (self.kept[name][one] for one in FILTERS)
        content = {
            f"{name}.maps": np.float32(maps),
            f"{name}.kernel": np.float32(kernel),
            "images": np.float32(images[..., 0]),
        }
        arrays.save(self.files / "pictures", content)
        known = self.result["pictures"]
        added = [f"pictures/{one}.npy" for one in content]
        self.result["pictures"] = [*dict.fromkeys([*known, *added])]
        told = patch_similarity.similarity(images, kernel, maps - bias)
        for metric, value in told.items():
            self.result["metrics"][f"{name}.{metric}"] = value

    def _progress(
        self, name: str, at: int, of: int
    ) -> Callable[[dict[str, Any]], None] | None:
        tell = self.on_progress
        if tell is None:
            return None
        return lambda told: tell({"phase": name, "at": at, "of": of, **told})


def examples(data: dict[str, Any], count: int) -> np.ndarray:
    """The first test image of each of so many classes: (image, ...)."""
    test = Split.open(data["splits"]["test"])
    _, firsts = np.unique(test.targets, return_index=True)
    found: np.ndarray = test.inputs[0][firsts[:count]]
    return found
