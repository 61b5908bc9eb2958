"""A record measured again: found, checked, repeated, judged."""

import json
from pathlib import Path

import pytest

from benchmarks.bench import run_cell
from benchmarks.environment import describe, machine_lock
from benchmarks.records import revision, store
from tests.support import repeatable
from tests.support.repeatable import edit, measured


@pytest.fixture
def machine(monkeypatch, tmp_path):
    return repeatable.install(monkeypatch, tmp_path)


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def place(machine, runs):
    """The folder of one record."""
    folder = measured(runs)
    machine.asked.clear()
    return folder


@pytest.fixture
def call(machine, tmp_path, capsys):
    return repeatable.caller(capsys, tmp_path)


def report(tmp_path):
    """The one report that there is."""
    (path,) = (tmp_path / "out").glob("*.json")
    assert path.with_suffix(".md").read_text().startswith("# cnn torch")
    return json.loads(path.read_text())


def verdicts(tmp_path):
    return {f["name"]: f["verdict"] for f in report(tmp_path)["findings"]}


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.json")}


def test_the_same_comes_out_identical(call, place, machine, runs, tmp_path):
    before = contents(runs / "records")
    code, output = call(place.parent.name)
    assert code == 0, output
    assert "Reproduced: 3 identical, 1 within, 2 not compared" in output
    assert verdicts(tmp_path) == {
        "test_accuracy": "identical",
        "test_loss": "identical",
        "training_examples_per_second": "within",
        "matmul_gflops_per_second": "not compared",
        "host_peak_bytes": "not compared",
        "curve epoch/test_loss": "identical",
    }
    assert [name for name, _ in machine.asked] == ["quality", "speed", "memory"]
    assert contents(runs / "records") == before
    actual = report(tmp_path)
    assert actual["data"]["comparison"].endswith("the same")
    assert actual["code"]["comparison"].endswith("the same")
    assert actual["environment"] == {}
    assert Path(actual["kept"], "quality.log").is_file()


def test_a_real_cell_comes_out_bit_for_bit(monkeypatch, tmp_path, capsys, runs):
    real = run_cell.Measurement
    repeatable.install(monkeypatch, tmp_path)
    monkeypatch.setattr(run_cell, "Measurement", real)
    place = measured(runs, "workload.data.batch_size=5", "passes=[quality]")
    code, output = repeatable.caller(capsys, tmp_path)(place)
    assert code == 0, output
    (path,) = (tmp_path / "out").glob("*.json")
    findings = json.loads(path.read_text())["findings"]
    words = {each["name"]: each["verdict"] for each in findings}
    for name in ("test_loss", "curve step/train_loss"):
        assert words[name] == "identical"
    assert len(store.read(place)["curves"]["step"]["train_loss"]) == 5 * 4


def test_passes_can_be_chosen(call, place, machine, tmp_path):
    code, output = call(place, "--data", tmp_path, "passes=[quality]")
    assert code == 0, output
    assert machine.asked == [("quality", 0)]
    assert call(place, "--passes", "quantity")[0] == 2


@pytest.mark.parametrize(
    ("knob", "value", "name"),
    [
        ("accuracy", 0.7500001, "test_accuracy"),
        ("losses", [0.9000001, 0.5], "curve epoch/test_loss"),
        ("rate", 60.0, "training_examples_per_second"),
    ],
)
def test_what_differs_is_named(call, place, machine, tmp_path, knob, value,
                               name):  # fmt: skip
    setattr(machine, knob, value)
    code, output = call(place)
    assert code == 1
    assert "Differs: " in output
    actual = verdicts(tmp_path).items()
    differing = {each for each, word in actual if word == "differs"}
    assert differing == {name}


def test_other_code_is_said_and_judged_by_the_margin(
    call, place, machine, monkeypatch
):
    here = revision.code()
    other = {**here, "digest": "0123456789abcdef", "dirty": True}
    monkeypatch.setattr(revision, "code", lambda: other)
    machine.accuracy, machine.losses = 0.755, [0.9, 0.51]
    code, output = call(place)
    assert code == 0, output
    short = here["revision"][:7]
    assert f"recorded at {short}" in output
    assert "with changes (digest 01234567)" in output
    assert f"git worktree add ../at-{short} {short}" in output
    machine.accuracy = 0.77  # the margin is 0.01
    assert call(place)[0] == 1


