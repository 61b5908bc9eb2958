"""A Runner in a worker, called as if it were here."""

import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.passes.process import Worker
from benchmarks.worker import arrays
from impls.interface import Batch, Params, Setting


class RemoteRunner:
    """Builds a model in a worker; batches and parameters are NumPy's.

    As `impls.interface.Runner`, but a training or evaluation goes over in
    one piece, and its losses come back: one request, not one per step.
    `spec`, `setting`: dataclasses of this tree, or another's as JSON.
    Raises what `Worker.ask` raises.
    """

    def __init__(
        self,
        worker: Worker,
        model: str,
        spec: Any,
        setting: Setting | dict[str, Any],
    ) -> None:
        self.worker = worker
        self.seconds = worker.ask(  # import_seconds, build_seconds
            "build", model=model, spec=_plain(spec), setting=_plain(setting)
        )
        self._calls = 0

    def load(self, params: Params) -> None:
        folder = self._folder()
        self.worker.ask("load", params=arrays.save(folder, params))
        shutil.rmtree(folder)

    def params(self) -> Params:
        return self._arrays("params")

    def carried(self) -> Params:
        """What goes on to the next batch, by name; {} if nothing."""
        return self._arrays("carried")

    def set_rate(self, rate: float) -> None:
        """The learning rate from now on."""
        self.worker.ask("set_rate", rate=rate)

    def freeze(self, names: list[str]) -> None:
        self.worker.ask("freeze", names=names)

    def scores(self, batch: Batch) -> np.ndarray:
        """(batch, ...) scores in evaluation mode."""
        return self._arrays("scores", batch=batch)["scores"]

    def generate(
        self,
        batch: Batch,
        length: int,
        width: int = 1,
        noise: np.ndarray | None = None,
    ) -> np.ndarray:
        """Symbols that are decoded: (batch, length) int32."""
        folder = self._folder()
        sent: dict[str, Any] = {"length": length, "width": width, "noise": None}
        sent["batch"] = arrays.save_batch(folder / "batch", batch)
        if noise is not None:
            sent["noise"] = arrays.save(folder / "noise", {"noise": noise})
        return self._answer("generate", folder, sent)["tokens"]

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

    def compilations(self) -> int | None:
        """Programs compiled so far; None where none ever are."""
        count: int | None = self.worker.ask("compilations")
        return count

    def versions(self) -> dict[str, str]:
        """Library -> version, of everything that computes there."""
        return dict(self.worker.ask("versions"))

    def _arrays(self, verb: str, **sent: Any) -> dict[str, np.ndarray]:
        folder = self._folder()
        paths: dict[str, Any] = {
            name: (
                arrays.save_batch(folder / name, value)
                if isinstance(value, Batch)
                else [
                    arrays.save_batch(folder / str(i), batch)
                    for i, batch in enumerate(value)
                ]
            )
            for name, value in sent.items()
        }
        return self._answer(verb, folder, paths)

    def _answer(
        self, verb: str, folder: Path, sent: dict[str, Any]
    ) -> dict[str, np.ndarray]:
        answer = self.worker.ask(verb, folder=str(folder / "answer"), **sent)
        found = arrays.read(answer)
        shutil.rmtree(folder)
        return found

    def _folder(self) -> Path:
        self._calls += 1
        folder = self.worker.scratch / f"call-{self._calls}"
        folder.mkdir()
        return folder


def _plain(values: Any) -> dict[str, Any]:
    return values if isinstance(values, dict) else asdict(values)
