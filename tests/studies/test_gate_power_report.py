"""The study of the gate: trials, other tools, tables, the command."""

import json
import random

import pytest

from benchmarks.commands import gate_power
from benchmarks.environment import machine_lock
from benchmarks.environment.files import replace_between
from benchmarks.errors import UserError
from benchmarks.gate.decide import Rule, Trial
from benchmarks.gate.settings import read as read_settings
from benchmarks.studies.gate_power import (
    other_tools,
    report,
    rounds,
    study,
)
from benchmarks.studies.gate_power import pool as pools
from benchmarks.studies.gate_power.report import Report
from benchmarks.studies.gate_power.trials import (
    consecutive,
    detected,
    resampled,
    undecided,
)
from tests.support.pools import HEAD, filled, one_round

RULE = Rule(floor=0.02, tests=1)


def test_trials_never_share_a_pair():
    values = [0.05 + 0.001 * (n % 3) for n in range(40)]
    pairs = list(zip(values, [1, -1] * 20, strict=True))
    trials = list(consecutive(pairs, RULE, 20))
    assert [trial.outcome for trial in trials] == ["regressed"] * 5
    assert [value for trial in trials for value in trial.values] == values
    # ... and what the pool leaves undecided is no trial
    assert len(list(consecutive(pairs[:36], RULE, 20))) == 4


def test_a_trial_without_a_decision_is_inconclusive():
    values = [0.02 + 0.05 * (-1) ** (n // 2) for n in range(12)]
    pairs = zip(values, [1, -1] * 6, strict=True)
    trials = list(consecutive(pairs, RULE, 6))
    assert undecided(trials) == 2
    assert [len(trial.values) for trial in trials] == [6, 6]


def test_resampling_is_seeded_and_balanced():
    draw = random.Random(1)
    values = [draw.gauss(0.03, 0.015) for _ in range(60)]
    pairs = list(zip(values, [1, -1] * 30, strict=True))
    first, again = (resampled(pairs, RULE, 20, 50) for _ in range(2))
    assert [t.values for t in first] == [t.values for t in again]
    assert len({tuple(trial.values) for trial in first}) == 50
    assert all(sum(trial.orders) == 0 for trial in first)
    assert resampled([(value, 1) for value in values], RULE, 20, 50) == []


def test_an_interval_is_that_of_clopper_and_pearson():
    high = 1 - 0.025 ** (1 / 200)
    assert report.interval(0, 200) == f"0.0 to {100 * high:.1f} %"
    assert report.interval(0, 0) == "–"
    assert report.interval(38, 40) == "83.1 to 99.4 %"  # R's binom.test


def test_a_summary_counts_the_right_direction():
    trials = []
    for number, outcome in enumerate(
        ["regressed", "improved", "unchanged", None]
    ):
        trial = Trial(RULE)
        trial.outcome = outcome
        trial.values = [0.01] * (4 + number)
        trial.orders = [1, -1] * 2 + [1] * number
        trials.append(trial)
    assert [detected(trials, size) for size in (0, 5, -5)] == [2, 1, 1]
    assert report.summary(trials, 5) == {
        "detected": "1 (25 %)",
        "95 % interval": "0.6 to 80.6 %",
        "opposite": "1",
        "inconclusive": "1",
        "pairs, median (max)": "5.5 (7)",
        "estimate": "+1.01 %",
    }
    assert report.summary(trials, 0)["false alarms"] == "2 (50 %)"
    assert set(report.summary([], -5).values()) == {"–"}


def test_rules_of_other_tools():
    base = [1.0, 1.0, 1.0, 1.1]
    assert not other_tools.slower(base, [1.049 * seconds for seconds in base])
    assert other_tools.slower(base, [1.051 * seconds for seconds in base])
    steps = [1 + 0.001 * n for n in range(100)]
    assert not other_tools.shifted(steps, steps)
    assert other_tools.shifted(steps, [1.03 * seconds for seconds in steps])
    assert not other_tools.shifted([1.03 * seconds for seconds in steps], steps)


def test_other_tools_compare_every_base_with_every_head(tmp_path):
    path = tmp_path / "other.jsonl"
    others = pools.begin(path, HEAD)
    planned = other_tools.plan(2, seed=0)
    assert planned[0] == ("base", 0, 0)
    assert len(set(planned)) == len(planned) == 8
    for side, size, copy in planned:
        steps = [(1 + size / 50) * (1 + 0.001 * n) for n in range(50)]
        process = {"side": side, "size": size, "copy": copy, "steps": steps}
        process["failed"] = size == 3 if side == "head" else None
        others.append(process)
    for size, failing in ((0, 0), (5, 4)):
        steps = other_tools.comparisons(others, size)
        assert len(steps) == 4
        for fails in other_tools.RULES.values():
            assert sum(fails(*pair) for pair in steps) == failing
    # 3 is injected as 6 %, so both fail; the command line denies it for 5
    assert sorted(other_tools.agreed(others)) == [False] * 2 + [True] * 4


PAGE = """# Gate

<!-- power:begin -->
old
<!-- power:end -->

End.
"""


def test_tables_replace_what_is_between_the_markers(tmp_path):
    page = tmp_path / "gate.md"
    page.write_text(PAGE)
    replace_between(page, "power", "| new |")
    once = page.read_text()
    replace_between(page, "power", "| new |")
    assert page.read_text() == once
    assert "old" not in once and once.endswith("\n\nEnd.\n")
    page.write_text("no markers")
    with pytest.raises(UserError, match="power:begin"):
        replace_between(page, "power", "")
    with pytest.raises(UserError, match="cannot be read"):
        replace_between(tmp_path / "none.md", "power", "")


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
    monkeypatch.setattr(study.Study, "_pool", lambda self, *_: pools.read(path))
    alone = machine_lock.alone
    monkeypatch.setattr(machine_lock, "alone", lambda: alone(tmp_path / "lock"))

    def measure(pool, *rest):
        if len(pool.rounds) == 2:
            raise KeyboardInterrupt
        return one_round(len(pool.rounds))

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
