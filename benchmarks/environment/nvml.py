"""NVIDIA driver: GPU, driver version and the memory of a process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Unavailable(Exception):
    """Why the driver does not answer."""


def gpu() -> dict[str, str | None]:
    """Name and driver of the GPU that workers see; None if unknown."""
    try:
        with _nvml() as nvml:
            handle = _visible(nvml)
            return {
                "gpu": nvml.nvmlDeviceGetName(handle),
                "driver": nvml.nvmlSystemGetDriverVersion(),
            }
    except Unavailable:
        return {"gpu": None, "driver": None}


def process_bytes(pid: int) -> int:
    """Memory of one process on all devices by the driver, in bytes.

    Raises Unavailable with the reason.
    """
    with _nvml() as nvml:
        devices = map(
            nvml.nvmlDeviceGetHandleByIndex, range(nvml.nvmlDeviceGetCount())
        )
        used = [
            process.usedGpuMemory
            for device in devices
            for process in nvml.nvmlDeviceGetComputeRunningProcesses(device)
            if process.pid == pid
        ]
    if not used:
        raise Unavailable(
            f"NVML lists no process {pid}: in a container it may see the"
            " numbers of the host"
        )
    if None in used:
        raise Unavailable("the driver does not report it per process")
    return sum(used)


@contextmanager
def _nvml() -> Iterator[Any]:
    try:
        import pynvml
    except ImportError:
        raise Unavailable("nvidia-ml-py is not installed") from None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as problem:
        raise Unavailable(f"no NVIDIA driver: {problem}") from None
    try:
        yield pynvml
    except pynvml.NVMLError as problem:
        raise Unavailable(f"NVML: {problem}") from None
    finally:
        pynvml.nvmlShutdown()


def _visible(nvml: Any) -> Any:
    # In CUDA_DEVICE_ORDER=PCI_BUS_ID, which workers get, CUDA and NVML agree
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    if first and not first.isdecimal():
        return nvml.nvmlDeviceGetHandleByUUID(first)
    return nvml.nvmlDeviceGetHandleByIndex(int(first or 0))
