"""What a worker takes over of the user's environment."""

import math
import os
import subprocess
import sys

import pytest

from benchmarks.environment import env_vars


def test_no_cache_of_compiled_programs_outlives_a_worker():
    """In another process: the tests keep such a cache for themselves."""
    program = (
        "from benchmarks.environment.env_vars import inherited\n"
        "print(sorted(n for n in inherited() if n.startswith('JAX_')))"
    )
    given = os.environ | {"JAX_COMPILATION_CACHE_DIR": "/tmp", "JAX_LOG": "1"}
    for name in [n for n in given if n.startswith("JAX_PERS")]:
        del given[name]
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, env=given, capture_output=True, check=True)
    assert output.stdout.decode() == "['JAX_LOG']\n"


@pytest.mark.parametrize(
    ("files", "own", "expected"),
    [
        ({}, "0::/", math.inf),
        ({"cpu.max": "max 100000"}, "0::/", math.inf),
        ({"cpu.max": "150000 100000"}, "0::/", 1.5),
        # The tighter one of the groups around it holds
        ({"a/cpu.max": "100000 50000", "a/b/cpu.max": "max 100000"},
         "0::/a/b", 2.0),
        ({"a/cpu.max": "100000 50000"}, "0::/other", math.inf),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"},
         "4:memory:/x\n1:cpu:/", 0.5),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
         "1:cpu:/", math.inf),
    ],
)  # fmt: skip
def test_the_quota_of_a_container(tmp_path, files, own, expected):
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    (tmp_path / "own").write_text(f"{own}\n")
    quota = env_vars.quota(tmp_path / "groups", tmp_path / "own")
    assert quota == expected


def test_no_control_groups_are_no_quota(tmp_path):
    assert env_vars.quota(tmp_path, tmp_path / "none") == math.inf


@pytest.mark.parametrize(("granted", "cores"), [(1.5, 2), (0.5, 1)])
def test_a_quota_counts_as_fewer_cores(monkeypatch, granted, cores):
    monkeypatch.setattr(env_vars.os, "sched_getaffinity", lambda pid: range(8))
    monkeypatch.setattr(env_vars, "quota", lambda: granted)
    assert env_vars.cores() == cores
    monkeypatch.setattr(env_vars, "quota", lambda: math.inf)
    assert env_vars.cores() == 8


def test_a_number_of_threads_set_in_vain_is_told(monkeypatch):
    for name in env_vars.THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "2")
    assert env_vars.overruled(2) == []
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert env_vars.overruled(2) == [
        "OMP_NUM_THREADS=1 of your environment is not used, but 2:"
        " device.threads=1 asks for as many."
    ]