def test_another_machine_is_said_by_key_and_its_speed_not_judged(
    call, place, machine, monkeypatch, tmp_path
):
    monkeypatch.setattr(describe, "_processor", lambda: "An Abacus")
    machine.rate = 1.0
    code, output = call(place)
    assert code == 0, output
    assert report(tmp_path)["environment"].keys() == {"cpu"}
    assert "here" in output and "An Abacus" in output
    assert verdicts(tmp_path)["training_examples_per_second"] == "not compared"
    assert verdicts(tmp_path)["test_accuracy"] == "identical"


def test_other_data_cannot_be_compared(call, place, machine, monkeypatch):
    from tests.support import stubbed_bench

    def others(*given):
        return stubbed_bench.prepared(*given) | {"digest": "1" * 64}

    monkeypatch.setattr("benchmarks.reproduce.rerun.prepare", others)
    code, output = call(place)
    assert code == 2
    assert "other data: fashion_mnist 000000000000 recorded" in output
    assert machine.asked == []


def test_other_seeds_of_the_bench_are_its_range(call, machine, runs, tmp_path,
                                                monkeypatch):  # fmt: skip
    for seed, accuracy in enumerate((0.70, 0.75, 0.80)):
        machine.accuracy = accuracy
        folder = measured(runs, f"seed={seed}")
    machine.accuracy = 0.695
    other = revision.code() | {"digest": "0123456789abcdef"}
    monkeypatch.setattr(revision, "code", lambda: other)
    code, output = call(folder)
    assert code == 0, output
    (actual,) = (f for f in report(tmp_path)["findings"]
                if f["name"] == "test_accuracy")  # fmt: skip
    assert "range of 3 seeds, margin 0.01" in actual["reason"]


def set_accuracy(entry):
    entry["metrics"]["test_accuracy"]["value"] = 0.76


def set_curve(entry):
    entry["curves"]["epoch"]["test_loss"][0] = 0.8


def set_rate(entry):
    entry["cell"]["workload"]["optimizer"]["learning_rate"] = 0.5


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (set_accuracy, "metrics.test_accuracy: not as written"),
        (set_curve, "curves.epoch: not as written"),
        (set_rate, "cell, data.digest, code.digest or fingerprint: not what"),
    ],
)
def test_a_tampered_record_is_refused_by_name(
    call, place, machine, tmp_path, change, named
):
    edit(place, change)
    code, output = call(place)
    assert code == 1
    assert "Tampered: " in output and named in output
    assert "expected" in output and "found" in output
    assert machine.asked == []
    assert report(tmp_path)["state"] == "tampered"


def test_a_record_without_checksums_is_reproduced(call, place):
    (place / "checksums.json").unlink()
    code, output = call(place)
    assert code == 0
    assert "no checksums.json: edits of its values cannot be found" in output
    edit(place, set_rate)  # what its key was made of is found all the same
    assert call(place)[0] == 1


def test_a_cell_that_fails_now_could_not_be_tried(call, place, machine):
    machine.raises = ZeroDivisionError("by zero")
    code, output = call(place)
    assert code == 2
    assert "failed: quality: ZeroDivisionError: by zero (logs: " in output


def test_a_record_of_a_failure_cannot_be_reproduced(call, machine, runs):
    machine.raises = ZeroDivisionError("by zero")
    with pytest.raises(AssertionError):
        measured(runs)
    code, output = call("cnn-torch")
    assert code == 2
    assert "it failed when recorded: quality: ZeroDivisionError" in output


def test_interrupted_leaves_nothing(call, place, machine, runs, tmp_path):
    machine.raises = KeyboardInterrupt()
    code, output = call(place)
    assert code == 130
    assert "left nothing behind" in output
    assert not (tmp_path / "out").exists()
    assert store.all(runs / "reproduce" / "records") == []
    assert not list(runs.rglob(".draft-*"))


def test_it_waits_for_no_bench_but_says_who_runs(call, place, machine):
    with machine_lock.alone(machine_lock.PATH):
        code, output = call(place)
    assert code == 2
    assert "runs on this machine (pid" in output
    assert machine.asked == []
