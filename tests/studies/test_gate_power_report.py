"""The study of the gate: trials, other tools, tables, the command."""

import json
import random

import pytest

from benchmarks.commands import gate_power
from benchmarks.environment import machine_lock
from benchmarks.errors import UserError
from benchmarks.gate.decide import Rule
from benchmarks.gate.settings import read as read_settings
from benchmarks.studies.gate_power import (
    other_tools,
    report,
    rounds,
    study,
    tables,
)
from benchmarks.studies.gate_power import pool as pools
from benchmarks.studies.gate_power.report import Report
from benchmarks.studies.gate_power.trials import (
    Outcome,
    consecutive,
    rate,
    resampled,
    summary,
)
from tests.support.pools import HEAD, filled, one_round

RULE = Rule(floor=0.02, tests=1)


def test_trials_never_share_a_pair():
    values = [0.05 + 0.001 * (n % 3) for n in range(40)]
    orders = [1, -1] * 20
    result = consecutive((values, orders), RULE, 20)
    assert [trial.outcome for trial in result] == ["regressed"] * 5
    assert sum(one.pairs for one in result) == 40
    # ... and what the pool leaves undecided is no trial
    assert len(consecutive((values[:36], orders[:36]), RULE, 20)) == 4


def test_a_trial_without_a_decision_is_inconclusive():
    values = [0.02 + 0.05 * (-1) ** (n // 2) for n in range(12)]
    result = consecutive((values, [1, -1] * 6), RULE, 6)
    assert [trial.outcome for trial in result] == ["inconclusive"] * 2
    assert [one.pairs for one in result] == [6, 6]


def test_resampling_is_seeded_and_balanced():
    draw = random.Random(1)
    values = [draw.gauss(0.03, 0.015) for _ in range(60)]
    pairs = values, [1, -1] * 30
    first = resampled(pairs, RULE, 20, 50, seed=3)
    assert len(first) == 50
    assert first == resampled(pairs, RULE, 20, 50, seed=3)
    assert first != resampled(pairs, RULE, 20, 50, seed=4)
    assert resampled((values, [1] * 60), RULE, 20, 50) == []


def test_a_rate_has_the_interval_of_clopper_and_pearson():
    nothing = rate(0, 200)
    assert (nothing.low, nothing.share) == (0, 0)
    assert nothing.high == pytest.approx(1 - 0.025 ** (1 / 200))
    result = rate(38, 40)  # Clopper and Pearson by R's binom.test
    assert result.low == pytest.approx(0.8308, abs=1e-4)
    assert result.high == pytest.approx(0.9939, abs=1e-4)


def test_a_summary_counts_the_right_direction():
    words = ["regressed", "improved", "unchanged", "inconclusive"]
    result = [Outcome(word, 4 + n, 0.01) for n, word in enumerate(words)]
    same, slower, faster = (summary(result, size) for size in (0, 5, -5))
    assert same.detected.count == 2
    assert (slower.detected.count, slower.opposite) == (1, 1)
    assert (faster.detected.count, faster.opposite) == (1, 1)
    assert slower.inconclusive == 1
    assert (slower.pairs_median, slower.pairs_max) == (5.5, 7)
    assert summary([], 5) is None


def test_rules_of_other_tools():
    base = [1.0, 1.0, 1.0, 1.1]
    assert not other_tools.slower(base, [1.049 * one for one in base])
    assert other_tools.slower(base, [1.051 * one for one in base])
    steps = [1 + 0.001 * n for n in range(100)]
    assert not other_tools.shifted(steps, steps)
    assert other_tools.shifted(steps, [1.03 * one for one in steps])
    assert not other_tools.shifted([1.03 * one for one in steps], steps)


def test_other_tools_compare_every_base_with_every_head(tmp_path):
    path = tmp_path / "other.jsonl"
    pools.begin(path, HEAD)
    planned = other_tools._plan(2, seed=0)
    assert planned[0] == ("base", 0, 0)
    assert len(set(planned)) == len(planned) == 8
    for side, size, copy in planned:
        steps = [(1 + size / 50) * (1 + 0.001 * n) for n in range(50)]
        process = {"side": side, "size": size, "copy": copy, "steps": steps}
        process["failed"] = size == 3 if side == "head" else None
        pools.append(path, process)
    result = pools.read(path)
    assert other_tools.alarms(result, 0) == other_tools.Alarms(0, 0, 4)
    assert other_tools.alarms(result, 5) == other_tools.Alarms(4, 4, 4)
    # 3 is injected as 6 %, so both fail; the command line denies it for 5
    assert other_tools.agreed(result) == (4, 6)


PAGE = f"# Gate\n\n{tables.BEGIN}\nold\n{tables.END}\n\nEnd.\n"


def test_tables_replace_what_is_between_the_markers(tmp_path):
    page = tmp_path / "gate.md"
    page.write_text(PAGE)
    tables.rewrite(page, "| new |")
    once = page.read_text()
    tables.rewrite(page, "| new |")
    assert page.read_text() == once
    assert "old" not in once and once.endswith("\n\nEnd.\n")
    page.write_text("no markers")
    with pytest.raises(UserError, match="power:begin"):
        tables.rewrite(page, "")
    with pytest.raises(UserError, match="cannot be read"):
        tables.rewrite(tmp_path / "none.md", "")


def test_a_report_has_every_size_and_all_trials(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "SIMULATED", 20)
    pool = pools.read(filled(tmp_path, 40, noise=0.004))
    text = Report([pool], read_settings(), 30).text()
    lines = text.splitlines()
    for size in pools.SIZES[1:]:
        assert sum(f"| {size:+d} % |" in line for line in lines) == 1
    row = next(line for line in lines if line.startswith("| +5 % |"))
    words = [word.strip() for word in row.strip("|").split("|")]
    assert words[2] == "40" and words[3] == "5"  # rounds; trials of 8 pairs
    assert words[4] == "5 (100 %)" and words[6:8] == ["0", "0"]
    assert "0 false alarms in" in text
    assert "revision 0123456" in text and "`abc`" in text


def test_the_command_reports_and_refuses(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(report, "SIMULATED", 20)
    page = tmp_path / "gate.md"
    page.write_text(PAGE)
    given = ["--report-only", "--runs", str(tmp_path), "--docs", str(page)]
    given += ["--resamples", "5"]
    assert gate_power.main(given) == 2
    assert "no rounds" in capsys.readouterr().err
    filled(tmp_path / "gate" / "power", 12)
    assert gate_power.main(given) == 0
    assert "### rnn torch eager" in page.read_text()


def test_ctrl_c_keeps_the_rounds(tmp_path, capsys, monkeypatch):
    path = filled(tmp_path, 0)
    monkeypatch.setattr(
        study.compose_cells, "cells", lambda *given: {"a": HEAD["cell"]}
    )
    monkeypatch.setattr(study.Study, "_pool", lambda self, *_: path)
    alone = machine_lock.alone
    monkeypatch.setattr(machine_lock, "alone", lambda: alone(tmp_path / "lock"))
    numbers = []

    def measure(cell, number, *rest):
        if number == 2:
            raise KeyboardInterrupt
        numbers.append(number)
        return one_round(number)

    monkeypatch.setattr(rounds, "measure", measure)
    head = json.loads(path.read_text()) | {
        "seed": 0,
        "cell": HEAD["cell"] | {"seed": 0, "precision": "float32"},
    }
    head["cell"]["device"] = {"name": "cpu"}
    pools.begin(path, head)
    assert gate_power.main(["--runs", str(tmp_path)]) == 130
    assert "every finished round is kept" in capsys.readouterr().err
    assert len(pools.read(path).rounds) == 2
