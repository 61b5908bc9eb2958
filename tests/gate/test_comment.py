"""The comment on a pull request: content, order, length."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.commands import gate_comment
from benchmarks.gate.render import comment, markdown
from tests.support import synthetic_gate as made
from tests.support.synthetic_gate import LATENCY

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def mixed() -> str:
    return comment.render(made.mixed())


def section(text: str, title: str) -> str:
    """What stands under a title."""
    return text.split(f"#### {title}\n")[1].split("\n#### ")[0]


def test_first_comes_the_verdict_then_the_marker(mixed):
    first, second, third, *_ = mixed.splitlines()
    assert first == (
        "### Regressed: 2 of 7 cells slower, 1 with higher counts,"
        " 1 with changed numerics, 1 could not be measured,"
        " 1 inconclusive, 1 faster, 1 unchanged"
    )
    assert (second, third) == ("<!-- triptych-gate -->", "")


def test_a_pass():
    text = comment.render(made.passed())
    assert text.startswith(
        "### Passed: 9 cells, 54 comparisons, nothing regressed\n"
    )
    assert "The same environment: Python 3.11.7, A Processor, 2 cores" in text
    assert "no GPU, numpy 2.4.6, torch 2.13.0." in text
    for title in ("Regressed", "Improved", "Inconclusive", "Changed numerics"):
        assert f"#### {title}" not in text
    assert "<summary>Unchanged: 54 comparisons</summary>" in text
    assert "Not measured" not in text


def test_the_largest_comes_first_and_all_figures_are_there(mixed):
    rows = [
        line
        for line in section(mixed, "Regressed").splitlines()
        if line.startswith("| ") and "**" in line
    ]
    assert rows == [
        "| cnn torch eager | compilations | **more** | – | – | 0 → 3 | – |"
        " 2.1 % | 5 % |",
        "| cnn torch eager | training step | **much slower** | +12.3 % |"
        " [+11.3 %, +13.3 %] | 40.0 → 44.9 ms | 16 | 2.1 % | 5 % |",
        "| rnn torch eager | training step | **clearly slower** | +7.0 % |"
        " [+6.0 %, +8.0 %] | 40.0 → 42.8 ms | 8 | 2.1 % | 5 % |",
        "| cnn torch eager | inference | **slightly slower** | +2.0 % |"
        " [+1.0 %, +3.0 %] | 40.0 → 40.8 ms | 8 | 2.1 % | 5 % |",
    ]
    assert "**much faster** | −20.0 %" in section(mixed, "Improved")


def test_changed_numerics_are_never_an_improvement(mixed):
    changed = section(mixed, "Changed numerics")
    assert (
        "**bilstm jax jit**: largest relative"
        " difference 0.00031 in `gradient of hidden.kernel`, allowed 1e-10"
    ) in changed
    assert (
        "training step: much faster (−12.0 %), but with changed numerics"
    ) in changed
    assert "logits 2e-15, gradients 0.00031, shapes without limit" in changed
    assert (
        "short trainings over paired seeds: error rate unchanged, +0.1 %;"
        " accuracy 80.51 → 80.49 %; 5 pairs"
    ) in changed
    assert "bilstm jax jit" not in section(mixed, "Improved")
    assert mixed.index("#### Changed numerics") < mixed.index("#### Regressed")


def test_an_inconclusive_metric_tells_the_pairs_needed(mixed):
    rows = section(mixed, "Inconclusive")
    assert (
        "| training step | 12 more pairs needed | +4.9 % | [+3.9 %, +5.9 %] |"
    ) in rows
    assert "| inference | – (the budget is spent) |" in rows


def test_failures_configuration_and_reasons_are_listed(mixed):
    failure = "**gpt torch eager**: base: no workload gpt at origin/main"
    assert failure in section(mixed, "Could not be measured")
    assert (
        "| `workload.optimizer.learning_rate` | `0.001` | `0.002` |"
        " cnn torch eager, bilstm jax jit |"
    ) in section(mixed, "Different configuration")
    reason = "the allocator does not report it"
    assert f"| allocator peak | {reason} | cnn torch eager |" in mixed


def test_what_was_left_out_is_listed_with_its_reason():
    verdict = made.verdict(made.cell("a b"))
    verdict.skipped = {"gpt": "main has no such workload"}
    row = "| everything | main has no such workload | gpt |"
    assert row in comment.render(verdict)


def test_different_environments_are_a_warning_with_their_differences():
    cells = [made.cell("cnn torch eager"), made.cell("rnn torch eager")]
    for one in cells:
        one.environments["head"]["versions"]["torch"] = "2.14.0"
        one.environments["head"]["load_average"] = [9.0, 9.0, 9.0]
    cells[0].environments["base"]["gpu"] = "H100"
    text = comment.render(made.verdict(*cells))
    assert "**Different environments**" in text
    assert "The same environment" not in text
    assert "| versions.torch | 2.13.0 | 2.14.0 | all 2 |" in text
    assert "| gpu | H100 | none | cnn torch eager |" in text
    assert "load_average" not in text


def test_a_dirty_head_is_shown():
    verdict = made.verdict(made.cell("a b"))
    clean = comment.render(verdict)
    assert "| head | this tree | `9ab3c0ffee9a` | clean |" in clean
    assert "To run it again, at `9ab3c0ffee9a`:\n" in clean
    verdict.head.dirty = True
    text = comment.render(verdict)
    assert "**with changes that are not committed**" in text
    assert "with the same changes, which are not committed" in text


def test_one_command_runs_it_again(mixed):
    assert (
        f"```\nmake gate BASE={'1d2fd12ba4' * 4}"
        " CELLS='workload=cnn,rnn framework=torch' BUDGET=600s"
        " FLOOR=training_step_milliseconds=3% ARGS='--seed 7'\n```"
    ) in mixed


def test_nothing_from_outside_is_markup():
    bad = (
        "a | b `c` <script>*x*</script> [l](https://e.org)\n@you #12 www.e.org"
    )
    verdict = made.verdict(
        made.failed(f"cnn {bad}", bad),
        made.cell(
            "rnn torch",
            made.decision(outcome="not measured", reason=bad),
            configuration={"k|`": ["</details>", "``` @you"]},
        ),
    )
    verdict.settings["cells"] = ["```\n# x"]
    text = comment.render(verdict)
    plain = re.sub(r"`[^`\n]*`", "", text)
    assert "<script" not in text
    assert not re.search(r"(?<!\\)\*x|(?<!\\)\[l|://|@you|#12", plain)
    assert "www." not in text
    assert r"a \| b \`c\` &lt;script\>\*x\*&lt;/script\>" in text
    assert "| `k\\|'` | `</details>` | `''' @you` |" in text
    assert text.count("```") == 2
    assert text.count("</details>\n") == text.count("<details>")


def test_a_long_reason_is_shortened():
    assert markdown.text("x" * 1000) == "x" * 299 + "…"


def many(count: int):
    """A verdict with far too many comparisons for one comment."""
    return made.verdict(
        *(
            made.cell(
                f"cell number {number}",
                made.decision(outcome="regressed", ratio=2 + number / 1e4),
                made.decision(LATENCY),
            )
            for number in range(count)
        )
    )


def test_a_long_comment_is_cut_in_what_is_folded_first():
    whole = comment.render(many(200), limit=10**9)
    limit = len(whole) - 5000
    text = comment.render(many(200), limit)
    assert limit - 200 < len(text) <= limit
    assert text.count("**very much slower**") == 200
    left = re.search(r"… and (\d+) more: gate.json has them.", text)
    shown = text.count("| inference |") + text.count("| numerics |")
    assert left and int(left[1]) + shown == 400 and shown > 0
    assert text.count("<details>") == text.count("</details>") == 2


def test_a_very_long_comment_keeps_the_largest_and_the_command():
    text = comment.render(many(3000))
    assert len(text) <= comment.LIMIT == 65_536
    assert "+129.9 %" not in text  # number 0 has +100 %, 2999 +130 %
    assert "| cell number 2999 | training step | **very much slower**" in text
    assert "| cell number 0 |" not in text
    assert "make gate BASE=" in text
    assert "| inference |" not in text


def test_it_needs_the_standard_library_only(tmp_path):
    (tmp_path / "gate.json").write_text("{}")
    command = [sys.executable, "-S", "-m", "benchmarks.commands.gate_comment"]
    done = subprocess.run(
        [*command, str(tmp_path / "gate.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "gate.json's schema is None: expected 2" in done.stderr


def test_the_comment_without_a_verdict(tmp_path, capsys):
    assert gate_comment.main([str(tmp_path / "gate.json")]) == 0
    assert capsys.readouterr().out == (
        "### Could not be measured: the gate left no verdict; see its"
        " log\n<!-- triptych-gate -->\n"
    )
