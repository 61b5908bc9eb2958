"""Verdicts in words: headline, magnitudes, lines for the terminal."""

from pathlib import Path

import pytest

from benchmarks.gate.render import comment, summary, terminal, wording
from benchmarks.records.verdict import Numerics
from tests.support import synthetic_gate as made
from tests.support.synthetic_gate import COMPILATIONS, PEAK, STEP

FOLDER = Path("reports/gate")


@pytest.mark.parametrize(
    ("cells", "changes", "expected"),
    [
        ([], {}, "Could not be measured: no cell was compared"),
        (
            [made.cell("a b", made.decision(PEAK, "regressed", 1.5))],
            {},
            "Regressed: 1 of 1 cell larger",
        ),
        (
            [made.cell("a b", made.decision(outcome="inconclusive"))],
            {},
            "Inconclusive: 1 of 1 cell inconclusive",
        ),
        (
            [made.cell("a b"), made.failed("c d", "it died")],
            {},
            "Could not be measured: 1 of 2 cells could not be measured,"
            " 1 unchanged",
        ),
        (
            [
                made.cell("a b"),
                made.cell("c d", made.decision(outcome="improved")),
            ],
            {},
            "Passed: 1 of 2 cells faster, 1 unchanged;"
            " 4 comparisons, nothing regressed",
        ),
        (
            [made.cell("a b", numerics=Numerics("changed"))],
            {},
            "Changed numerics: 1 of 1 cell with changed numerics",
        ),
        (
            [made.cell("a b", numerics=Numerics("changed"))],
            {"accept": ["numerics"]},
            "Accepted: 1 of 1 cell with changed numerics (accepted);"
            " 2 comparisons, nothing regressed",
        ),
        (
            [made.cell("a b", numerics=None)],
            {"skipped": {"gpt": "main has no such workload"}},
            "Passed: 1 cell, 1 comparison, nothing regressed"
            " (1 skipped; numerics of 1 cell not compared)",
        ),
        (
            [made.cell("a b", made.decision(outcome="not measured"))],
            {"interrupted": True},
            "Inconclusive: 1 of 1 cell unchanged (interrupted)",
        ),
    ],
)
def test_the_verdict_in_one_sentence(cells, changes, expected):
    verdict = made.verdict(*cells, **changes)
    assert summary.headline(verdict) == expected


def test_a_cell_without_a_measurement_is_not_unchanged():
    unknown = made.cell(
        "a b", made.decision(outcome="not measured"), numerics=None
    )
    assert summary.statuses(unknown) == ["not compared"]


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.0299, "slightly slower"),
        (1.03, "clearly slower"),
        (1.0999, "clearly slower"),
        (1.25, "much slower"),
        (1.31, "very much slower"),
        (0.98, "slightly faster"),
        (0.69, "very much faster"),
        (1.0, "the same"),
        (None, "slower"),
    ],
)
def test_magnitudes_in_words(ratio, words):
    assert wording.compared(made.decision(STEP, "regressed", ratio)) == words


@pytest.mark.parametrize(
    ("metric", "base", "head", "shown"),
    [
        (STEP, 40.0, 44.92, "40.0 → 44.9 ms"),
        (STEP, 40.0, 40.001, "40.000 → 40.001 ms"),
        (PEAK, 1e9, 1e9 + 1000, "1,000.000 → 1,000.001 MB"),
        (PEAK, 5e6, 5e6, "5.00 → 5.00 MB"),
        (COMPILATIONS, 0, 3, "0 → 3"),
        ("decoding_tokens_per_second", 1234, 987, "1,230 → 987 tokens/s"),
        (STEP, None, 3.0, "–"),
    ],
)
def test_values_in_figures_that_tell_them_apart(metric, base, head, shown):
    one = made.decision(metric, base=base, head=head)
    assert wording.values(one) == shown


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (0.1234, "+12.3 %"),
        (-0.5, "-50.0 %"),
        (0.00002, "+0.002 %"),
        (24.0, "+2,400 %"),
        (0.0, "0.0 %"),
    ],
)
def test_per_cent(fraction, shown):
    assert wording.percent(fraction) == shown


def test_what_repeats_exactly_has_no_interval():
    one = made.decision(PEAK, low=1.002, high=1.002)
    assert wording.interval(one) == "exact"


def test_what_has_shrunk_to_nothing_comes_first():
    gone = made.decision(COMPILATIONS, "improved", 0.0, base=3, head=0)
    verdict = made.verdict(
        made.cell("a b", made.decision(outcome="improved", ratio=0.1)),
        made.cell("c d", gone),
    )
    assert summary.select(verdict, "improved")[0][1] is gone
    assert wording.compared(gone) == "very much fewer"


def test_the_terminal_shows_the_worst_first():
    assert terminal.lines(made.mixed(), FOLDER)[5:-2] == [
        "  cnn torch eager                               "
        "slower, with higher counts (1 more)",
        "    compilations        more             0 -> 3",
        "    training step       much slower        +12.3 %"
        "  [+11.3 %, +13.3 %]   16 pairs  noise 2.1 %",
        "  rnn torch eager                               slower",
        "    training step       clearly slower      +7.0 %"
        "  [+6.0 %, +8.0 %]     8 pairs   noise 2.1 %",
        "  bilstm jax jit                                with changed numerics",
        "    numerics            differ by 0.00031 in gradient of"
        " hidden.kernel",
        "                        faster, but with changed numerics",
        "  gpt torch eager                               could not be measured",
        "    base: no workload gpt at origin/main",
        "  rnn jax jit                                   inconclusive",
        "    training step       inconclusive        +4.9 %"
        "  [+3.9 %, +5.9 %]     8 pairs   12 more needed",
        "    inference           inconclusive     the budget is spent",
        "  cnn jax jit                                   faster",
        "    training step       much faster        -20.0 %"
        "  [-21.0 %, -19.0 %]   8 pairs   noise 2.1 %",
        "  bilstm torch eager                            "
        "unchanged  3 comparisons",
    ]


def test_lines_are_short_and_few_whatever_they_hold():
    long = "very long " * 60 + "\nand in two lines"
    numerics = Numerics("changed", largest=1.0, array=long, reason=long)
    wide = made.decision(outcome="inconclusive", reason=long)
    cells = [
        made.failed(long, long),
        made.cell(long, wide, wide, wide, numerics=numerics),
        made.cell(long, made.decision(outcome="regressed", ratio=1e4)),
    ]
    lines = terminal.lines(made.verdict(*cells), FOLDER)
    assert max(map(len, lines[:-1])) <= 100
    blank = lines.index("")
    assert len(lines[blank + 1 : -2]) <= 9
    assert not any("\n" in line for line in lines)


def test_a_regression_without_figures_says_why():
    decision = made.decision(
        outcome="regressed", ratio=None, reason="head: diverged"
    )
    verdict = made.verdict(made.cell("a b", decision))
    assert "| **slower** (head: diverged) | – |" in comment.render(verdict)
    assert terminal.lines(verdict, FOLDER)[5] == (
        "    training step       slower           head: diverged"
    )
