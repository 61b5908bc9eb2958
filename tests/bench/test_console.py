"""Console output: lines, status line, words, time left."""

import io
import os
from pathlib import Path

import pytest

from benchmarks.bench import console
from benchmarks.commands import entry
from benchmarks.environment import machine_lock
from benchmarks.errors import UserError


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_an_error_is_printed_after_the_status_line_is_cleared(monkeypatch):
    monkeypatch.setattr(entry, "SIGNALS", ())
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr("sys.stderr", screen)

    @entry.command("Interrupted.")
    def main(arguments):
        console.Console().status("working")
        raise UserError("no such cell")

    assert main([]) == 2
    assert screen.getvalue() == "\r\x1b[K  working\r\x1b[Kno such cell\n"


def test_file_gets_a_status_only_now_and_then():
    stream, clock = io.StringIO(), Clock()
    shown = console.Console(stream, clock)
    shown.line("cell 1")
    for _ in range(61):
        clock.now += 1
        shown.status("working")
    assert stream.getvalue() == "cell 1\n  working\n  working\n"


def test_terminal_redraws_one_line_and_clears_it():
    stream, clock = Terminal(), Clock()
    shown = console.Console(stream, clock)
    for text in ("10 %", "20 %"):
        clock.now += 1
        shown.status(text)
    shown.line("done")
    assert stream.getvalue() == ("\r\x1b[K  10 %\r\x1b[K  20 %\r\x1b[Kdone\n")


def test_terminal_is_not_redrawn_too_often():
    stream, clock = Terminal(), Clock()
    shown = console.Console(stream, clock)
    for _ in range(100):
        clock.now += 0.01
        shown.status("working")
    assert stream.getvalue().count("working") <= 11


def test_reader_that_has_gone_does_not_end_the_cells():
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    shown = console.Console(Gone())
    shown.line("one")
    shown.line("two")


@pytest.mark.parametrize(
    "progress, words",
    [
        ({"stage": "compile"}, "speed  compile"),
        (
            {"stage": "training", "epoch": 2, "epochs": 5, "step": 1,
             "steps": 4, "loss": 0.25},
            "quality  epoch 2 of 5  25 %  loss 0.2500",
        ),
        ({"stage": "training", "epoch": 1, "epochs": 1, "step": 1,
          "steps": 3, "loss": None}, "quality  epoch 1 of 1  33 %"),
    ],
)  # fmt: skip
def test_progress_in_words(progress, words):
    assert console.stage(words.split()[0], progress) == words


@pytest.mark.parametrize(
    "seconds, words",
    [(0.4, "0 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"),
     (7500, "2 h 5 min")],
)  # fmt: skip
def test_duration(seconds, words):
    assert console.duration(seconds) == words


def test_time_left_is_estimated_from_similar_cells():
    done = [("cnn", "torch", 40.0), ("cnn", "jax", 60.0), ("rnn", "jax", 5.0)]
    assert console.remaining([], [("cnn", "torch")]) is None
    assert console.remaining(done, []) == 0
    assert console.remaining(done, [("cnn", "torch")]) == 40
    assert console.remaining(done, [("cnn", "slide")]) == 50
    assert console.remaining(done, [("bilstm", "slide")]) == 35
    two = [("cnn", "torch"), ("cnn", "jax")]
    assert console.remaining(done, two, elapsed=30) == 70
    assert console.remaining(done, two, elapsed=500) == 61


def test_seconds_spent_largest_first():
    progress = console.spent(
        {"data": 3.0, "training": 60.4, "other": 0.1}, 63.5
    )
    assert progress == "Time: 1 min 4 s (seconds: training 60, data 3)"


@pytest.mark.parametrize(
    ("workload", "unit"),
    [
        ({"bptt_steps": None, "crop_steps": None}, "examples"),
        ({"bptt_steps": 35, "crop_steps": None}, "symbols"),
        ({"bptt_steps": None, "crop_steps": 64}, "crops"),
    ],
)
def test_outcome_in_one_line(workload, unit):
    metrics = {
        "test_accuracy": {"value": 0.87654},
        "training_examples_per_second": {"value": 12345.6},
    }
    entry = {"status": "finished", "metrics": metrics, "seconds": 61}
    entry |= {"cell": {"workload": workload}}
    assert console.outcome(entry) == (
        f"test accuracy 0.8765  training 12,346 {unit}/s  1 min 1 s"
    )
    entry = {"status": "failed", "reason": "speed: killed", "metrics": {}}
    assert console.outcome(entry) == "failed: speed: killed"


def test_one_bench_at_a_time(tmp_path):
    path = tmp_path / "lock"
    with machine_lock.alone(path):
        progress = refused(path)
    assert "Another bench or gate runs" in progress
    assert f"kill -INT {os.getpid()}" in progress
    with machine_lock.alone(path):
        pass


def test_holder_that_is_not_known_yet(tmp_path):
    import fcntl

    path = tmp_path / "lock"
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert "it has just begun" in refused(path)


@pytest.mark.parametrize("name", ["folder/lock", "gone/lock", "folder"])
def test_a_lock_that_cannot_be_opened_is_refused_once(
    tmp_path, monkeypatch, name
):
    (tmp_path / "folder").mkdir()
    opened = os.open

    def read_only(path, flags, mode=0o777):
        if flags & os.O_CREAT and Path(path).parent.name == "folder":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, mode)

    monkeypatch.setattr(machine_lock.os, "open", read_only)
    message = refused(tmp_path / name)
    assert message.startswith(f"The lock of this machine, {tmp_path / name}, c")
    assert message.endswith("TRIPTYCH_LOCK=/path/to/file.")


def refused(path):
    with pytest.raises(UserError) as caught, machine_lock.alone(path):
        pass
    return str(caught.value)


def test_synthetic_data_is_told_in_one_line_for_all_sets():
    gone = {"cause": "no connection", "source": "drawn"}
    data = dict.fromkeys(("fashion_mnist", "imdb"), gone)
    data["mnist"] = {"source": "found in /data/mnist"}
    first, hint = console.prepared(data, Path("/data"), every=False)
    assert first == (
        "Synthetic data instead of fashion_mnist, imdb (2 of 3 data sets):"
        " no connection."
    )
    assert "`make data`" in hint and "/data/<data set>" in hint
    data["imdb"] = gone | {"cause": "/data/imdb: broken"}
    lines = console.prepared(data, Path("/data"), every=True)
    assert lines[2] == "mnist: found in /data/mnist"
    assert [line.split(" (")[0] for line in lines[3:5]] == [
        "Synthetic data instead of fashion_mnist",
        "Synthetic data instead of imdb",
    ]
    assert console.prepared({"mnist": data["mnist"]}, Path(), False) == []
