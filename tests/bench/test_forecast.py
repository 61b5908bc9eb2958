"""`make bench ARGS=--dry-run`: what a bench would do."""

from tests.bench.test_sweep import TORCH, records

NONE = "time not known: none like it is recorded"


def test_the_first_time_nothing_is_known(bench, tmp_path):
    code, output = bench(*TORCH, "seed=0,1", "--dry-run")
    assert code == 0
    assert output.splitlines() == [
        f"cnn torch eager seed 0: {NONE}",
        f"cnn torch eager seed 1: {NONE}",
        "2 cells, 0 recorded, 2 of which the time is not known. Nothing was"
        " measured.",
    ]
    assert not (tmp_path / "runs").exists()


def test_what_is_recorded_is_listed_and_other_seeds_take_as_long(
    bench,
    tmp_path,
    monkeypatch,
):
    bench(*TORCH)
    (entry,) = records(tmp_path)
    monkeypatch.setattr(
        "benchmarks.bench.forecast.store.all",
        lambda path: [entry | {"seconds": 80.0}],
    )
    output = bench(*TORCH, "seed=0,1,2", "--dry-run")[1]
    assert output.splitlines() == [
        "cnn torch eager seed 0: recorded: kept as it is",
        "cnn torch eager seed 1: about 1 min 20 s",
        "cnn torch eager seed 2: about 1 min 20 s",
        "3 cells, 1 recorded, about 2 min 40 s. Nothing was measured.",
    ]
    assert "about 1 min 20 s" in bench(*TORCH, "--dry-run", "rerun=true")[1]
    other = bench(*TORCH, "workload.epochs=3", "--dry-run")[1]
    assert f"cnn torch eager seed 0: {NONE}" in other
    assert len(records(tmp_path)) == 1


def test_another_code_is_measured_again(bench, tmp_path, monkeypatch):
    bench(*TORCH)
    monkeypatch.setattr(
        "benchmarks.records.revision.code_digest", lambda root=None: "0" * 16
    )
    output = bench(*TORCH, "--dry-run")[1]
    assert "cnn torch eager seed 0: about" in output


def test_what_cannot_run_is_listed_with_its_reason(bench, monkeypatch):
    monkeypatch.setattr(
        "benchmarks.bench.cells.unavailable", lambda cell, environment: "gone"
    )
    assert "seed 0: skipped: gone" in bench(*TORCH, "--dry-run")[1]
