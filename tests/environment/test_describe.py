"""What a worker is started with, and how a machine is told from another."""

import json
import platform
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.environment import describe, env_vars, nvml, versions
from benchmarks.passes import measure
from benchmarks.passes.process import Worker
from benchmarks.passes.remote_runner import RemoteRunner
from impls.interface import Setting
from tests.support.fake.tiny.spec import Spec


def cell(device="cpu", threads=2, python=None, **others):
    return {
        "framework": {"name": "jax", "python": python},
        "device": {"name": device, "threads": threads},
        "precision": "float32",
    } | others


def test_threads_are_set_for_every_library():
    chosen = env_vars.variables(cell(threads=3))
    for name in ("OMP", "MKL", "OPENBLAS"):
        assert chosen[f"{name}_NUM_THREADS"] == "3"
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC"):
        assert chosen[name] == "3"


def test_threads_are_the_processors_of_this_process_unless_said():
    count = env_vars.variables(cell(threads=None))["NPROC"]
    assert count == str(env_vars.cores()) != "0"


def test_on_a_cpu_no_framework_sees_a_gpu():
    chosen = env_vars.variables(cell())
    assert chosen["CUDA_VISIBLE_DEVICES"] == ""
    assert chosen["JAX_PLATFORMS"] == "cpu"


