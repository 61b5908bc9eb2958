"""The verbs of a worker: the public methods of a session.

Arguments and answers are JSON; arrays are passed as paths of `.npy` files.
"""

import os
import time
from collections.abc import Callable, Mapping
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
    roofline,
    speed,
    timing,
)
from benchmarks.worker.arrays import Paths
from benchmarks.worker.request import FILL, Request, normalizes
from benchmarks.worker.timing import Report
from impls.interface import Setting

JSON = dict[str, Any]
USUAL = {"tensorflow": "graph", "torch": "eager", "jax": "jit"}  # modes


class NotCompiled(Exception):
    """A mode that compiles has compiled nothing."""


def start(framework: str, library: str, report: Report) -> "Session":
    """The session of a framework; `slide` is the book's own program."""
    kind = SlideSession if framework == "slide" else RunnerSession
    return kind(framework, library, report)


class Session:
    """Verbs that a Runner and the book's program share."""

    model: Any  # a Runner, or the book's program
    measurements: Mapping[str, Callable[..., JSON]]  # of the model

    def __init__(self, framework: str, library: str, report: Report) -> None:
        self.framework = framework
        self.library = library
        self.report = report

    def hello(self) -> JSON:
        return {"pid": os.getpid()}

    def build(
        self, model: str, spec: JSON, setting: JSON, keep: bool = False
    ) -> JSON:
        """Import the framework, make the model: seconds of each.

        `keep`: keep the models that are built already, and take the one of
        these arguments, with all that is compiled for it. (A Keras program
        has no initial state to go back to: it is built anew.)
        """
        library = import_module(self.library)
        started = time.perf_counter()
        for name in self._modules(model):
            import_module(f"{self.library}.{name}")
        imported = time.perf_counter()
        self.spec = library.spec(model)(**spec)
        self.setting = Setting(**setting)
        self._build(library, model, keep)
        return {
            "import_seconds": imported - started,
            "build_seconds": time.perf_counter() - imported,
        }

    def versions(self) -> dict[str, str]:
        return dict(self.model.versions())

    def quality(self, splits: JSON, request: JSON) -> JSON:
        return self._measure("quality", splits, request)

    def training(self, splits: JSON, request: JSON) -> JSON:
        return self._measure("training", splits, request)

    def inference(self, splits: JSON, request: JSON) -> JSON:
        return self._measure("inference", splits, request)

    def few_steps(self, splits: JSON, request: JSON) -> JSON:
        return self._measure("few_steps", splits, request)

    def peaks(self) -> JSON:
        """Peaks of memory since the process started, in bytes."""
        host = memory.host_peak()  # before the reading itself takes memory
        return {"host_peak_bytes": host, **memory.allocator(self._allocated())}

    def ceiling(self, device: str) -> JSON:
        """The machine's peak, with the library of the model."""
        stages = timing.Stages(self.report, time.perf_counter)
        with stages("ceiling"):
            peak = roofline.ceiling(self._matmul, device, stages.clock)
        return {
            "metrics": {"matmul_gflops_per_second": peak},
            "timings": stages.seconds,
        }

    def _measure(self, name: str, splits: JSON, request: JSON) -> JSON:
        measurement = self.measurements[name]
        chosen = Request(**request | {FILL: not normalizes(self.spec)})
        return measurement(self.model, _open(splits), chosen, self.report)

    def _modules(self, model: str) -> list[str]:
        raise NotImplementedError

    def _build(self, library: Any, model: str, keep: bool) -> None:
        raise NotImplementedError

    def _allocated(self) -> dict[str, Any]:
        raise NotImplementedError

    def _matmul(self, size: int) -> Callable[[], None]:
        raise NotImplementedError


