"""Each number that a gate publishes equals one from SciPy, or by hand.

Bounds such as low < ratio < high hold for doubled p-values and for 90 %
limits, too.
"""

import numpy as np
import pytest
from scipy import stats

from benchmarks.gate import cells
from benchmarks.gate.decide import Rule, Trial
from tests.support.gate_lab import STEP, decision, gate

TIMED = STEP, "startup_seconds", "host_peak_bytes"
TITLES = "rnn torch eager", "cnn torch eager"
NOTHING = {"rel": 1e-9}


@pytest.fixture
def measured(lab, monkeypatch):
    """The lab, which keeps what each pair has given: (title, samples)."""
    seen, measure = [], lab.measure

    def keeping(opened, how):
        samples = measure(opened, how)
        seen.append((lab.pairs[-1][0], samples))
        return samples

    monkeypatch.setattr(cells, "measure", keeping)
    lab.slower = {STEP: 1.012, "startup_seconds": 0.995}
    return lab, seen


def of_cell(measured, title, metric):
    """Base, head and starting order (1: base first) of each pair."""
    lab, seen = measured
    name = title.split()[0]
    values = [
        [side[metric]["value"] for side in samples]
        for other, samples in seen
        if other == name
    ]
    orders = [1 if first else -1 for other, first in lab.pairs if other == name]
    base, head = np.transpose(values)
    return base, head, np.array(orders)


def one_sided(fit, count):
    """p of growth: Student's t of the mean over its error."""
    return stats.t.sf(fit.intercept / fit.intercept_stderr, count - 2)


def fitted(measured, verdict, title, metric):
    """SciPy's regression of log-ratios on the starting order."""
    count = decision(verdict, title, metric)["pairs"]
    base, head, orders = (v[:count] for v in of_cell(measured, title, metric))
    # Where both orders are as frequent, the intercept is the mean
    return stats.linregress(orders, np.log(head / base)), count


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("metric", TIMED)
def test_ratio_interval_and_medians(measured, tmp_path, title, metric):
    _, verdict = gate(tmp_path)
    result = decision(verdict, title, metric)
    fit, count = fitted(measured, verdict, title, metric)
    assert count >= 4
    reach = stats.t.ppf(0.975, count - 2) * fit.intercept_stderr
    limits = np.exp(fit.intercept + np.array([0, -reach, reach]))
    published = [result[name] for name in ("ratio", "low", "high")]
    assert published == pytest.approx(list(limits), **NOTHING)
    base, head, _ = (v[:count] for v in of_cell(measured, title, metric))
    assert result["base"] == np.median(base)
    assert result["head"] == np.median(head)
    assert result["log_ratios"] == pytest.approx(list(np.log(head / base)))
    residuals = result["log_ratios"] - fit.intercept
    residuals = (
        residuals - fit.slope * of_cell(measured, title, metric)[2][:count]
    )
    spread = np.sqrt((residuals**2).sum() / (count - 2))
    assert result["noise"] == pytest.approx(spread, **NOTHING)


def test_p_values_are_adjusted_over_all_cells(measured, tmp_path):
    """Holm 1979, step by step, over both cells' comparisons."""
    _, verdict = gate(tmp_path)
    plain = {
        (title, metric): one_sided(*fitted(measured, verdict, title, metric))
        for title in TITLES
        for metric in TIMED
    }
    largest, expected = 0.0, {}
    for rank, key in enumerate(sorted(plain, key=plain.get)):
        largest = max(largest, min(1.0, (len(plain) - rank) * plain[key]))
        expected[key] = largest
    assert len(expected) == 6 and 0 < min(expected.values()) < 0.5
    for (title, metric), p in expected.items():
        published = decision(verdict, title, metric)["p"]
        assert published == pytest.approx(p, **NOTHING), (title, metric)


def test_the_family_is_every_timed_comparison_of_the_gate(
    measured, tmp_path, monkeypatch
):
    rules = []

    class Kept(Trial):
        def __init__(self, rule):
            rules.append(rule)
            super().__init__(rule)

    monkeypatch.setattr(cells, "Trial", Kept)
    gate(tmp_path)
    timed = len(cells.TIMED)
    assert timed == 6 and len(rules) == 2 * timed
    assert {rule.tests for rule in rules} == {2 * timed}


def test_the_levels_of_the_rule():
    """docs/gate.md: a flag at 1 %, fresh pairs and the family at 5 %."""
    rule = Rule()
    assert (rule.alpha, rule.confirmation, rule.family) == (0.01, 0.05, 0.05)
    assert rule.equivalence == 0.025


@pytest.mark.parametrize(
    ("level", "decided"), [(0.0099, True), (0.0101, False)]
)
def test_a_flag_takes_a_p_value_below_one_per_cent(level, decided):
    """Four pairs, no order effect: t with two degrees of freedom."""
    t = stats.t.isf(level, 2)
    assert t > 3  # standard errors, the other condition
    # Mean m and spread s of four values in two orders with t = m / (s / 2)
    spread = 0.02
    mean = t * spread / 2
    reach = spread / np.sqrt(2)  # residuals of either sign: s^2 = 4 r^2 / 2
    values = [mean + sign * reach for sign in (1, 1, -1, -1)]
    trial = Trial(Rule(floor=0.01))
    for value, order in zip(values, (1, -1, 1, -1), strict=True):
        trial.add(value, order)
    assert trial.now().p() == pytest.approx(level, rel=1e-9)
    assert trial.now().spread == pytest.approx(spread, rel=1e-9)
    assert (trial._sign == 1) is decided and trial.outcome is None
