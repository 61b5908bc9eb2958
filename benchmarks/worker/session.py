"""The verbs of a worker: the public methods of a session.

Arguments and answers are JSON; arrays are passed as paths of `.npy` files.
"""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.data.batches import Split
from benchmarks.worker import (
    arrays,
    keras_fit,
    memory,
    profile,
    quality,
    speed,
    timing,
)
from benchmarks.worker.arrays import Paths
from benchmarks.worker.request import Request
from benchmarks.worker.timing import Report
from impls.interface import Setting

JSON = dict[str, Any]


def start(framework: str, library: str, report: Report) -> "Session":
    """The session of a framework; `slide` is the book's own program."""
    kind = SlideSession if framework == "slide" else RunnerSession
    return kind(framework, library, report)


class Session:
    """Verbs that a Runner and the book's program share."""

    def __init__(self, framework: str, library: str, report: Report) -> None:
        self.framework = framework
        self.library = library
        self.report = report
        self.built: tuple[str, JSON, JSON] | None = None

    def hello(self) -> JSON:
        return {"pid": os.getpid()}

    def build(
        self, model: str, spec: JSON, setting: JSON, keep: bool = False
    ) -> JSON:
        """Import the framework, make the model: seconds of each.

        `keep`: keep the present model if it has these arguments.
        """
        arguments = model, spec, setting
        if keep and arguments == self.built:
            return {"import_seconds": 0.0, "build_seconds": 0.0}
        library = import_module(self.library)
        started = time.perf_counter()
        for name in self._modules(model):
            import_module(f"{self.library}.{name}")
        imported = time.perf_counter()
        self.spec = library.spec(model)(**spec)
        self.setting = Setting(**setting)
        self._build(library, model)
        self.built = arguments
        return {
            "import_seconds": imported - started,
            "build_seconds": time.perf_counter() - imported,
        }

    def _modules(self, model: str) -> list[str]:
        raise NotImplementedError

    def _build(self, library: Any, model: str) -> None:
        raise NotImplementedError


