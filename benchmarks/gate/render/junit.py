"""The verdict as JUnit XML, in the form that GitLab and Jenkins both read.

One testsuite per cell; one testcase per metric and one for the numerics.
Regressed, changed: failure. Inconclusive, could not be measured: error. Not
measured: skipped, with the reason. Schema: junit-10.xsd of Jenkins' xUnit
plugin (elements, attributes and their order).
"""

import re
from xml.etree import ElementTree as xml

from benchmarks.gate.render import summary, wording
from benchmarks.records.verdict import (
    CHANGED,
    INCONCLUSIVE,
    NOT_MEASURED,
    REGRESSED,
    CellResult,
    Verdict,
)

# What XML 1.0 may not hold, not even escaped
FORBIDDEN = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
TAGS = {
    REGRESSED: "failure",
    CHANGED: "failure",
    INCONCLUSIVE: "error",
    NOT_MEASURED: "skipped",
}
COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render(verdict: Verdict) -> str:
    """The document, with its declaration."""
    root = xml.Element("testsuites", name="gate")
    root.set("time", f"{verdict.seconds:.3f}")
    for cell in verdict.cells:
        _suite(root, cell, verdict.accepted)
    if not verdict.cells:
        nothing = CellResult("gate", {}, failure="no cell was compared")
        _suite(root, nothing, accepted=False)
    for name in ("tests", "failures", "errors"):
        total = sum(int(suite.attrib[name]) for suite in root)
        root.set(name, str(total))
    xml.indent(root)
    text = xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(root: xml.Element, cell: CellResult, accepted: bool) -> None:
    suite = xml.SubElement(root, "testsuite", name=_clean(cell.title))
    suite.set("time", f"{cell.seconds:.3f}")
    if cell.failure:
        _case(suite, "measuring", summary.FAILED, "error", cell.failure)
    for decision in summary.comparisons(cell):
        outcome = decision.outcome
        skipped = decision.reason if outcome == NOT_MEASURED else None
        message = skipped or wording.described(decision)
        passed = outcome == CHANGED and accepted
        tag = "system-out" if passed else TAGS.get(outcome, "system-out")
        _case(suite, decision.metric, outcome, tag, message)
    suite.set("tests", str(len(suite)))
    for name, tag in COUNTED.items():
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))


def _case(
    suite: xml.Element, name: str, outcome: str, tag: str, message: str
) -> None:
    case = xml.SubElement(suite, "testcase", name=_clean(name))
    # Jenkins takes the text before the last dot for a package
    case.set("classname", "gate." + suite.attrib["name"].replace(".", "_"))
    child = xml.SubElement(case, tag)
    if tag != "system-out":
        child.set("message", _clean(message))
        child.set("type", outcome)
    if tag != "skipped":
        child.text = _clean(message)  # shown by GitLab; Jenkins: the message


def _clean(outside: str) -> str:
    return FORBIDDEN.sub("\ufffd", outside)
