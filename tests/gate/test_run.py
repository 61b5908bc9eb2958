"""The gate as a whole, its pairs drawn instead of measured."""

import pytest

from benchmarks.bench.console import Console
from benchmarks.errors import UserError
from benchmarks.gate import cells, run, settings
from benchmarks.gate.checkout import compose_cells, trees
from benchmarks.passes.process import WorkerFailed
from benchmarks.records.verdict import Decision, Numerics
from tests.support import gate_trees
from tests.support.gate_lab import STEP, decision, gate


def test_two_equal_trees_pass(lab, tmp_path):
    code, verdict = gate(tmp_path)
    assert code == 0
    assert len(verdict["cells"]) == 2
    result = decision(verdict, "rnn torch eager")
    assert result["outcome"] == "unchanged"
    assert result["low"] < 1 < result["high"]


@pytest.mark.parametrize(
    ("factor", "outcome", "code"),
    [(1.05, "regressed", 1), (0.95, "improved", 0)],
)
def test_a_change_of_speed_is_detected(lab, tmp_path, factor, outcome, code):
    lab.slower = {STEP: factor}
    lab.titles = lab.titles[:1]
    ended, verdict = gate(tmp_path)
    result = decision(verdict, "rnn torch eager")
    assert (ended, result["outcome"], result["confirmed"]) == (
        code,
        outcome,
        True,
    )
    assert result["low"] < factor < result["high"]
    assert result["base"] == pytest.approx(10, rel=0.02)
    assert len(result["log_ratios"]) == result["pairs"] >= 8
    assert decision(verdict, "rnn torch eager", "startup_seconds")[
        "outcome"
    ] == ("unchanged")


def test_only_what_is_undecided_goes_on(lab, tmp_path):
    lab.slower = {STEP: 1.05}
    _, verdict = gate(tmp_path)
    title = "rnn torch eager"
    assert decision(verdict, title, "host_peak_bytes")["pairs"] == 4
    assert decision(verdict, title)["pairs"] >= 8


def test_a_slowdown_below_its_floor_passes(lab, tmp_path):
    lab.slower = {STEP: 1.03}
    code, verdict = gate(tmp_path, floor_overrides={STEP: 0.05})
    assert code == 0
    assert decision(verdict, "cnn torch eager")["floor"] == 0.05


def test_noise_is_inconclusive(lab, tmp_path):
    lab.spread = 0.2
    code, verdict = gate(tmp_path, max_pairs=6)
    result = decision(verdict, "rnn torch eager")
    assert code == 2
    assert result["outcome"] == "inconclusive"
    assert result["more_pairs"] > 6
    assert "floor of 2 %" in result["reason"]


def test_what_is_not_there_is_null_with_a_reason(lab, tmp_path):
    _, verdict = gate(tmp_path)
    result = decision(verdict, "rnn torch eager", "compile_seconds")
    assert (result["outcome"], result["ratio"]) == ("not measured", None)
    assert result["reason"] == "not in this test"


def test_changed_numerics_fail_unless_accepted(lab, tmp_path, monkeypatch):
    lab.numerics = Numerics("changed", 1e-3, array="gradient of bias")
    monkeypatch.setattr(run.Gate, "_prepared", lambda self, cell: {})
    monkeypatch.setattr(
        cells.accuracy,
        "accuracy",
        lambda *given: Decision("short_run", "fraction", "unchanged"),
    )
    code, verdict = gate(tmp_path)
    assert code == 1
    assert verdict["cells"][0]["numerics"]["accuracy"]["outcome"] == "unchanged"
    assert gate(tmp_path, accept=["numerics"])[0] == 0


def test_without_data_the_accuracy_alone_is_unknown(lab, tmp_path, monkeypatch):
    def lacking(self, cell):
        raise UserError("DATA=/none: there is no such folder")

    lab.numerics = Numerics("changed", 1e-3, array="gradient of bias")
    monkeypatch.setattr(run.Gate, "_prepared", lacking)
    code, verdict = gate(tmp_path)
    accuracy = verdict["cells"][0]["numerics"]["accuracy"]
    assert code == 1
    assert accuracy["outcome"] == "not measured"
    assert "no such folder" in accuracy["reason"]
    assert decision(verdict, "rnn torch eager")["outcome"] == "unchanged"


