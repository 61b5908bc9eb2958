"""gate.json, junit.xml, and the command that prints a verdict."""

import json
import math
import sys
from xml.etree import ElementTree as xml

import pytest

from benchmarks.commands import gate_verdict
from benchmarks.gate.render import junit, write
from benchmarks.records import verdict as verdict_module
from benchmarks.records.verdict import Numerics, Verdict
from tests.support import synthetic_gate as made
from tests.support.synthetic_gate import COMPILATIONS, PEAK, STEP

FILES = {"gate.json", "comment.md", "junit.xml"}


@pytest.fixture
def plain() -> dict:
    """A whole gate.json, to break."""
    return json.loads(json.dumps(made.mixed().plain()))


def test_what_is_written_is_read_back_the_same(tmp_path):
    verdict = made.mixed()
    write.write(verdict, tmp_path / "gate")
    assert Verdict.read(tmp_path / "gate" / "gate.json") == verdict


def test_only_whole_files_are_left(tmp_path):
    write.write(made.mixed(), tmp_path)
    write.write(made.passed(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    text = (tmp_path / "comment.md").read_text(encoding="utf-8")
    assert text.startswith("### Passed")


def test_gate_json_is_the_verdict_and_nothing_else(tmp_path):
    write.write(made.passed(), tmp_path)
    verdict = json.loads((tmp_path / "gate.json").read_bytes())
    assert verdict == made.passed().plain()


def test_no_number_that_is_none_is_ever_written(tmp_path):
    bad = made.decision(
        outcome="regressed", ratio=None, base=math.nan, p=math.inf
    )
    largest = sys.float_info.max  # as judged where a result is not finite
    changed = Numerics("changed", largest, differences={"logits": largest})
    write.write(made.verdict(made.cell("a b", bad, numerics=changed)), tmp_path)
    for name in FILES:
        text = (tmp_path / name).read_text(encoding="utf-8").lower()
        assert "nan" not in text and "infinity" not in text
    cell = Verdict.read(tmp_path / "gate.json").cells[0]
    assert (cell.decisions[0].base, cell.decisions[0].p) == (None, None)
    assert cell.numerics.differences["logits"] > 1e300
    assert "without limit" in (tmp_path / "comment.md").read_text("utf-8")


def test_what_cannot_be_read_again_is_not_written(tmp_path):
    silent = made.decision(outcome="not measured", reason=None)
    with pytest.raises(ValueError, match=r"decisions\[0\]\.reason is None"):
        write.write(made.verdict(made.cell("a b", silent)), tmp_path)
    assert not list(tmp_path.iterdir())


def put(content: dict, path: str, value: object) -> None:
    """Set what a path like `cells.0.title` names; `...` deletes it."""
    *most, last = path.split(".")
    for key in most:
        content = content[int(key) if key.isdigit() else key]
    if value is ...:
        del content[last]
    else:
        content[int(last) if last.isdigit() else last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("schema", 1, "gate.json's schema is 1: expected 2"),
        ("seed", True, "gate.json's seed is True: expected a whole number"),
        ("seed", ..., "gate.json has no seed: expected a whole number"),
        ("extra", 1, "gate.json's extra is 1: expected no such key"),
        ("cells", {}, "gate.json's cells is {}: expected a list"),
        ("base.dirty", "no", "base.dirty is 'no': expected true or false"),
        ("head.label", ..., "gate.json has no head.label: expected text"),
        ("accept", "yes", "gate.json's accept is 'yes': expected a list"),
        ("skipped", [], "gate.json's skipped is []: expected an object"),
        ("settings.deep", [math.inf], "settings.deep[0] is inf: expected a"),
        ("cells.0.title", None, "cells[0].title is None: expected text"),
        ("cells.0.title", ..., "gate.json has no cells[0].title: expected"),
        ("cells.1.decisions.0.ratio", "1", "ratio is '1': expected a number"),
        ("cells.1.decisions.0.ratio", -1, "ratio is -1: expected a number f"),
        ("cells.1.decisions.0.low", 2.0, "(2.0, 1.133): expected low <= high"),
        ("cells.1.decisions.0.low", None, "(None, 1.133): expected both or"),
        (
            "cells.1.decisions.0.outcome",
            "bad",
            "[0].outcome is 'bad': expected regr",
        ),
        ("cells.1.decisions.0.pairs", -1, "pairs is -1: expected a count"),
        (
            "cells.1.decisions.0.log_ratios",
            [0.1, None],
            "cells[1].decisions[0].log_ratios[1] is None: expected a number",
        ),
        ("cells.1.decisions.3.reason", "", "[3].reason is '': expected why"),
        ("cells.3.numerics.outcome", "odd", "numerics.outcome is 'odd'"),
        ("cells.3.numerics.largest", math.nan, "largest is nan: expected"),
        ("cells.1.configuration.k", [1], "configuration.k is [1]: expected ["),
        ("cells.1.environments.base", 3, "environments.base is 3: expected"),
    ],
)
def test_what_is_broken_is_refused_by_its_key(plain, path, value, message):
    put(plain, path, value)
    with pytest.raises(ValueError) as refused:
        Verdict.load(plain)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"schema": 2', "gate.json is not whole JSON"),
        (b"\xff", "gate.json is not whole JSON"),
        (b"[1]", "expected an object"),
        (b"[" * 100_000, "gate.json is nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path, content, message):
    (tmp_path / "gate.json").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        Verdict.read(tmp_path / "gate.json")


def test_a_huge_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(verdict_module, "MAX_BYTES", 10)
    (tmp_path / "gate.json").write_text("[" + " " * 20 + "]")
    with pytest.raises(ValueError, match="has more than 10 bytes"):
        Verdict.read(tmp_path / "gate.json")


@pytest.fixture(scope="module")
def suites() -> dict[str, xml.Element]:
    root = xml.fromstring(junit.render(made.mixed()).encode())
    return {suite.attrib["name"]: suite for suite in root}


def outcome(suites: dict, cell: str, name: str) -> xml.Element:
    """The one child of a testcase."""
    (case,) = suites[cell].findall(f"testcase[@name='{name}']")
    (child,) = case
    return child


def test_outcomes_become_junit_elements(suites):
    tags = {
        ("cnn torch eager", STEP): "failure",
        ("cnn torch eager", COMPILATIONS): "failure",
        ("cnn torch eager", PEAK): "skipped",
        ("cnn torch eager", "numerics"): "system-out",
        ("cnn jax jit", STEP): "system-out",
        ("rnn jax jit", STEP): "error",
        ("gpt torch eager", "measuring"): "error",
        ("bilstm jax jit", "numerics"): "failure",
        ("bilstm jax jit", "short_run_accuracy_fraction"): "system-out",
    }
    assert {key: outcome(suites, *key).tag for key in tags} == tags
    reason = outcome(suites, "cnn torch eager", PEAK).get("message")
    assert reason == "the allocator does not report it"
    assert outcome(suites, "cnn torch eager", STEP).get("message") == (
        "training step regressed: much slower, +12.3 % [+11.3 %, +13.3 %];"
        " 40.0 → 44.9 ms; 16 pairs; noise of one pair 2.1 %;"
        " confirmed by fresh pairs; floor 5 %"
    )


def test_counts_are_those_of_the_cases(suites):
    counts = suites["cnn torch eager"].attrib
    assert [counts[k] for k in ("tests", "failures", "errors", "skipped")] == [
        "5",
        "3",
        "0",
        "1",
    ]
    root = xml.fromstring(junit.render(made.mixed()).encode())
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == (
        "19",
        "5",
        "3",
    )


# Of junit-10.xsd: element -> its attributes (required first) and children
SCHEMA = {
    "testsuites": ("", "name time tests failures errors", "testsuite"),
    "testsuite": (
        "name tests failures errors",
        "time skipped timestamp hostname id package file",
        "properties testcase system-out system-err",
    ),
    "testcase": (
        "name",
        "time classname group",
        "skipped error failure system-out system-err",
    ),
    "skipped": ("", "type message", ""),
    "error": ("", "type message", ""),
    "failure": ("", "type message", ""),
    "system-out": ("", "", ""),
}


def check(element: xml.Element) -> None:
    required, optional, children = map(str.split, SCHEMA[element.tag])
    assert set(required) <= set(element.attrib)
    assert set(element.attrib) <= {*required, *optional}
    for child in element:
        assert child.tag in children
        check(child)


def test_the_document_keeps_to_the_common_schema():
    for verdict in (made.mixed(), made.passed(), made.verdict()):
        check(xml.fromstring(junit.render(verdict).encode()))


def test_nothing_measured_is_no_success():
    (suite,) = xml.fromstring(junit.render(made.verdict()).encode())
    assert suite.get("errors") == "1"


def test_accepted_numerics_pass():
    verdict = made.mixed()
    verdict.accept = ["numerics"]
    root = xml.fromstring(junit.render(verdict).encode())
    assert root.get("failures") == "4"


def test_what_xml_may_not_hold_is_replaced():
    verdict = made.verdict(
        made.failed("a.b <c>", "died:\x00\x1b[31m <&> \ud800")
    )
    text = junit.render(verdict)
    (suite,) = xml.fromstring(text.encode())
    assert suite.get("name") == "a.b <c>"
    assert suite[0].get("classname") == "gate.a_b <c>"
    assert suite[0][0].get("message") == "died:\ufffd\ufffd[31m <&> \ufffd"


def test_the_last_line_explains_the_exit_code(tmp_path, capsys):
    write.write(made.mixed(), tmp_path)
    assert gate_verdict.main([str(tmp_path)]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == (
        f"{tmp_path}: gate.json, comment.md, junit.xml  (exit 1: regressed,"
        " or changed numerics)"
    )
    write.write(made.passed(), tmp_path)
    assert gate_verdict.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("(exit 0: nothing regressed)\n")


def test_no_verdict_is_exit_two(tmp_path, capsys):
    assert gate_verdict.main([str(tmp_path)]) == 2
    assert "gate.json does not exist" in capsys.readouterr().err
    (tmp_path / "gate.json").write_text('{"schema": 9}')
    assert gate_verdict.main([str(tmp_path)]) == 2
    assert "schema is 9: expected 2" in capsys.readouterr().err
