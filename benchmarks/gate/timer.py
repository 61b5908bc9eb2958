"""The worker's session for timing, the same file in both trees.

Loaded by path into a worker that runs in the tree to be measured: `impls`
and `benchmarks.data.batches` are that tree's own; clock, blocks and warm-up
are this file's. Of a tree it uses those two alone, and of `impls` the
contract in `impls/interface.py`.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from importlib import import_module
from itertools import count
from math import prod
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
WARMUP = 20  # steps of every kind, on both sides
EAGER = "nothing is compiled in this mode"


def start(framework: str, library: str, say: Callable[[Answer], None]) -> Any:
    """The session of `benchmarks.worker --session`."""
    return Session(framework, library)


class Session:
    """One Runner; each public method is a verb."""

    def __init__(self, framework: str, library: str) -> None:
        self.framework = framework
        self.library = library
        self.steps: dict[str, Callable[[], object]] = {}
        self.tokens = 1  # of one step of decoding

    def hello(self) -> Answer:
        return {"pid": os.getpid()}

    def build(self, model: str, spec: Answer, setting: Answer) -> Answer:
        """Import, and make the model: `startup_seconds`."""
        started = time.perf_counter()
        library = import_module(self.library)
        for name in ("frameworks", model):
            import_module(f"{self.library}.{name}.{self.framework}")
        settings = import_module(f"{self.library}.interface").Setting
        # An older tree lacks the fields that a newer one has added
        names = {field.name for field in fields(settings)}
        setting = {k: v for k, v in setting.items() if k in names}
        self.sizes = library.spec(model)(**spec)
        self.runner = library.build(
            model, self.framework, self.sizes, settings(**setting)
        )
        self.runner.wait()
        seconds = time.perf_counter() - started
        return {"startup_seconds": _value(seconds, None)}

    def freeze(self, names: list[str]) -> None:
        """Parameters that no step may change."""
        self.runner.freeze(names)

    def open(self, split: Answer, batch: int) -> None:
        """Open the examples of the steps: a data description."""
        self.batches = import_module("benchmarks.data.batches")
        self.split = self.batches.Split.open(split)
        self.batch = batch

    def compile(self) -> Answer:
        """Compile the train step: `compile_seconds`."""
        first = self.runner.place(next(self._stream(self.batch)))
        self.runner.wait()
        started = time.perf_counter()
        self.runner.compile(first)
        seconds = time.perf_counter() - started
        compiles = self.runner.compilations() is not None
        return {"compile_seconds": _value(seconds if compiles else None, EAGER)}

    def warm(self, kind: str) -> Answer:
        """Warm up a kind of step; `seconds` of one of its steps.

        `seconds` is None, with a reason, where the model cannot do it.
        """
        step = self._step(kind)
        if step is None:
            reason = "this revision's model does not `generate`"
            return {"seconds": None, "reason": reason}
        self.steps[kind] = step
        self.block(kind, WARMUP - WARMUP // 2, 0)
        block = self.block(kind, WARMUP // 2, 0)
        seconds = block["seconds"] / block["steps"]
        counted = {"tokens": self.tokens} if kind == "decoding" else {}
        return {"seconds": seconds, "reason": None, **counted}

    def block(self, kind: str, steps: int, discard: int) -> Answer:
        """Time `steps` steps between two synchronization points.

        The `discard` steps before them restore caches and threads that the
        other process has displaced.
        """
        step, wait = self.steps[kind], self.runner.wait
        for _ in range(discard):
            step()
        wait()
        started = time.perf_counter()
        for _ in range(steps):
            step()
        wait()
        return {"seconds": time.perf_counter() - started, "steps": steps}

    def compilations(self) -> Any:
        return self.runner.compilations()

    def figures(self) -> Answer:
        """Metrics that repeat exactly, and the host's peak memory so far.

        name -> {"value", "reason"}; to be requested after all warm-ups.
        """
        peak = _host_peak()  # before anything else allocates
        shapes = self.sizes.shapes().values()
        memory, static = self.runner.memory(), self.runner.static_bytes()
        reason = memory.get("reason") or "the allocator does not report it"
        return {
            "host_peak_bytes": peak,
            "parameters_count": _value(sum(map(prod, shapes)), None),
            "flops_per_example_count": _value(self.sizes.flops(), None),
            "compilations_count": _value(self.runner.compilations(), EAGER),
            "allocator_peak_bytes": _value(memory.get("peak_bytes"), reason),
            "compiled_static_bytes": _value(
                static["static_bytes"], static["reason"]
            ),
        }

    def _step(self, kind: str) -> Callable[[], object] | None:
        runner = self.runner
        if kind == "decoding":
            return self._decoding()
        if kind == "training":
            stream = self._stream(self.batch)
            return lambda: runner.train_step(runner.place(next(stream)))
        single = next(self._stream(1))
        return lambda: runner.logits(runner.place(single))

    def _decoding(self) -> Callable[[], object] | None:
        if not hasattr(self.runner, "generate"):
            return None
        if self.split.targets.ndim < 2:  # a stream: one target per time step
            return None
        batch = self.runner.place(next(self._stream(self.batch)))
        length = self.split.targets.shape[1]
        try:
            tokens = self.runner.generate(batch, length)
        except ValueError as error:
            if "cannot generate" in str(error):
                return None
            raise
        self.tokens = _count(tokens, getattr(self.sizes, "end", None))
        return lambda: self.runner.generate(batch, length)

    def _stream(self, size: int) -> Iterator[Any]:
        for epoch in count():
            rows = self.batches.order(len(self.split), 0, epoch)
            yield from self.batches.batches(self.split, rows, size)


def _count(tokens: Any, end: int | None) -> int:
    """Tokens of (batch, length) up to and with the end token."""
    ends = tokens == (-1 if end is None else end)
    return int((ends.cumsum(1) - ends == 0).sum())


def _host_peak() -> Answer:
    """Largest resident memory of this process, in bytes."""
    status = Path("/proc/self/status")
    if not status.exists():
        return _value(None, "this system does not report it per process")
    lines = status.read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM:"))
    return _value(int(peak.split()[1]) * 1024, None)


def _value(value: Any, reason: str | None) -> Answer:
    return {"value": value, "reason": None if value is not None else reason}
