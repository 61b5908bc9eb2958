"""A model in a worker, called as if it were in this process."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.environment.env_vars import variables
from benchmarks.passes.process import (
    SILENCE_LIMIT,
    Progress,
    Worker,
    ignore,
)
from benchmarks.worker import arrays
from benchmarks.worker.request import build_arguments, spec
from impls import init
from impls.interface import Batch, Params, Setting

Cell = Mapping[str, Any]


def open_worker(
    cell: Cell,
    files: Path | str | None = None,
    name: str = "worker",
    **options: Any,
) -> Worker:
    """The worker of a cell, not yet started: `with open_worker(...)`.

    `files`: the folder for `<name>.log`. `options`: those of
    `Worker`, in place of what follows from the cell.
    """
    framework = cell["framework"]
    chosen: dict[str, Any] = {
        "python": framework.get("python") or sys.executable,
        "environment": variables(cell),
        "limit": cell.get("patience_seconds", SILENCE_LIMIT),
    }
    if files is not None:
        chosen["log"] = Path(files) / f"{name}.log"
    return Worker(framework["name"], **chosen | options)


def build(worker: Worker, cell: Cell, keep: bool = False) -> "RemoteRunner":
    """Build the cell's model; `keep`: as `benchmarks.worker.session` says."""
    return RemoteRunner(worker, **build_arguments(cell), keep=keep)


def reset(runner: "RemoteRunner", cell: Cell) -> None:
    """Load the initial parameters of the cell's seed; freeze what it freezes.

    The book's program draws its own when it is built.
    """
    if cell["framework"]["name"] != "slide":
        runner.freeze(cell["workload"]["freeze"])
        runner.load(init.draw(spec(cell), cell["seed"]))


def initialize(worker: Worker, cell: Cell) -> "RemoteRunner":
    """Build the cell's model anew, with its initial parameters."""
    runner = build(worker, cell)
    reset(runner, cell)
    return runner


class RemoteRunner:
    """Builds a model in a worker; batches and parameters are NumPy's.

    As `impls.interface.Runner`, but a request holds a whole training or
    evaluation instead of a step. `spec`, `setting`: dataclasses of this tree,
    or another tree's as JSON. Raises what `Worker.ask` raises.
    """

    def __init__(
        self,
        worker: Worker,
        model: str,
        spec: Any,
        setting: Setting | dict[str, Any],
        keep: bool = False,
    ) -> None:
        self.worker = worker
        self.seconds: dict[str, float] = worker.ask(
            "build",
            model=model,
            spec=_plain(spec),
            setting=_plain(setting),
            keep=keep,
        )  # import_seconds, build_seconds

    def load(self, params: Params) -> None:
        with self._folder() as folder:
            self.worker.ask("load", params=arrays.save(folder, params))

    def params(self) -> Params:
        return self._arrays("params")

    def state(self) -> Params:
        """What goes on to the next batch, by name; {} if nothing."""
        return self._arrays("state")

    def set_learning_rate(self, rate: float) -> None:
        """The learning rate from now on."""
        self.worker.ask("set_learning_rate", rate=rate)

    def freeze(self, names: list[str]) -> None:
        self.worker.ask("freeze", names=names)

    def logits(self, batch: Batch) -> np.ndarray:
        """(batch, ...) logits in evaluation mode."""
        return self._arrays("logits", batch=batch)["logits"]

    def generate(
        self,
        batch: Batch,
        length: int,
        width: int = 1,
        noise: np.ndarray | None = None,
    ) -> np.ndarray:
        """Decoded tokens: (batch, length) int32."""
        return self._arrays(
            "generate", batch=batch, length=length, width=width, noise=noise
        )["tokens"]

    def decode(
        self,
        split: dict[str, Any],
        request: dict[str, Any],
        on_progress: Progress = ignore,
    ) -> np.ndarray:
        """Decoded tokens of a whole split: (example, length) int32."""
        return self._arrays(
            "decode", on_progress, split=split, request=request
        )["tokens"]

    def gradients(self, batch: Batch) -> tuple[float, Params]:
        """The loss, and its gradient by canonical name."""
        gradients = self._arrays("gradients", batch=batch)
        return float(gradients.pop("loss")), gradients

    def train_steps(self, batches: Iterable[Batch]) -> np.ndarray:
        """One update per batch; (step, 2): loss and accuracy."""
        return self._arrays("train_steps", batches=list(batches))["steps"]

    def eval_steps(self, batches: Iterable[Batch]) -> np.ndarray:
        """As `train_steps`, without updates."""
        return self._arrays("eval_steps", batches=list(batches))["steps"]

    def versions(self) -> dict[str, str]:
        """Library -> version, of everything that computes there."""
        return dict(self.worker.ask("versions"))

    def _arrays(
        self, verb: str, on_progress: Progress = ignore, **given: Any
    ) -> dict[str, np.ndarray]:
        """The arrays that a verb answers; arrays are sent as files."""
        with self._folder() as folder:
            sent = {
                name: _saved(Path(folder, name), value)
                for name, value in given.items()
            }
            sent["folder"] = f"{folder}/answer"
            answer = self.worker.ask(verb, on_progress=on_progress, **sent)
            return arrays.read(answer)

    def _folder(self) -> "TemporaryDirectory[str]":
        return TemporaryDirectory(dir=self.worker.scratch)


def _saved(folder: Path, value: Any) -> Any:
    """Paths in place of a batch, a list of batches or an array."""
    if isinstance(value, Batch):
        return arrays.save_batch(folder, value)
    if isinstance(value, np.ndarray):
        return arrays.save(folder, {folder.name: value})
    if isinstance(value, list):
        return [_saved(folder / str(i), item) for i, item in enumerate(value)]
    return value


def _plain(values: Any) -> dict[str, Any]:
    return values if isinstance(values, dict) else asdict(values)
