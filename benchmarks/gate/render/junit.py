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
    for cell in verdict.cells:
        root.append(_suite(cell, verdict.accepted))
    if not verdict.cells:
        suite = xml.SubElement(root, "testsuite", name="gate")
        _case(suite, "gate", "cells", "error", "no cell was compared")
        _count(suite)
    root.set("time", f"{verdict.seconds:.3f}")
    for name in ("tests", "failures", "errors"):
        total = sum(int(suite.get(name, 0)) for suite in root)
        root.set(name, str(total))
    xml.indent(root)
    text = xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(cell: CellResult, accepted: bool) -> xml.Element:
    suite = xml.Element("testsuite", name=_clean(cell.title))
    suite.set("time", f"{cell.seconds:.3f}")
    # Jenkins takes the text before the last dot for a package
    group = "gate." + _clean(cell.title).replace(".", "_")
    if cell.failure:
        _case(suite, group, "measuring", "error", cell.failure)
    for decision in summary.comparisons(cell):
        outcome = decision.outcome
        skipped = decision.reason if outcome == NOT_MEASURED else None
        message = skipped or wording.described(decision)
        passed = outcome == CHANGED and accepted
        tag = None if passed else TAGS.get(outcome)
        _case(suite, group, decision.metric, tag, message, outcome)
    _count(suite)
    return suite


def _case(
    suite: xml.Element,
    group: str,
    name: str,
    tag: str | None,
    message: str,
    kind: str = "could not be measured",
) -> None:
    case = xml.SubElement(suite, "testcase", name=_clean(name))
    case.set("classname", group)
    if tag is None:
        xml.SubElement(case, "system-out").text = _clean(message)
        return
    child = xml.SubElement(case, tag, message=_clean(message))
    child.set("type", kind)
    if tag != "skipped":
        child.text = _clean(message)  # shown by GitLab; Jenkins: the message


def _count(suite: xml.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in COUNTED.items():
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))


def _clean(outside: str) -> str:
    return FORBIDDEN.sub("\ufffd", str(outside))
