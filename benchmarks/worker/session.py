"""What a worker can be asked: each public method is a verb.

Arguments and answers are JSON; arrays go by the paths of `.npy` files.
"""

import os
import platform
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
    decoding,
    keras_fit,
    memory,
    quality,
    speed,
    timing,
)
from benchmarks.worker import (
    profile as traces,
)
from benchmarks.worker.arrays import Paths
from benchmarks.worker.request import Plan
from impls.interface import Setting

Answer = dict[str, Any]
Say = Callable[[Answer], None]


def start(framework: str, library: str, say: Say) -> "Session":
    """The session of a framework: the book's program has its own."""
    kind = SlideSession if framework == "slide" else RunnerSession
    return kind(framework, library, say)


class Session:
    """What both kinds of program share."""

    def __init__(self, framework: str, library: str, say: Say) -> None:
        self.framework = framework
        self.library = library
        self.say = say
        self.built: tuple[str, Answer, Answer] | None = None

    def hello(self) -> Answer:
        return {"pid": os.getpid(), "python": platform.python_version()}

    def build(
        self, model: str, spec: Answer, setting: Answer, keep: bool = False
    ) -> Answer:
        """Import the framework, make the model: seconds of each.

        `keep`: one that is of this kind already will do, as it is.
        """
        wanted = model, spec, setting
        if keep and wanted == self.built:
            return {"import_seconds": 0.0, "build_seconds": 0.0}
        library = import_module(self.library)
        started = time.perf_counter()
        for name in self._modules(model):
            import_module(f"{self.library}.{name}")
        imported = time.perf_counter()
        self.spec = library.spec(model)(**spec)
        self.setting = Setting(**setting)
        self._build(library, model)
        self.built = wanted
        return {
            "import_seconds": imported - started,
            "build_seconds": time.perf_counter() - imported,
        }

    def _modules(self, model: str) -> list[str]:
        raise NotImplementedError

    def _build(self, library: Any, model: str) -> None:
        raise NotImplementedError


class RunnerSession(Session):
    """One Runner."""

    def versions(self) -> dict[str, str]:
        return dict(self.runner.versions())

    def load(self, params: Paths) -> None:
        self.runner.load(arrays.read(params))

    def params(self, folder: str) -> Paths:
        return arrays.save(folder, self.runner.params())

    def carried(self, folder: str) -> Paths:
        return arrays.save(folder, self.runner.carried())

    def set_rate(self, rate: float) -> None:
        self.runner.set_rate(rate)

    def freeze(self, names: list[str]) -> None:
        self.runner.freeze(names)

    def compile(self, batch: Paths) -> None:
        self.runner.compile(self._placed(batch))

    def compilations(self) -> int | None:
        return self.runner.compilations()

    def scores(self, batch: Paths, folder: str) -> Paths:
        scores = self.runner.scores(self._placed(batch))
        return arrays.save(folder, {"scores": scores})

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
        """Gradients by name, and `loss` (): NaN fits into an array."""
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

    def warm(self, kind: str, splits: Answer, plan: Answer) -> Answer:
        """Prepare `block`: kind training or inference; `steps` for it."""
        bench = speed.Bench(self.runner, Plan(**plan), time.perf_counter)
        self._step = bench.step(kind, _open(splits)["train"])
        return {"steps": bench.warm(kind, self._step)}

    def block(self, steps: int) -> Answer:
        """Time a block of what was warmed: `examples`, `seconds`."""
        block = timing.timed(
            self._step, self.runner.wait, steps, 1, time.perf_counter
        )[0]
        return {"examples": block.examples, "seconds": block.seconds}

    def quality(self, splits: Answer, plan: Answer) -> Answer:
        chosen = Plan(**plan)
        return quality.quality(self.runner, _open(splits), chosen, self.say)

    def speed(self, splits: Answer, plan: Answer) -> Answer:
        return speed.speed(
            self.runner,
            _open(splits),
            Plan(**plan),
            self.spec.flops(),
            self.say,
        )

    def training(self, splits: Answer, plan: Answer) -> Answer:
        """The training of `speed` alone."""
        train = _open({"train": splits["train"]})["train"]
        return speed.training(self.runner, train, Plan(**plan), self.say)

    def trace(self, splits: Answer, plan: Answer, steps: int) -> Answer:
        """Steps of a training under the framework's profiler."""
        train = _open({"train": splits["train"]})["train"]
        bench = speed.Bench(self.runner, Plan(**plan), time.perf_counter)
        bench.first_steps(train)
        bench.reach("training", train)
        step = bench.step("training", train)
        bench.warm("training", step)
        name = f"{self.library}.profiling.{self.framework}"
        profile = import_module(name).profile
        return traces.trace(profile, step, self.runner.wait, steps)

    def decode(
        self,
        split: Answer,
        plan: Answer,
        folder: str,
        noise: str | None = None,
    ) -> Paths:
        """All examples of a split: `tokens` (example, length)."""
        drawn = None if noise is None else np.load(noise, allow_pickle=False)
        tokens = decoding.decode(
            self.runner, Split.open(split), Plan(**plan), self.say, drawn
        )
        return arrays.save(folder, {"tokens": tokens})

    def memory(self, splits: Answer, plan: Answer) -> Answer:
        return memory.memory(self.runner, _open(splits), Plan(**plan))

    def _modules(self, model: str) -> list[str]:
        return [f"frameworks.{self.framework}", f"{model}.{self.framework}"]

    def _build(self, library: Any, model: str) -> None:
        self.runner = library.build(
            model, self.framework, self.spec, self.setting
        )

    def _placed(self, batch: Paths) -> Any:
        return self.runner.place(arrays.read_batch(batch))


class SlideSession(Session):
    """The book's own program."""

    def versions(self) -> dict[str, str]:
        return dict(self.program.versions())

    def quality(self, splits: Answer, plan: Answer) -> Answer:
        chosen = Plan(**plan)
        return keras_fit.quality(self.program, _open(splits), chosen, self.say)

    def speed(self, splits: Answer, plan: Answer) -> Answer:
        return keras_fit.speed(
            self.program,
            _open(splits),
            Plan(**plan),
            self.spec.flops(),
            self.say,
            self._matmul,
        )

    def memory(self, splits: Answer, plan: Answer) -> Answer:
        return keras_fit.memory(self.program, _open(splits), Plan(**plan))

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


def _open(splits: Answer) -> dict[str, Split]:
    return {name: Split.open(split) for name, split in splits.items()}