def test_on_a_gpu_memory_grows_and_devices_count_as_the_driver_counts(
    monkeypatch,
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    chosen = env_vars.inherited() | env_vars.variables(cell("cuda"))
    assert chosen["CUDA_VISIBLE_DEVICES"] == "1"
    assert chosen["JAX_PLATFORMS"].startswith("cuda")
    assert chosen["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert chosen["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert chosen["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


def test_double_precision_only_where_it_is_asked_for():
    for precision, value in {"float32": "0", "float64": "1"}.items():
        chosen = env_vars.variables(cell(precision=precision))
        assert chosen["JAX_ENABLE_X64"] == value


def test_deterministic_operations_are_on_until_turned_off(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--users=1")
    names = {"TF_DETERMINISTIC_OPS", "CUBLAS_WORKSPACE_CONFIG", "XLA_FLAGS"}
    on = env_vars.variables(cell("cuda"))
    assert names <= set(on)
    assert on["XLA_FLAGS"].startswith("--users=1 --xla_gpu_deterministic")
    off = env_vars.variables(cell("cuda", deterministic=False))
    assert not names & set(off)


@pytest.mark.parametrize("intel", [True, False])
def test_mkl_rounds_the_same_in_every_process(monkeypatch, intel):
    monkeypatch.setattr(env_vars, "_intel", lambda: intel)
    chosen = env_vars.variables(cell())
    assert chosen["MKL_DYNAMIC"] == chosen["OMP_DYNAMIC"] == "FALSE"
    assert chosen.get("MKL_CBWR") == ("AUTO,STRICT" if intel else None)
    assert "MKL_CBWR" not in env_vars.variables(cell(deterministic=False))


def test_no_limit_on_threads_is_handed_on(monkeypatch):
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")
    assert "OMP_THREAD_LIMIT" not in env_vars.inherited()


def test_what_a_user_steers_with_is_handed_on_and_recorded(monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("OMP_NUM_THREADS", "9")
    monkeypatch.setenv("TF_VAR_password", "secret")
    monkeypatch.setenv("HOME_OF_SOMETHING", "/here")
    assert env_vars.inherited()["TF_ENABLE_ONEDNN_OPTS"] == "0"
    flags = env_vars.flags(cell())
    assert flags["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert flags["OMP_NUM_THREADS"] == "2"
    assert not {"TF_VAR_password", "HOME_OF_SOMETHING"} & set(flags)


def test_a_worker_starts_with_them(tmp_path):
    chosen = env_vars.variables(cell(threads=3))
    with Worker(
        "calm", library="tests.support.fake", environment=chosen
    ) as worker:
        runner = RemoteRunner(worker, "tiny", Spec(), Setting())
        assert runner.versions()["threads"] == "3"


def test_the_description_is_complete_and_json():
    actual = describe.describe(cell())
    assert actual["python"] == platform.python_version()
    assert actual["versions"]["numpy"] == np.__version__
    assert actual["cpu"] and actual["os"] and actual["threads"] == 2
    assert actual["memory_bytes"] > 1e8
    assert (actual["gpu"], actual["driver"]) == (None, None)
    json.dumps(actual, allow_nan=False)


def test_the_slides_program_is_described_with_keras_and_its_backend():
    marks = set()
    for mode in ("torch", "jax"):
        framework = {"name": "slide", "mode": mode, "python": None}
        described = describe.describe(cell(framework=framework))
        marks.add(describe.fingerprint(described))
        assert {"keras", "numpy", mode} <= set(described["versions"])
        assert "tensorflow" not in described["versions"]
        assert described["flags"]["KERAS_BACKEND"] == mode
    assert len(marks) == 2


def test_describing_imports_no_framework():
    program = (
        "import sys; from benchmarks.environment import describe as e;"
        "e.describe({'framework': {'name': 'torch'}, 'precision': 'float32',"
        "'device': {'name': 'cpu', 'threads': 1}});"
        "print(sorted({'torch', 'tensorflow', 'jax'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"


def test_the_fingerprint_outlives_the_load_and_nothing_else():
    actual = describe.describe(cell())
    mark = describe.fingerprint(actual)
    assert len(mark) == 12 and int(mark, 16) >= 0
    passing = {"load_average": [9.0] * 3, "loaded": {"a": "1"}}
    assert describe.fingerprint(actual | passing) == mark
    for other in (
        {"threads": 1},
        {"cpu": "another"},
        {"versions": actual["versions"] | {"numpy": "1"}},
        {"flags": actual["flags"] | {"XLA_FLAGS": "--fast"}},
    ):
        assert describe.fingerprint(actual | other) != mark


def test_another_interpreter_is_asked_for_its_own_versions(tmp_path):
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)
    actual = describe.describe(cell(python=str(bare)))
    assert actual["python"] == platform.python_version()
    assert actual["versions"]["numpy"] is None


def test_an_interpreter_that_does_not_answer_is_unknown():
    actual = describe.describe(cell(python="/no/python"))
    assert actual["python"] is None
    assert set(actual["versions"].values()) == {None}


def test_versions_are_of_what_a_frameworks_file_imports(tmp_path, monkeypatch):
    (tmp_path / "impls/frameworks").mkdir(parents=True)
    (tmp_path / "impls/frameworks/odd.py").write_text(
        "import os\nimport pytest.mark\nfrom impls import init\n"
        "from no_such_library.part import thing\n"
    )
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    names = ["no_such_library", "numpy", "pytest"]
    assert versions.libraries("odd") == names
    actual = versions.installed("odd")["versions"]
    assert actual["pytest"] == pytest.__version__
    assert actual["no_such_library"] is None


class NVMLError(Exception):
    pass


def driver(monkeypatch, processes=(), broken=False):
    """A driver of two GPUs, the processes on the second."""

    def init():
        if broken:
            raise NVMLError("not loaded")

    fake = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=init,
        nvmlShutdown=lambda: None,
        nvmlSystemGetDriverVersion=lambda: "570.1",
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetHandleByUUID=lambda uuid: int(uuid[-1]),
        nvmlDeviceGetName=lambda handle: f"GPU {handle}",
        nvmlDeviceGetComputeRunningProcesses=lambda handle: [
            SimpleNamespace(pid=pid, usedGpuMemory=used)
            for pid, used in processes
            if handle == 1
        ],
    )
    monkeypatch.setitem(sys.modules, "pynvml", fake)


def test_the_memory_of_a_process_is_found_by_its_number(monkeypatch):
    driver(monkeypatch, [(7, 1000), (8, 5)])
    assert nvml.process_bytes(7) == 1000


@pytest.mark.parametrize(
    ("processes", "reason"),
    [([(8, 5)], "lists no process 7"), ([(7, None)], "per process")],
)
def test_unknown_memory_has_a_reason(monkeypatch, processes, reason):
    driver(monkeypatch, processes)
    with pytest.raises(nvml.Unavailable, match=reason):
        nvml.process_bytes(7)
    cell = {"device": {"name": "cuda"}}
    recorded = measure._driver_bytes(cell, 7)
    assert recorded["value"] is None and reason in recorded["reason"]


def test_without_a_driver_there_is_a_reason(monkeypatch):
    driver(monkeypatch, broken=True)
    with pytest.raises(nvml.Unavailable, match="no NVIDIA driver"):
        nvml.process_bytes(7)
    assert nvml.gpu() == {"gpu": None, "driver": None}
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(nvml.Unavailable, match="not installed"):
        nvml.process_bytes(7)


@pytest.mark.parametrize(
    ("visible", "name"), [("", "GPU 0"), ("1,0", "GPU 1"), ("GPU-1", "GPU 1")]
)
def test_the_gpu_is_the_one_that_workers_see(monkeypatch, visible, name):
    driver(monkeypatch)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert nvml.gpu() == {"gpu": name, "driver": "570.1"}
