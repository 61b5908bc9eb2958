"""A worker answers, fails in every possible way, and leaves no orphan."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.passes.process import FrameworkMissing, Worker, WorkerFailed
from benchmarks.passes.remote_runner import RemoteRunner
from impls.interface import Setting
from tests.support.fake.frameworks import calm
from tests.support.fake.tiny.spec import Spec


@pytest.fixture
def worker(tmp_path):
    with start(tmp_path) as started:
        yield started


def start(folder, framework="calm", **choices):
    return Worker(
        framework,
        library="tests.support.fake",
        log=folder / "worker.log",
        **choices,
    )


def remote(worker, mode="eager"):
    return RemoteRunner(worker, "tiny", Spec(), Setting(mode=mode))


def train(worker, mode):
    """One train step of a Runner that misbehaves according to `mode`."""
    remote(worker, mode).train_steps([Spec().example(4)])


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    # A zombie waits to be counted, and does nothing any more
    return not (status.exists() and ") Z " in status.read_text())


def begun(folder, mode):
    """Wait until the worker misbehaves."""
    while f"about to {mode}" not in (folder / "worker.log").read_text():
        time.sleep(0.01)


def gone(pid, seconds=5.0):
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not alive(pid)


def test_a_remote_runner_computes_what_a_local_one_does(worker):
    spec, setting = Spec(), Setting(mode="eager", learning_rate=0.1)
    there = RemoteRunner(worker, "tiny", spec, setting)
    here = calm.Runner(spec, setting)
    random = np.random.default_rng(1)
    params = {n: random.normal(size=s) for n, s in spec.shapes().items()}
    there.load(params)
    here.load(params)
    batch = spec.example(6)
    np.testing.assert_array_equal(there.logits(batch), here.logits(batch))
    loss, gradients = there.gradients(batch)
    expected, by_name = here.gradients(batch)
    assert loss == expected
    for name, gradient in by_name.items():
        np.testing.assert_array_equal(gradients[name], gradient)
    train = [spec.example(6, seed) for seed in (2, 3)]
    steps = there.train_steps(train)
    np.testing.assert_array_equal(
        steps, here.fetch([here.train_step(b) for b in train])
    )
    evaluated = there.eval_steps(train)
    np.testing.assert_array_equal(
        evaluated, here.fetch([here.eval_step(b) for b in train])
    )
    for name, value in here.params().items():
        np.testing.assert_array_equal(there.params()[name], value)


def test_output_of_libraries_goes_to_the_log_and_not_to_the_pipe(worker):
    with pytest.raises(WorkerFailed) as failed:
        train(worker, "raise")
    assert failed.value.reason == "raised IndexError: list index out of range"
    assert "about to raise" in failed.value.log_tail
    assert "Traceback" in failed.value.log_tail


def test_a_worker_that_raised_answers_the_next_request(worker):
    with pytest.raises(WorkerFailed, match="raised IndexError"):
        train(worker, "raise")
    assert worker.ask("hello")["pid"] == worker.pid


def test_a_problem_with_parameters_is_named(worker):
    with pytest.raises(WorkerFailed, match=r"raised ValueError: .*\['odd'\]"):
        remote(worker).load({"odd": np.zeros(2)})


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (
            "exit",
            "ended by itself with exit code 3; its log ends: about to exit",
        ),
        (
            "abort",
            "killed (signal 6: Aborted); its log ends: about to abort",
        ),
        ("kill", "killed (signal 9): most often the system ran out of memory"),
    ],
)
def test_death_is_reported_in_words(worker, mode, reason):
    with pytest.raises(WorkerFailed) as failed:
        train(worker, mode)
    assert failed.value.reason == reason
    with pytest.raises(WorkerFailed, match="not running"):
        worker.ask("hello")


def test_the_log_of_an_earlier_process_tells_no_cause(tmp_path):
    (tmp_path / "worker.log").write_text("of an earlier process\n")
    with start(tmp_path) as worker:
        worker._process.terminate()
        with pytest.raises(WorkerFailed) as failed:
            worker.ask("hello")
    assert failed.value.reason == "killed (signal 15: Terminated)"


def test_memory_that_is_refused_is_reported(worker):
    with pytest.raises(WorkerFailed, match="MemoryError: Unable to allocate"):
        train(worker, "memory")


@pytest.mark.parametrize("mode", ["hang", "burn", "seize"])
def test_silence_is_cut_off(worker, mode):
    worker.limit = 0.3
    with pytest.raises(WorkerFailed) as failed:
        train(worker, mode)
    assert failed.value.reason == "no answer within 0.3 s to 'train_steps'"
    assert gone(worker.pid)


def test_ctrl_c_ends_the_worker_and_goes_up(worker):
    runner = remote(worker, "burn")
    command = ["sh", "-c", f"sleep 0.2; kill -INT {os.getpid()}"]
    with subprocess.Popen(command), pytest.raises(KeyboardInterrupt):
        runner.train_steps([Spec().example(4)])
    assert gone(worker.pid)


def test_the_terminals_ctrl_c_is_the_parents(worker):
    assert os.getsid(worker.pid) == worker.pid != os.getsid(0)


def test_leaving_the_block_ends_the_worker_and_its_folder(tmp_path):
    with start(tmp_path) as worker:
        scratch = worker.scratch
        assert alive(worker.pid) and scratch.is_dir()
    assert not alive(worker.pid) and not scratch.exists()


PARENT = """
    import sys
    from pathlib import Path
    from tests.passes.test_process import remote, start
    from tests.support.fake.tiny.spec import Spec
    with start(Path(sys.argv[1])) as worker:
        runner = remote(worker, sys.argv[2])
        print(worker.pid, flush=True)
        runner.train_steps([Spec().example(4)])