class RunnerSession(Session):
    """Verbs of a Runner."""

    measurements = {
        "quality": quality.quality,
        "training": speed.training,
        "inference": speed.inference,
        "few_steps": memory.few_steps,
    }

    def __init__(self, framework: str, library: str, report: Report) -> None:
        super().__init__(framework, library, report)
        self.models: dict[str, Any] = {}  # by their arguments

    def _measure(self, name: str, splits: JSON, request: JSON) -> JSON:
        """Raises NotCompiled in a mode that compiles, and has not.

        A phase without a training may compute nothing.
        """
        result = super()._measure(name, splits, request)
        idle = name == "quality" and not request["epochs"]
        if self.model.compilations() == 0 and not idle:
            raise NotCompiled(
                f"mode {self.setting.mode}: nothing was compiled. Unset what"
                " turns compiling off in your environment, such as"
                " TORCH_COMPILE_DISABLE, or choose a mode that does not"
                " compile, such as framework.mode=eager."
            )
        return result

    def load(self, params: Paths) -> None:
        self.model.load(arrays.read(params))

    def params(self, folder: str) -> Paths:
        return arrays.save(folder, self.model.params())

    def state(self, folder: str) -> Paths:
        return arrays.save(folder, self.model.state())

    def set_learning_rate(self, rate: float) -> None:
        self.model.set_learning_rate(rate)

    def freeze(self, names: list[str]) -> None:
        self.model.freeze(names)

    def compilations(self) -> int | None:
        return self.model.compilations()

    def logits(self, batch: Paths, folder: str) -> Paths:
        logits = self.model.logits(self._placed(batch))
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
        tokens = self.model.generate(placed, length, width, added)
        return arrays.save(folder, {"tokens": tokens})

    def gradients(self, batch: Paths, folder: str) -> Paths:
        """Gradients by name, and `loss` (): an array may hold NaN."""
        loss, gradients = self.model.gradients(self._placed(batch))
        return arrays.save(folder, {"loss": np.float64(loss), **gradients})

    def train_steps(self, batches: list[Paths], folder: str) -> Paths:
        """One update per batch; `steps` (step, 2): loss and accuracy."""
        steps = [self.model.train_step(self._placed(b)) for b in batches]
        return arrays.save(folder, {"steps": self.model.fetch(steps)})

    def eval_steps(self, batches: list[Paths], folder: str) -> Paths:
        """As `train_steps`, in evaluation mode."""
        steps = [self.model.eval_step(self._placed(b)) for b in batches]
        return arrays.save(folder, {"steps": self.model.fetch(steps)})

    def warm(self, kind: str, splits: JSON, request: JSON) -> JSON:
        """Prepare `block`: kind training or inference; `steps` for it."""
        bench = speed.TimedRunner(self.model, Request(**request))
        self._step, steps = bench.warm(kind, Split.open(splits["train"]))
        return {"steps": steps}

    def block(self, steps: int) -> JSON:
        """Time a block of the prepared steps: `examples`, `seconds`."""
        block = timing.block(
            self._step, self.model.wait, steps, time.perf_counter
        )
        return {"examples": block.examples, "seconds": block.seconds}

    def trace(self, splits: JSON, request: JSON, steps: int) -> JSON:
        """Steps of a training under the framework's profiler."""
        train = Split.open(splits["train"])
        bench = speed.TimedRunner(self.model, Request(**request))
        bench.first_steps(train)
        step, _ = bench.warm("training", train)
        profiler = import_module(f"{self.library}.profiling.{self.framework}")
        return profile.trace(profiler.profile, step, self.model.wait, steps)

    def decode(self, split: JSON, request: JSON, folder: str) -> Paths:
        """All examples of a split: `tokens` (example, length)."""
        tokens = quality.decode(
            self.model, Split.open(split), Request(**request), self.report
        )
        return arrays.save(folder, {"tokens": tokens})

    def _modules(self, model: str) -> list[str]:
        return [f"frameworks.{self.framework}", f"{model}.{self.framework}"]

    def _build(self, library: Any, model: str, keep: bool) -> None:
        arguments = repr((model, self.spec, self.setting))
        if not keep:
            self.models.clear()
        if arguments not in self.models:
            self.models[arguments] = library.build(
                model, self.framework, self.spec, self.setting
            )
        self.model = self.models[arguments]

    def _allocated(self) -> dict[str, Any]:
        return dict(self.model.memory())

    def _matmul(self, size: int) -> Callable[[], None]:
        product: Callable[[], None] = self.model.matmul(size)
        return product

    def _placed(self, batch: Paths) -> Any:
        return self.model.place(arrays.read_batch(batch))


class SlideSession(Session):
    """Verbs of the book's own program."""

    measurements = {
        "quality": keras_fit.quality,
        "training": keras_fit.training,
        "inference": keras_fit.inference,
        "few_steps": keras_fit.few_steps,
    }

    def _modules(self, model: str) -> list[str]:
        return ["slide"]

    def _build(self, library: Any, model: str, keep: bool) -> None:
        self.name = model
        program = import_module(f"{self.library}.slide").Program
        self.model = program(model, self.spec, self.setting)

    def _allocated(self) -> dict[str, Any]:
        return {"reason": keras_fit.UNREPORTED}

    def _matmul(self, size: int) -> Callable[[], None]:
        product: Callable[[], None] = self._runner.matmul(size)
        return product

    @cached_property
    def _runner(self) -> Any:
        """The Runner of Keras' backend, whose ceiling is the program's."""
        library, backend = import_module(self.library), self.setting.mode
        setting = replace(self.setting, mode=USUAL[backend])
        return library.build(self.name, backend, self.spec, setting)


def _open(splits: JSON) -> dict[str, Split]:
    return {name: Split.open(split) for name, split in splits.items()}
