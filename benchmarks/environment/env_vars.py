"""The environment variables of a worker, set before it starts."""

import math
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

CONTROL_GROUPS = Path("/sys/fs/cgroup")
OWN_GROUP = Path("/proc/self/cgroup")
# Where glibc puts large buffers differs from process to process, and with
# it the speed: 15 % between two torch processes, 2 % with these settings.
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_TRIM_THRESHOLD_": "10000000000",
    "MALLOC_TOP_PAD_": "500000000",
}
ALWAYS = {
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "1",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    # NVML numbers devices so; by default CUDA puts the fastest first
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    # As many threads as are asked for, never fewer because others compute:
    # MKL rounds otherwise with another number of them
    "MKL_DYNAMIC": "FALSE",
    "OMP_DYNAMIC": "FALSE",
}
THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TORCHINDUCTOR_COMPILE_THREADS",
    "NPROC",  # XLA takes the size of its thread pool from it
)
# What a user may set to steer a library: handed on, and recorded
STEERING = (
    "CUBLAS_",
    "CUDA_",
    "CUDNN_",
    "GLIBC_TUNABLES",
    "GOMP_",
    "JAX_",
    "KERAS_",
    "KMP_",
    "LD_PRELOAD",
    "MALLOC_",
    "MKL_",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_",
    "ONEDNN_",
    "OPENBLAS_",
    "PYTORCH_",
    "TF_",
    "TORCH",
    "TRITON_",
    "XLA_",
)
# Another interpreter must not be led to this one's modules, nor a warning
# made an error in a library; `TF_CLI_*` and `TF_VAR_*` are Terraform's,
# often secrets. oneDNN's LSTM leaves undone what a thread was to do that
# `OMP_THREAD_LIMIT` forbids: torch's losses are NaN. With a compiler's cache
# that outlives a process, the second bench would compile in no time.
KEPT = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
DROPPED = (
    "JAX_COMPILATION_CACHE_DIR",
    "OMP_THREAD_LIMIT",
    "PYTHON",
    "TF_CLI_",
    "TF_USE_LEGACY_KERAS",
    "TF_VAR_",
)


def variables(cell: Mapping[str, Any]) -> dict[str, str]:
    """What the worker of a cell is started with, name -> value."""
    device = cell["device"]
    threads = str(device.get("threads") or cores())
    chosen = ALWAYS | ALLOCATOR | dict.fromkeys(THREADS, threads)
    cuda = device["name"] != "cpu"
    # An empty list hides the GPU; with `cuda` named, JAX refuses to go on
    # without one instead of computing on the CPU
    chosen["JAX_PLATFORMS"] = "cuda,cpu" if cuda else "cpu"
    if not cuda:
        chosen["CUDA_VISIBLE_DEVICES"] = ""
    if cell["framework"]["name"] == "slide":
        chosen |= _keras(backend(cell["framework"]), device["name"])
    chosen["JAX_ENABLE_X64"] = str(int(cell["precision"] == "float64"))
    if cell.get("deterministic", True):
        chosen |= _deterministic(cuda)
    return chosen


def backend(framework: Mapping[str, Any]) -> str:
    """torch, tensorflow or jax: of the slide's program, Keras' backend."""
    slide = framework["name"] == "slide"
    return str(framework["mode"] if slide else framework["name"])


def inherited() -> dict[str, str]:
    """This process's variables, without those that mislead a worker."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or not name.startswith(DROPPED)
    }


def flags(cell: Mapping[str, Any]) -> dict[str, str]:
    """What is recorded: the cell's variables, and the user's steering."""
    steering = {
        name: value
        for name, value in inherited().items()
        if name.startswith(STEERING)
    }
    return dict(sorted((steering | variables(cell)).items()))


def overruled(threads: int) -> list[str]:
    """A sentence for each number of threads that the user set in vain."""
    return [
        f"{name}={os.environ[name]} of your environment is not used, but"
        f" {threads}: device.threads={os.environ[name]} asks for as many."
        for name in THREADS
        if os.environ.get(name, str(threads)) != str(threads)
    ]


def cores() -> int:
    """Processors that this process may use: by affinity and by quota."""
    count = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    return math.ceil(min(count, quota()))


def quota(groups: Path = CONTROL_GROUPS, own: Path = OWN_GROUP) -> float:
    """Processors' worth of time that a container grants; else infinity.

    The smallest of this process's control group and of those around it.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return math.inf  # no Linux
    granted = [math.inf]
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if "cpu" not in controllers.split(",") and controllers:
            continue
        top = groups / controllers  # version 2 has one tree for all
        inner = top / path.lstrip("/")
        for folder in (inner, *inner.parents):
            if folder.is_relative_to(top):
                with suppress(OSError, ValueError):  # "max": no limit
                    granted.append(_granted(folder))
    return min(granted)


def _granted(folder: Path) -> float:
    """The quota of one control group, of either version of them."""
    if (folder / "cpu.max").exists():
        limit, period = (folder / "cpu.max").read_text().split()
    else:
        limit = (folder / "cpu.cfs_quota_us").read_text()
        period = (folder / "cpu.cfs_period_us").read_text()
    return int(limit) / int(period) if int(limit) > 0 else math.inf


def _keras(backend: str, device: str) -> dict[str, str]:
    chosen = {"KERAS_BACKEND": backend}
    if backend == "torch":
        # Otherwise Keras takes any accelerator, and none without a word
        chosen["KERAS_TORCH_DEVICE"] = device
    if device != "cpu":
        # float32 with all its bits, as in our Runners
        chosen["NVIDIA_TF32_OVERRIDE"] = "0"
        chosen["JAX_DEFAULT_MATMUL_PRECISION"] = "highest"
    return chosen


def _deterministic(cuda: bool) -> dict[str, str]:
    chosen = {"TF_DETERMINISTIC_OPS": "1"}
    if _intel():
        # The same bits from run to run, wherever arrays lie and however many
        # threads there are (oneMKL, Reproducibility Conditions). Elsewhere
        # MKL might take slow kernels for it
        chosen["MKL_CBWR"] = "AUTO,STRICT"
    if cuda:
        flags = (
            os.environ.get("XLA_FLAGS", ""),
            "--xla_gpu_deterministic_ops=true",
            "--xla_gpu_exclude_nondeterministic_ops=true",
        )
        chosen["XLA_FLAGS"] = " ".join(flags).strip()
        chosen["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    return chosen


@lru_cache
def _intel() -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and "GenuineIntel" in cpuinfo.read_text()