"""


@pytest.mark.parametrize(
    "mode",
    # Only Linux ends a child that lets none of its threads run
    ["hang", "burn", *["seize"] * (sys.platform == "linux")],
)
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_survives_its_parent(tmp_path, mode, blow):
    program = textwrap.dedent(PARENT)
    parent = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path, mode],
        stdout=subprocess.PIPE,
        text=True,
    )
    pid = int(parent.stdout.readline())
    begun(tmp_path, mode)
    assert alive(pid)
    parent.send_signal(blow)
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


def _fails(runner):
    with pytest.raises(WorkerFailed):
        runner.train_steps([Spec().example(4)])


def test_the_pipe_alone_ends_a_worker_that_computes(worker, tmp_path):
    # As on a system whose kernel does not end children with their parent
    runner = remote(worker, "burn")
    asking = threading.Thread(target=_fails, args=(runner,))
    asking.start()
    begun(tmp_path, "burn")
    worker._requests.close()
    assert gone(worker.pid)
    asking.join()


def test_a_framework_that_is_missing_is_named_with_the_way_to_get_it(tmp_path):
    worker = start(tmp_path, "absent")
    with worker, pytest.raises(FrameworkMissing) as missing:
        remote(worker)
    reason = missing.value.reason
    assert sys.executable in reason and "no_such_framework" in reason
    assert "pip install" in reason and "make setup" in reason


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_slides_program_lacks_what_keras_computes_with(backend):
    worker = Worker("slide", environment={"KERAS_BACKEND": backend})
    error = {"type": "ModuleNotFoundError", "message": "", "missing": backend}
    missing = worker._raised("build", error)
    assert isinstance(missing, FrameworkMissing)
    assert f"'.[{backend}]'" in missing.reason


def test_an_interpreter_that_is_missing_is_named(tmp_path):
    with pytest.raises(FrameworkMissing, match="/no/python.*framework.python"):
        start(tmp_path, python="/no/python").__enter__()


def test_an_interpreter_without_numpy_is_reported(tmp_path):
    # A bare one: `-S` in a wrapper leaves the installed packages out
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(FrameworkMissing, match="No module named 'numpy'"):
        start(tmp_path, python=str(bare)).__enter__()


def test_a_model_that_is_missing_is_no_missing_framework(worker):
    with pytest.raises(WorkerFailed, match="tests.support.fake.huge") as failed:
        RemoteRunner(worker, "huge", Spec(), Setting())
    assert not isinstance(failed.value, FrameworkMissing)


def test_variables_of_the_user_do_not_mislead_a_worker(tmp_path, monkeypatch):
    shadow = tmp_path / "numpy.py"
    shadow.write_text("raise SystemExit('the wrong numpy')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setenv("PYTHONSTARTUP", str(shadow))
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.chdir(tmp_path)
    with start(tmp_path) as worker:
        remote(worker)


def test_temporary_files_are_the_workers_own(tmp_path):
    with start(tmp_path) as worker:
        entries = Path(f"/proc/{worker.pid}/environ").read_bytes().split(b"\0")
        assert f"TMPDIR={worker.scratch}".encode() in entries
        (worker.scratch / "left_behind").touch()
        worker.stop()  # killed
    assert not worker.scratch.exists()


def test_progress_arrives_while_the_worker_works(worker, tmp_path):
    runner = remote(worker)
    example = Spec().example(40)
    np.save(tmp_path / "x.npy", example.inputs[0])
    np.save(tmp_path / "y.npy", example.targets)
    part = {"inputs": [f"{tmp_path}/x.npy"], "targets": f"{tmp_path}/y.npy"}
    reports = []
    answer = runner.worker.ask(
        "quality",
        on_progress=reports.append,
        splits={"train": part, "test": part},
        request={
            "batch_size": 8,
            "eval_batch_size": 8,
            "epochs": 2,
            "seed": 1,
        },
    )
    assert [line["epoch"] for line in reports] == [1, 2]
    curve = answer["curves"]["epoch"]["train_loss"]
    assert reports[-1]["train_loss"] == curve[-1] < curve[0]