def test_both_orders_are_equally_frequent(lab, tmp_path):
    gate(tmp_path)
    first = [order for name, order in lab.pairs if name == "rnn"]
    assert len(first) % 2 == 0
    assert sum(first) == len(first) / 2


def test_the_same_seed_draws_the_same(lab, tmp_path):
    gate(tmp_path)
    before, lab.pairs = lab.pairs, []
    gate(tmp_path)
    assert lab.pairs == before


def test_a_killed_worker_costs_a_pair_and_no_more(lab, tmp_path):
    lab.events = {2: WorkerFailed("head: killed (signal 9)")}
    code, verdict = gate(tmp_path)
    assert code == 0
    assert decision(verdict, "rnn torch eager")["outcome"] == "unchanged"


def test_lost_pairs_do_not_count_as_measured(lab, tmp_path):
    killed = WorkerFailed("head: killed (signal 9)")
    lab.events = {1: killed, 3: killed}
    _, verdict = gate(tmp_path, budget_seconds=0.001)
    result = decision(verdict, "rnn torch eager")
    assert result["pairs"] == 4
    assert result["low"] < result["ratio"] < result["high"]


@pytest.mark.parametrize("number", [1, 3])
def test_a_cell_that_raises_is_not_measured(lab, tmp_path, number):
    lab.events = {
        number: WorkerFailed("base: raised ValueError: x", "last line")
    }
    code, verdict = gate(tmp_path)
    assert code == 2
    failed, other = verdict["cells"]
    assert failed["failure"] == "base: raised ValueError: x (last line)"
    assert other["failure"] is None


def test_a_worker_that_is_killed_again_and_again_ends_its_cell(lab, tmp_path):
    killed = WorkerFailed("head: killed (signal 9)")
    lab.events = dict.fromkeys(range(1, 9), killed)
    code, verdict = gate(tmp_path)
    assert code == 2
    assert verdict["cells"][0]["failure"].startswith("head: killed")


def test_a_framework_that_is_not_installed_is_skipped(
    lab, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        run,
        "unavailable",
        lambda cell, around: (
            "no torch here" if cell["workload"]["name"] == "cnn" else None
        ),
    )
    code, verdict = gate(tmp_path)
    assert code == 0
    assert verdict["skipped"] == {"cnn torch eager": "no torch here"}


def test_nothing_measured_is_not_a_pass(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(
        run, "unavailable", lambda cell, around: "no torch here"
    )
    assert gate(tmp_path)[0] == 2


def test_ctrl_c_keeps_what_was_decided(lab, tmp_path):
    lab.after = {3: KeyboardInterrupt()}
    code, verdict = gate(tmp_path)
    assert code == 130
    assert [cell["title"] for cell in verdict["cells"]] == ["rnn torch eager"]
    assert verdict["interrupted"] is True


def test_ctrl_c_before_anything_is_decided(lab, tmp_path):
    lab.events = {1: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        gate(tmp_path)


def test_an_edit_in_the_middle_is_refused(lab, tmp_path, monkeypatch):
    def edited(side, before):
        raise UserError("this tree was edited")

    monkeypatch.setattr(trees, "ensure_unchanged", edited)
    with pytest.raises(UserError, match="edited"):
        gate(tmp_path)


def test_an_earlier_verdict_does_not_stay(lab, tmp_path, monkeypatch):
    gate(tmp_path)
    lab.events = {1: KeyboardInterrupt()}
    lab.pairs = []
    with pytest.raises(KeyboardInterrupt):
        gate(tmp_path)
    assert not list((tmp_path / "report").iterdir())


def test_the_budget_is_shared(lab, tmp_path):
    chosen = settings.read()
    chosen.budget_seconds = 100.0
    made = run.Gate(chosen, tmp_path, Console())
    assert made._share(4) == 25.0
    made.results = [cells.CellResult("x", {}, seconds=70.0)]
    assert made._share(3) == 10.0
    made.results[0].seconds = 200.0
    assert made._share(3) == 1.0  # four pairs all the same


def test_the_books_own_programs_are_no_part_of_it(lab, tmp_path, monkeypatch):
    slide = gate_trees.cell(framework={"name": "slide", "mode": "torch"})
    monkeypatch.setattr(
        compose_cells, "paired", lambda *given: {"rnn slide": (slide, slide)}
    )
    with pytest.raises(UserError, match="no part of the gate"):
        gate(tmp_path)
