"""The workers of one cell: one per framework, shared by its passes."""

from contextlib import ExitStack
from pathlib import Path

from benchmarks.passes.process import Worker
from benchmarks.passes.remote_runner import (
    Cell,
    RemoteRunner,
    build,
    open_worker,
)


class Workers:
    """Workers that start when they are first asked for a model.

    A context manager that ends them. files: the folder for `worker.log`, and
    for `worker-<framework>.log` of a phase in another framework. timings: the
    seconds of starting, importing and building by now. versions: library ->
    version, of all that has computed.
    """

    def __init__(self, cell: Cell, files: Path | str) -> None:
        self.framework = cell["framework"]["name"]
        self.files = files
        self.timings: dict[str, float] = {}
        self.versions: dict[str, str] = {}
        self._workers: dict[str, Worker] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.close()

    def build(self, cell: Cell) -> RemoteRunner:
        """The model of a cell, or of one of its phases.

        A model that is built already is taken again, with all that is
        compiled for it. Its parameters are as they were left.
        """
        worker = self.of(cell)
        runner = build(worker, cell, keep=True)
        for part, seconds in runner.seconds.items():
            self._add(part.removesuffix("_seconds"), seconds)
        self.versions |= runner.versions()
        return runner

    def of(self, cell: Cell) -> Worker:
        """The worker of the cell's framework."""
        name = cell["framework"]["name"]
        if name not in self._workers:
            main = name == self.framework
            log = "worker" if main else f"worker-{name}"
            worker = open_worker(cell, self.files, log)
            self._workers[name] = self._stack.enter_context(worker)
            self._add("worker_start", worker.start_seconds)
        return self._workers[name]

    def _add(self, part: str, seconds: float) -> None:
        self.timings[part] = self.timings.get(part, 0.0) + seconds