class RunnerSession(Session):
    """Verbs of a Runner."""

    def versions(self) -> dict[str, str]:
        return dict(self.runner.versions())

    def load(self, params: Paths) -> None:
        self.runner.load(arrays.read(params))

    def params(self, folder: str) -> Paths:
        return arrays.save(folder, self.runner.params())

    def state(self, folder: str) -> Paths:
        return arrays.save(folder, self.runner.state())

    def set_learning_rate(self, rate: float) -> None:
        self.runner.set_learning_rate(rate)

    def freeze(self, names: list[str]) -> None:
        self.runner.freeze(names)

    def compilations(self) -> int | None:
        return self.runner.compilations()

    def logits(self, batch: Paths, folder: str) -> Paths:
        logits = self.runner.logits(self._placed(batch))
        return arrays.save(folder, {"logits": logits})

    def generate(
        self,
        batch: Paths,
        folder: str,
        length: int,
        width: int = 1,
        noise: Paths | None = None,
    ) -> Paths:
        """`tokens` (batch, length); `noise` in a file of that name."""
        added = noise and arrays.read(noise)["noise"]
        placed = self._placed(batch)
        tokens = self.runner.generate(placed, length, width, added)
        return arrays.save(folder, {"tokens": tokens})

    def gradients(self, batch: Paths, folder: str) -> Paths:
        """Gradients by name, and `loss` (): an array may hold NaN."""
        loss, gradients = self.runner.gradients(self._placed(batch))
        return arrays.save(folder, {"loss": np.float64(loss), **gradients})

    def train_steps(self, batches: list[Paths], folder: str) -> Paths:
        """One update per batch; `steps` (step, 2): loss and accuracy."""
        steps = [self.runner.train_step(self._placed(b)) for b in batches]
        return arrays.save(folder, {"steps": self.runner.fetch(steps)})

    def eval_steps(self, batches: list[Paths], folder: str) -> Paths:
        """As `train_steps`, in evaluation mode."""
        steps = [self.runner.eval_step(self._placed(b)) for b in batches]
        return arrays.save(folder, {"steps": self.runner.fetch(steps)})

    def warm(self, kind: str, splits: JSON, request: JSON) -> JSON:
        """Prepare `block`: kind training or inference; `steps` for it."""
        bench = speed.TimedRunner(self.runner, Request(**request))
        self._step, steps = bench.warm(kind, Split.open(splits["train"]))
        return {"steps": steps}

    def block(self, steps: int) -> JSON:
        """Time a block of the prepared steps: `examples`, `seconds`."""
        block = timing.block(
            self._step, self.runner.wait, steps, time.perf_counter
        )
        return {"examples": block.examples, "seconds": block.seconds}

    def quality(self, splits: JSON, request: JSON) -> JSON:
        return quality.quality(
            self.runner, _open(splits), Request(**request), self.report
        )

    def speed(self, splits: JSON, request: JSON) -> JSON:
        return speed.speed(
            self.runner,
            _open(splits),
            Request(**request),
            self.spec.flops(),
            self.report,
        )

    def training(self, splits: JSON, request: JSON) -> JSON:
        """The training of `speed` alone."""
        train = Split.open(splits["train"])
        chosen = Request(**request)
        return speed.training(self.runner, train, chosen, self.report)

    def trace(self, splits: JSON, request: JSON, steps: int) -> JSON:
        """Steps of a training under the framework's profiler."""
        train = Split.open(splits["train"])
        bench = speed.TimedRunner(self.runner, Request(**request))
        bench.first_steps(train)
        step, _ = bench.warm("training", train)
        profiler = import_module(f"{self.library}.profiling.{self.framework}")
        return profile.trace(profiler.profile, step, self.runner.wait, steps)

    def decode(self, split: JSON, request: JSON, folder: str) -> Paths:
        """All examples of a split: `tokens` (example, length)."""
        tokens = quality.decode(
            self.runner, Split.open(split), Request(**request), self.report
        )
        return arrays.save(folder, {"tokens": tokens})

    def memory(self, splits: JSON, request: JSON) -> JSON:
        return memory.memory(self.runner, _open(splits), Request(**request))

    def _modules(self, model: str) -> list[str]:
        return [f"frameworks.{self.framework}", f"{model}.{self.framework}"]

    def _build(self, library: Any, model: str) -> None:
        self.runner = library.build(
            model, self.framework, self.spec, self.setting
        )

    def _placed(self, batch: Paths) -> Any:
        return self.runner.place(arrays.read_batch(batch))


class SlideSession(Session):
    """Verbs of the book's own program."""

    def versions(self) -> dict[str, str]:
        return dict(self.program.versions())

    def quality(self, splits: JSON, request: JSON) -> JSON:
        return keras_fit.quality(
            self.program, _open(splits), Request(**request), self.report
        )

    def speed(self, splits: JSON, request: JSON) -> JSON:
        return keras_fit.speed(
            self.program,
            _open(splits),
            Request(**request),
            self.spec.flops(),
            self.report,
            self._matmul,
        )

    def memory(self, splits: JSON, request: JSON) -> JSON:
        return keras_fit.memory(self.program, _open(splits), Request(**request))

    def _modules(self, model: str) -> list[str]:
        return ["slide"]

    def _build(self, library: Any, model: str) -> None:
        self.model = model
        program = import_module(f"{self.library}.slide").Program
        self.program = program(model, self.spec, self.setting)

    def _matmul(self, size: int) -> Callable[[], None]:
        product: Callable[[], None] = self._tensorflow.matmul(size)
        return product

    @cached_property
    def _tensorflow(self) -> Any:
        # Keras multiplies with TensorFlow: the ceiling is that Runner's
        library = import_module(self.library)
        graph = replace(self.setting, mode="graph")
        return library.build(self.model, "tensorflow", self.spec, graph)


def _open(splits: JSON) -> dict[str, Split]:
    return {name: Split.open(split) for name, split in splits.items()}
