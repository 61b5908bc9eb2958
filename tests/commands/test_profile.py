"""Time of a step by operation: self time, the table, and the command."""

import pytest

from benchmarks.commands import profile
from benchmarks.passes import profile as measurement
from benchmarks.passes.process import WorkerFailed
from impls import profiling
from tests.support.noise import cell, noise

TORCH = ["--workload", "rnn", "--framework", "torch"]


def test_what_an_operation_calls_is_not_its_own():
    first = [(0, 10, "step"), (1, 4, "dot"), (2, 3, "copy"), (4, 6, "dot")]
    second = [(0, 5, "dot"), (5, 6, "copy")]
    times = profiling.own([first, second])
    assert times == {"step": (5, 1), "dot": (9, 3), "copy": (2, 2)}


def test_seconds_are_those_of_all_threads():
    events = [(5, 7, "b"), (0, 5, "a"), (0, 8, "all")]
    assert sum(seconds for seconds, _ in profiling.own([events]).values()) == 8


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gradient/while/body/mul_3:Mul#id=7,step=1#", "Mul"),
        ("fusion.12.3", "fusion"),
        ("ThunkExecutor::Execute", "ThunkExecutor::Execute"),
        ("aten::addmm", "aten::addmm"),
    ],
)
def test_operations_of_a_kind_have_one_name(name, kind):
    assert profiling.operation(name) == kind


# In each framework the products of a recurrent network go by this name
@pytest.mark.parametrize(
    ("framework", "product"),
    [("torch", "aten::"), ("tensorflow", "MatMul"), ("jax", "dot")],
)
def test_a_step_is_its_operations(tmp_path, framework, product):
    data = noise(tmp_path)
    trace = measurement.trace(cell(framework), data, tmp_path, 3)
    rows = trace["operations"]
    assert trace["seconds"] > 0
    seconds = [row["seconds"] for row in rows]
    assert seconds == sorted(seconds, reverse=True) and seconds[-1] >= 0
    # Of a few threads, and in seconds: XLA's files count nano- or picoseconds
    assert 0.1 < sum(seconds) / trace["seconds"] < 10
    calls = [row["calls"] for row in rows if product in row["name"]]
    assert sum(calls) >= 1


def test_the_table_adds_up():
    operations = [
        {"name": f"op{number}", "calls": 2.0, "seconds": 1 / 1000}
        for number in range(20)
    ]
    chosen = cell("torch")
    waiting = "ThunkExecutor::Execute (wait for completion)"
    waits = {"name": waiting, "calls": 1.0, "seconds": 0.018}
    trace = {"seconds": 0.02, "operations": [waits, *operations]}
    lines = measurement.table(chosen, trace)
    assert "20.00 ms a step of 8 examples" in lines[0]
    assert "40 operations of 500.0 microseconds" in lines[0]
    assert "and 18.00 ms in which threads waited" in lines[0]
    assert len(lines) == 2 + measurement.MAX_ROWS + 1
    assert lines[-1].split()[:2] == ["5", "others"]
    assert lines[-1].split()[2:] == ["10", "5.000", "25.0%"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--framework", "slide"], "framework=slide: expected torch, "),
        (["--framework", "pytorch"], "did you mean torch?"),
        (["--framework", "torch", "sede=1"], "Did you mean seed"),
    ],
)
def test_a_cell_that_cannot_be_profiled_is_refused(capsys, arguments, message):
    assert profile.main(["--workload", "rnn", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_steps_are_a_number(capsys):
    with pytest.raises(SystemExit) as stopped:
        profile.main([*TORCH, "--steps", "0"])
    assert stopped.value.code == 2
    assert "--steps: 0: expected a number from 1" in capsys.readouterr().err


def test_a_failed_worker_gives_its_reason(monkeypatch, capsys):
    def failed(*_):
        raise WorkerFailed("killed (signal 9)")

    monkeypatch.setattr(profile, "prepared", failed)
    assert profile.main(TORCH) == 1
    assert capsys.readouterr().err == "killed (signal 9)\n"


def test_overrides_and_options_mix(monkeypatch):
    composed = []
    monkeypatch.setattr(profile, "from_options", composed.append)
    with pytest.raises(TypeError):  # nothing is composed
        profile.main(["seed=1", *TORCH, "seed=2", "--steps", "3"])
    (options,) = composed
    assert options.overrides == ["seed=1", "seed=2"]
    assert (options.workload, options.steps) == ("rnn", 3)


def test_ctrl_c_gives_one_line(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(profile, "prepared", interrupted)
    assert profile.main(TORCH) == 130
    message = capsys.readouterr().err
    assert message.strip() == "Interrupted: nothing is recorded."
