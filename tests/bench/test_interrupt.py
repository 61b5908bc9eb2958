"""Killed, interrupted, called twice: what is finished stays usable."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.bench import sweep
from benchmarks.records import store

ROOT = Path(sweep.__file__).parents[2]
TORCH = ("workload=cnn", "framework=torch")


def places(folder):
    return (f"runs={folder}/runs", f"report={folder}/report")


def records(folder):
    return store.all(folder / "runs" / "records")


def start(folder, *given, **variables):
    """The stubbed bench in a process of its own, as a terminal would."""
    variables = {"TRIPTYCH_LOCK": str(folder / "lock"), **variables}
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.support.stubbed_bench",
            *given,
            *places(folder),
        ],
        cwd=ROOT,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(process, words):
    """Read the process's lines up to the one with these words."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def test_two_calls_at_once(tmp_path):
    with start(tmp_path, *TORCH, STUB_SECONDS="60") as first:
        wait_for(first, "cell 1 of 1")
        with start(tmp_path, *TORCH) as second:
            output = second.stdout.read()
        assert second.returncode == 2
        assert f"pid {first.pid}" in output
        first.kill()
    with start(tmp_path, *TORCH) as third:  # the kernel freed the lock
        third.stdout.read()
    assert third.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_keeps_what_is_finished(tmp_path, number):
    with start(tmp_path, *TORCH, "seed=0,1,2", STUB_SECONDS="0.3") as process:
        wait_for(process, "cell 2 of 3")
        process.send_signal(number)
        output = process.stdout.read()
    assert process.returncode == 130
    assert "Stopped: 1 of 3 cells measured and kept" in output
    assert "index.html" in output
    assert "Traceback" not in output
    assert len(records(tmp_path)) == 1
    with start(tmp_path, *TORCH, "seed=0,1,2") as process:
        output = process.stdout.read()
    assert "1 of 3 cells are recorded already" in output
    assert process.returncode == 0


def test_killed_keeps_what_is_finished(tmp_path):
    with start(tmp_path, *TORCH, "seed=0,1,2", STUB_SECONDS="0.3") as process:
        wait_for(process, "cell 2 of 3")
        process.kill()
    (call,) = store.invocations(tmp_path / "runs/records")
    assert call["finished"] is False
    assert len(call["records"]) == 1
    with start(tmp_path, *TORCH, "seed=0,1,2") as process:
        output = process.stdout.read()
    assert "1 of 3 cells are recorded already" in output
    assert process.returncode == 0
    assert len(records(tmp_path)) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_interrupted_before_a_cell(tmp_path):
    command = [
        sys.executable,
        "-m",
        "benchmarks.commands.bench",
        "suite=slides",
    ]
    process = subprocess.Popen(
        [*command, *places(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not handles(process.pid, signal.SIGTERM):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output = process.communicate()[0]
    assert process.returncode == 130
    assert output.strip() == "Interrupted: no cell had begun."
    assert not records(tmp_path)


def handles(pid, number):
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (number - 1) & 1)
