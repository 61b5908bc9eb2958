"""The worker of a cell, seen from the parent: opened, built, loaded."""

from pathlib import Path
from typing import Any

import impls
from benchmarks.environment.env_vars import variables
from benchmarks.passes.process import Worker
from benchmarks.worker import arrays
from benchmarks.worker.request import setting
from impls import init
from impls.interface import Params, Spec

Cell = dict[str, Any]


def open_worker(cell: Cell, files: Path | str, name: str) -> Worker:
    """The worker of a cell, not yet started; it logs to `<name>.log`."""
    return Worker(
        cell["framework"]["name"],
        python=cell["framework"].get("python"),
        log=Path(files) / f"{name}.log",
        scratch=files,
        environment=variables(cell),
    )


def ready(worker: Worker, cell: Cell) -> dict[str, float]:
    """Build the cell's model, with the initial parameters of its seed.

    What its main phase freezes is frozen. Returns `import_seconds` and
    `build_seconds`.
    """
    seconds = build(worker, cell)
    if cell["framework"]["name"] != "slide":  # which draws its own
        drawn = init.draw(sizes(cell), cell["seed"])
        load(worker, drawn, cell["workload"].get("freeze"))
    return seconds


def build(worker: Worker, cell: Cell, keep: bool = False) -> dict[str, float]:
    """Build the cell's model; `keep`: one of this kind that is there will do.

    Returns `import_seconds` and `build_seconds`.
    """
    workload = cell["workload"]
    seconds: dict[str, float] = worker.ask(
        "build",
        model=workload["model"],
        spec=workload["spec"],
        setting=setting(cell),
        keep=keep,
    )
    return seconds


def load(
    worker: Worker, params: Params, frozen: list[str] | None = None
) -> None:
    """Give a built model its parameters, and say which are not to be moved."""
    if frozen is not None:
        worker.ask("freeze", names=frozen)
    paths = arrays.save(worker.scratch / "initial", params)
    worker.ask("load", params=paths)


def sizes(cell: Cell) -> Spec:
    """The Spec of the cell's model."""
    workload = cell["workload"]
    spec: Spec = impls.spec(workload["model"])(**workload["spec"])
    return spec
