"""The cells of a sweep: all checked before one runs, and put in order."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from omegaconf import DictConfig

from benchmarks.config.resolve import resolve
from benchmarks.environment import describe, interpreters
from benchmarks.errors import UserError

Compose = Callable[[list[str]], DictConfig]


@dataclass
class Job:
    """One cell, and what is known of it before it runs."""

    overrides: list[str]
    cell: dict[str, Any]
    data: str  # the data set asked for
    environment: dict[str, Any]
    fingerprint: str
    missing: str | None = None  # why it cannot run on this machine
    key: str = ""

    @property
    def title(self) -> str:
        """Such as `cnn torch eager seed 1`."""
        return title(self.cell)


def title(cell: dict[str, Any]) -> str:
    """A cell in a few words, what is usual left out."""
    words = [
        cell["workload"]["name"],
        cell["framework"]["name"],
        cell["framework"]["mode"],
    ]
    words += [cell["precision"]] * (cell["precision"] != "float32")
    words += [cell["device"]["name"]] * (cell["device"]["name"] != "cpu")
    return " ".join([*words, f"seed {cell['seed']}"])


def collect(sweep: list[list[str]], compose: Compose) -> list[Job]:
    """Every different cell of a sweep, as typed and complete as it gets.

    Raises UserError with everything that is wrong in any of them.
    """
    found: list[Job] = []
    problems: dict[str, int] = {}
    for overrides in sweep:
        try:
            job = _job(overrides, compose(overrides))
        except UserError as error:
            for line in str(error).splitlines():
                problems[line] = problems.get(line, 0) + 1
            continue
        if all(job.cell != other.cell for other in found):
            found.append(job)
    if problems:
        raise UserError(_told(problems, len(sweep)))
    return found


def order(jobs: list[Job], seed: int) -> list[Job]:
    """Seed after seed, in each the workloads drawn, in each the cells drawn.

    So what is compared with each other runs close together, and a drift
    of the machine favours no framework. The same `seed`, the same order.
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
    around = describe.describe(cell)
    if cell["device"]["name"] == "cuda" and around["gpu"] is None:
        raise UserError(
            "device=cuda: no NVIDIA GPU answers here (its driver and"
            " nvidia-smi are asked through NVML). Use device=cpu."
        )
    return Job(
        overrides,
        cell,
        config.workload.data.name,
        around,
        describe.fingerprint(around),
        unavailable(cell, around),
    )


def _find_interpreter(framework: dict[str, Any]) -> None:
    python = framework["python"]
    if python is None:
        framework["python"] = interpreters.interpreter(framework["name"])
        return
    found = shutil.which(os.path.expanduser(python))
    if found is None:
        raise UserError(
            f"framework.python={python}: no program is there. Expected the"
            f" path of a Python that has {framework['name']}, or null."
        )
    # A relative path is the caller's; workers start elsewhere. Links stay:
    # they are what makes an environment one.
    framework["python"] = str(Path(found).absolute())


def unavailable(cell: dict[str, Any], around: dict[str, Any]) -> str | None:
    """Why a cell cannot run in such an environment; None: it can."""
    name, python = cell["framework"]["name"], cell["framework"]["python"]
    where = python or "this environment"
    if around["python"] is None:
        return f"{where} is no Python that can tell its libraries"
    lacking = [lib for lib, found in around["versions"].items() if not found]
    if lacking:
        how = "Install them there" if python else "`make setup` installs them"
        return (
            f"{name} is not installed, {where} lacks"
            f" {', '.join(lacking)}. {how}"
        )
    version = around["versions"].get("torch") or ""
    if cell["device"]["name"] == "cuda" and version.endswith("+cpu"):
        return f"torch {version} is a CPU build: make setup ACCELERATOR=cuda"
    return None


def _told(problems: dict[str, int], cells: int) -> str:
    lines = []
    for line, count in problems.items():
        some = f" ({count} of {cells} cells)" if count < cells else ""
        lines.append(line + some)
    return "\n".join(lines)
