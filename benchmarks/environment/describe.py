"""Where a cell was measured: machine, interpreter, libraries, flags."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.environment import nvml
from benchmarks.environment.env_vars import (
    backend,
    cores,
    flags,
    inherited,
)
from benchmarks.environment.versions import ROOT, installed, libraries

# The load passes; the memory's size differs by pages from boot to boot;
# the versions that libraries report are known only after they ran.
PASSING = ("load_average", "memory_bytes", "loaded")


def describe(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Everything about the machine that a number may depend on.

    Imports no framework: versions are read from what is installed under
    the cell's interpreter. Memory in bytes; None for what is unknown.
    """
    framework = cell["framework"]
    python = framework.get("python") or sys.executable
    cuda = cell["device"]["name"] != "cpu"
    # The slide's program needs Keras and what Keras computes with
    names = sorted({framework["name"], backend(framework)})
    return {
        **deepcopy(_interpreter(python, *names)),
        "cpu": _processor(),
        "cores": cores(),
        "threads": cell["device"].get("threads") or cores(),
        "memory_bytes": (
            os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        ),
        **(nvml.gpu() if cuda else {"gpu": None, "driver": None}),
        "os": platform.platform(),
        "flags": flags(cell),
        "load_average": _load(),
    }


def fingerprint(environment: Mapping[str, Any]) -> str:
    """12 hexadecimal digits over what stays between two runs."""
    stable = {k: v for k, v in environment.items() if k not in PASSING}
    text = json.dumps(stable, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@lru_cache
def _interpreter(python: str, *frameworks: str) -> dict[str, Any]:
    if python == sys.executable:
        return installed(*frameworks)
    command = [python, "-m", "benchmarks.environment.versions", *frameworks]
    try:
        answer = subprocess.run(
            command, cwd=ROOT, env=inherited(), capture_output=True, timeout=60
        )
        return dict(json.loads(answer.stdout))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        # The worker reports what is wrong with this interpreter
        versions = dict.fromkeys(libraries(*frameworks))
        return {"python": None, "versions": versions}


@lru_cache
def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(
            command, capture_output=True, text=True
        ).stdout.strip()
    return platform.processor() or platform.machine()


def _load() -> list[float]:
    return [round(load, 2) for load in os.getloadavg()]
