"""The verdict as JUnit XML, in what GitLab and Jenkins both read.

One testsuite per cell; one testcase per metric and one for mathematics.
Regressed: failure. Cannot tell, could not be measured: error. Not
measured: skipped, with the reason. Schema: junit-10.xsd of Jenkins' xUnit
plugin (elements, attributes and their order).
"""

import re
from xml.etree import ElementTree as xml

from benchmarks.gate.render import summary, wording
from benchmarks.records.verdict import (
    CANNOT_TELL,
    CHANGED,
    NOT_MEASURED,
    REGRESSED,
    CellResult,
    Mathematics,
    Verdict,
)

# What XML 1.0 may not hold, not even escaped
FORBIDDEN = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
TAGS = {
    REGRESSED: "failure",
    CHANGED: "failure",
    CANNOT_TELL: "error",
    NOT_MEASURED: "skipped",
}
COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render(verdict: Verdict) -> str:
    """The document, with its declaration."""
    root = xml.Element("testsuites", name="gate")
    accepted = summary.accepted(verdict)
    for cell in verdict.cells:
        root.append(_suite(cell, accepted))
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
    # Jenkins takes what stands before the last dot for a package
    group = "gate." + _clean(cell.title).replace(".", "_")
    if cell.failure:
        _case(suite, group, "measuring", "error", cell.failure)
    for one in summary.decisions(cell):
        told = one.reason if one.word == NOT_MEASURED else None
        said = told or wording.described(one)
        _case(suite, group, one.metric, TAGS.get(one.word), said, one.word)
    if maths := cell.mathematics:
        fine = maths.word == CHANGED and accepted
        tag = None if fine else TAGS.get(maths.word)
        said = _mathematics(maths)
        _case(suite, group, "mathematics", tag, said, maths.word)
    _count(suite)
    return suite


def _mathematics(told: Mathematics) -> str:
    if told.word == NOT_MEASURED:
        return told.reason or ""
    where = f" in {told.array}" if told.array else ""
    reason = f"; {told.reason}" if told.reason else ""
    return (
        f"mathematics {told.word}: largest relative difference"
        f" {wording.difference(told.largest)}{where}, allowed"
        f" {told.bound:.0e}{reason}"
    )


def _case(
    suite: xml.Element,
    group: str,
    name: str,
    tag: str | None,
    said: str,
    word: str = "could not be measured",
) -> None:
    case = xml.SubElement(suite, "testcase", name=_clean(name))
    case.set("classname", group)
    if tag is None:
        xml.SubElement(case, "system-out").text = _clean(said)
        return
    found = xml.SubElement(case, tag, message=_clean(said))
    found.set("type", word)
    if tag != "skipped":
        found.text = _clean(said)  # GitLab shows this, Jenkins the message


def _count(suite: xml.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in COUNTED.items():
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))


def _clean(outside: str) -> str:
    return FORBIDDEN.sub("\ufffd", str(outside))
