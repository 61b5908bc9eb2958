"""The cells of a sweep: checked before any of them runs, and ordered."""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from omegaconf import DictConfig

from benchmarks.config.resolve import resolve
from benchmarks.environment import describe, interpreters
from benchmarks.environment.env_vars import backend
from benchmarks.errors import UserError, refuse

Compose = Callable[[list[str]], DictConfig]


@dataclass
class Job:
    """A cell with everything that is known before it runs."""

    overrides: list[str]
    cell: dict[str, Any]
    data: str  # name of its data set
    environment: dict[str, Any]
    fingerprint: str
    missing: str | None = None  # why it cannot run on this machine
    key: str = ""


def title(cell: dict[str, Any]) -> str:
    """A cell in a few words: `cnn torch eager seed 1`; defaults left out."""
    words = [
        cell["workload"]["name"],
        cell["framework"]["name"],
        cell["framework"]["mode"],
    ]
    words += [cell["precision"]] * (cell["precision"] != "float32")
    words += [cell["device"]["name"]] * (cell["device"]["name"] != "cpu")
    return " ".join([*words, f"seed {cell['seed']}"])


def kind(cell: dict[str, Any]) -> tuple[str, str]:
    """Workload, and framework with its mode: these take about as long."""
    framework = f"{cell['framework']['name']} {cell['framework']['mode']}"
    return cell["workload"]["name"], framework


def collect(sweep: list[list[str]], compose: Compose) -> list[Job]:
    """The different cells of a sweep, typed and complete.

    Raises UserError with every problem of any of them.
    """
    jobs: list[Job] = []
    problems: Counter[str] = Counter()
    for overrides in sweep:
        try:
            job = _job(overrides, compose(overrides))
        except UserError as error:
            problems.update(str(error).splitlines())
            continue
        if all(job.cell != other.cell for other in jobs):
            jobs.append(job)
    some = f"of {len(sweep)} cells"
    refuse(
        line if count == len(sweep) else f"{line} ({count} {some})"
        for line, count in problems.items()
    )
    return jobs


def order(jobs: list[Job], seed: int) -> list[Job]:
    """Seed by seed; workloads, and cells within them, in random order.

    Cells that are compared run close together, and a drift of the machine
    favours no framework. The same `seed` gives the same order.
    """
    draw = Random(seed)
    blocks: dict[int, dict[str, list[Job]]] = {}
    for job in jobs:
        block = blocks.setdefault(job.cell["seed"], {})
        block.setdefault(job.cell["workload"]["name"], []).append(job)
    ordered: list[Job] = []
    for number in sorted(blocks):
        workloads = list(blocks[number].values())
        draw.shuffle(workloads)
        for chosen in workloads:
            draw.shuffle(chosen)
            ordered += chosen
    return ordered


def _job(overrides: list[str], config: DictConfig) -> Job:
    cell = resolve(config)
    _find_interpreter(cell["framework"])
    environment = describe.describe(cell)
    if cell["device"]["name"] == "cuda" and environment["gpu"] is None:
        raise UserError(
            "device=cuda: no NVIDIA GPU was found through NVML. Check its"
            " driver (nvidia-smi), or use device=cpu."
        )
    return Job(
        overrides,
        cell,
        config.workload.data.name,
        environment,
        describe.fingerprint(environment),
        unavailable(cell, environment),
    )


def _find_interpreter(framework: dict[str, Any]) -> None:
    python = framework["python"]
    if python is None:
        framework["python"] = interpreters.interpreter(backend(framework))
        return
    path = shutil.which(os.path.expanduser(python))
    if path is None:
        raise UserError(
            f"framework.python={python}: no program is there. Expected the"
            f" path of a Python that has {backend(framework)}, or null."
        )
    # Absolute, since workers start in another folder; links are kept, since
    # a virtual environment is found by the link to its interpreter
    framework["python"] = str(Path(path).absolute())


def unavailable(
    cell: dict[str, Any], environment: dict[str, Any]
) -> str | None:
    """Why a cell cannot run in an environment; None: it can."""
    name, python = backend(cell["framework"]), cell["framework"]["python"]
    where = python or "this environment"
    if environment["python"] is None:
        return f"{where} is no Python that lists its libraries"
    versions = environment["versions"]
    lacking = [library for library, version in versions.items() if not version]
    if lacking:
        how = "Install them there" if python else "`make setup` installs them"
        return (
            f"{name} is not installed, {where} lacks"
            f" {', '.join(lacking)}. {how}"
        )
    version = versions.get("torch") or ""
    if cell["device"]["name"] == "cuda" and version.endswith("+cpu"):
        return f"torch {version} is a CPU build: make setup ACCELERATOR=cuda"
    return None
