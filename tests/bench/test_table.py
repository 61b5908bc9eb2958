"""The table at the end of a bench."""

import io

import pytest

from benchmarks.bench import console
from benchmarks.bench.table import BOLD, NOTE, PLAIN, RED, table

NOTES = [*NOTE.splitlines(), ""]


def entry(workload, framework, mode, rate, accuracy, **changed):
    metrics = {}
    if rate:
        metrics["training_examples_per_second"] = {
            "value": rate,
            "low": rate - 50,
            "high": rate + 20,
        }
    if accuracy:
        metrics["test_accuracy"] = {"value": accuracy, "low": None}
    usual = {"precision": "float32", "device": "cpu", "status": "finished"}
    return {
        "workload": workload,
        "framework": framework,
        "mode": mode,
        "metrics": metrics,
        **usual,
        **changed,
    }


ENTRIES = [
    entry("cnn", "jax", "jit", 1000, 0.5),
    entry("cnn", "torch", "eager", 2000, 0.75),
    entry("bilstm", "torch", "eager", 400, None),
]
LINES = [
    "",
    "workload  implementation  training/s  95 % +-  of best  accuracy",
    "bilstm    torch eager            400   12.5 %     1.00         -",
    "cnn       torch eager          2,000    2.5 %     1.00   75.00 %",
    "          jax jit              1,000    5.0 %     0.50   50.00 %",
]


def test_implementations_stand_below_each_other_with_their_share_of_the_best():
    assert table(ENTRIES) == LINES + NOTES
    assert max(map(len, NOTES)) <= 80


def test_a_narrow_terminal_leaves_the_interval_out():
    lines = table(ENTRIES, columns=60)
    assert lines[3] == "cnn       torch eager          2,000     1.00   75.00 %"
    assert max(map(len, lines[:5])) <= 60


def test_seeds_are_averaged():
    more = entry("bilstm", "torch", "eager", 600, None)
    row = table([*ENTRIES, more])[2]
    assert (
        row
        == "bilstm    torch eager            500  2 seeds     1.00         -"
    )


def test_the_fastest_is_bold_and_a_failure_red():
    failed = entry("cnn", "tensorflow", "xla", 9000, None, status="failed")
    lines = table([*ENTRIES, failed], color=True)
    assert lines[3].startswith(BOLD + "cnn") and lines[3].endswith(PLAIN)
    assert lines[4].startswith(RED) and "failed" in lines[4]
    assert lines[5].startswith("          jax jit")
    assert "9,000" not in "".join(lines)
    assert "of best" in lines[1] and "2.5 %" in lines[3]
    assert not any("\x1b" in line for line in table([*ENTRIES, failed]))


def test_other_precisions_and_devices_are_rows_of_their_own():
    other = entry(
        "cnn", "jax", "jit", 500, 0.5, precision="bfloat16", device="cuda"
    )
    assert table([*ENTRIES, other])[5].startswith(
        "          jax jit bfloat16 c"
    )


def test_a_pass_alone_leaves_its_columns_empty():
    assert table([entry("cnn", "jax", "jit", None, 0.5)])[2] == (
        "cnn       jax jit                  -        -        -   50.00 %"
    )
    assert table([entry("cnn", "jax", "jit", 10, None, status="skipped")]) == []
    assert table([]) == []


@pytest.mark.parametrize(
    ("terminal", "variable", "expected"),
    [(True, "", True), (True, "1", False), (False, "", False)],
)
def test_color_is_for_terminals_alone(
    monkeypatch, terminal, variable, expected
):
    monkeypatch.setenv("NO_COLOR", variable)
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    assert console.Console(stream).color == expected
