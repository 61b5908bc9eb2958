"""A cell that measures what it is told, and its record: for `reproduce`."""

import json

from benchmarks.bench import run_cell
from benchmarks.bench.cells import Job
from benchmarks.commands import entry, reproduce
from benchmarks.config.compose import compose
from benchmarks.config.schema import PASSES
from benchmarks.environment import describe
from benchmarks.records import revision, store
from tests.support import stubbed_bench
from tests.support.stubbed_measurement import measurement


class Machine:
    """What the next passes find; tests turn its knobs."""

    def __init__(self):
        self.accuracy = 0.75
        self.losses = [0.9, 0.5]
        self.rate = 100.0  # examples per second
        self.matmul = 150.0
        self.raises = None
        self.asked = []  # (pass, seed)

    def quality(self, cell, data, files, on_progress=None):
        self._asked("quality", cell, files, on_progress)
        accuracy = {"value": self.accuracy, "unit": "fraction"}
        loss = {"value": self.losses[-1], "unit": "nats"}
        curves = {"epoch": {"test_loss": self.losses, "seconds": [1.0, 2.0]}}
        metrics = {"test_accuracy": accuracy, "test_loss": loss}
        return self._result(metrics, curves)

    def speed(self, cell, data, files, on_progress=None):
        self._asked("speed", cell, files, on_progress)
        ends = {"low": 0.95 * self.rate, "high": 1.05 * self.rate}
        rate = {"value": self.rate, "unit": "examples/s", **ends}
        matmul = {"value": self.matmul, "unit": "GFLOP/s"}
        names = ("training_examples_per_second", "matmul_gflops_per_second")
        return self._result(dict(zip(names, (rate, matmul), strict=True)))

    def memory(self, cell, data, files, on_progress=None):
        self._asked("memory", cell, files, on_progress)
        bytes_ = {"value": 5e8, "unit": "bytes"}
        return self._result({"host_peak_bytes": bytes_})

    def _asked(self, name, cell, files, on_progress):
        self.asked.append((name, cell["seed"]))
        (files / f"{name}.log").write_text("a line\n")
        if self.raises:
            raise self.raises
        if on_progress:
            on_progress({"stage": name, "step": 1, "steps": 2, "loss": 0.5})

    def _result(self, metrics, curves=None):
        return {
            "metrics": metrics,
            "curves": curves or {},
            "failure": None,
            "timings": {"training": 4.0},
        }


def install(monkeypatch, tmp_path):
    """The machine in the place of the passes, and stubbed data."""
    machine = Machine()
    passes = {name: getattr(machine, name) for name in PASSES}
    monkeypatch.setattr(run_cell, "Measurement", measurement(passes))
    monkeypatch.setattr(
        "benchmarks.reproduce.rerun.prepare", stubbed_bench.prepared
    )
    monkeypatch.setattr(
        "benchmarks.environment.machine_lock.PATH", tmp_path / "lock"
    )
    # Whatever else this machine does while it tests
    monkeypatch.setattr(describe, "_load", lambda: [0.5, 0.5, 0.5])
    monkeypatch.setattr(entry, "SIGNALS", ())
    return machine


def caller(capsys, folder):
    """`make reproduce` in this process: its code, and what was printed."""
    where = ("--runs", str(folder / "runs"), "--out", str(folder / "out"))

    def call(*given):
        code = reproduce.main([*map(str, given), *where])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call


def measured(runs, *overrides, call="20261124T101500-ab12"):
    """The folder of a record, as the bench would have written it."""
    words = ("workload=cnn", "framework=torch", *overrides)
    cell, config = compose(*words)
    data = stubbed_bench.prepared(
        config.workload.data.name, None, None, runs / "data", lambda line: None
    )
    around = describe.describe(cell)
    mark = describe.fingerprint(around)
    code = revision.code()
    key = store.key(cell, data["digest"], code["digest"], mark)
    job = Job([], cell, data["name"], around, mark, None, key)
    about = {"id": call, "suite": "quick", "code": code}
    entry = run_cell.run(job, data, about, runs / "records")
    assert entry["status"] == "finished", entry
    return runs / "records" / entry["id"]


def edit(folder, change):
    """Change a record's file as somebody with an editor would."""
    path = folder / "record.json"
    entry = json.loads(path.read_text())
    change(entry)
    path.write_text(json.dumps(entry))
