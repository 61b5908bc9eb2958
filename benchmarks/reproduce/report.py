"""The report of a reproduction: in the terminal, as Markdown, as JSON."""

import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bench import console
from benchmarks.environment import files
from benchmarks.records.schema import plain
from benchmarks.reproduce.compare import (
    DIFFERS,
    IDENTICAL,
    NOT_COMPARED,
    WITHIN,
    Finding,
)

REPRODUCED = "reproduced"
TAMPERED = "tampered"
NOT_TRIED = "could not be tried"
CODES = {REPRODUCED: 0, DIFFERS: 1, TAMPERED: 1, NOT_TRIED: 2}
VERDICTS = (IDENTICAL, WITHIN, DIFFERS, NOT_COMPARED)
# The heads of the tables in Markdown
QUANTITIES = [
    "| quantity | recorded | now | unit | verdict | compared with |",
    "| --- | ---: | ---: | --- | --- | --- |",
]
RECORDS = [
    "| set | record | test accuracy | now | verdict | reason |",
    "| --- | --- | ---: | ---: | --- | --- |",
]


@dataclass
class Result:
    """One record and its repetition."""

    id: str
    title: str
    origin: str
    state: str = NOT_TRIED
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    code: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    fingerprint: list[str | None] = field(default_factory=list)  # then, now
    environment: dict[str, list[Any]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0  # of the repetition
    kept: str = ""  # where the repetition's own record lies

    @property
    def differing(self) -> list[Finding]:
        """The quantities that differ."""
        return [each for each in self.findings if each.verdict == DIFFERS]

    def judge(self) -> None:
        """Set the state from the findings."""
        self.state = DIFFERS if self.differing else REPRODUCED
        self.reason = "; ".join(
            f"{each.name} {number(each.recorded)} -> {number(each.repeated)}"
            for each in self.differing
        )

    @property
    def summary(self) -> str:
        """Such as `12 identical, 5 within, 3 not compared`."""
        counts = Counter(finding.verdict for finding in self.findings)
        return ", ".join(f"{counts[v]} {v}" for v in VERDICTS if counts[v])


def lines(result: Result) -> list[str]:
    """The report of one record for a terminal."""
    shown = [f"{result.title}  ({result.id}, from {result.origin})"]
    shown += [f"  {name:<9}{text}" for name, text in _about(result)]
    if result.findings:
        shown += ["", f"  {'':<32}{'recorded':>13}{'now':>13}  verdict"]
    for finding in result.findings:
        recorded, repeated = number(finding.recorded), number(finding.repeated)
        verdict = finding.verdict
        if verdict in (DIFFERS, NOT_COMPARED):
            verdict += f": {finding.reason}"
        values = f"{recorded:>13}{repeated:>13}"
        shown.append(f"  {finding.name:<32}{values}  {verdict}")
    reason = "" if result.differing else result.reason
    last = f"{result.state}: {reason or result.summary}"
    return [*shown, "", last[0].upper() + last[1:]]


def markdown(result: Result) -> str:
    """The report of one record."""
    why = result.reason or result.summary
    text = [f"# {result.title}: {result.state}", "", f"`{result.id}`", ""]
    text += [f"{why}.", ""]
    text += [f"- {name}: {about}" for name, about in _about(result)]
    if result.findings:
        text += ["", *QUANTITIES]
    for each in result.findings:
        values = number(each.recorded), number(each.repeated)
        text.append(
            _row(each.name, *values, each.unit, each.verdict, _bounds(each))
        )
    return "\n".join([*text, ""])


def write(result: Result, out: Path) -> Path:
    """`<id>.json` and `<id>.md` in a folder; returns the latter's path."""
    name = re.sub(r"[^\w.-]+", "-", result.id)
    with files.disk(out):
        out.mkdir(parents=True, exist_ok=True)
        content = asdict(result) | {"summary": result.summary}
        files.write_json(out / f"{name}.json", plain(content))
        files.write_text(out / f"{name}.md", markdown(result))
    return out / f"{name}.md"


def write_all(results: list[Result], out: Path, name: str) -> Path:
    """`verify-<name>.md`: the table of many, replaced after each."""
    rows = [f"# Published results: {name}", "", *table(results), ""]
    path = out / f"verify-{name}.md"
    with files.disk(out):
        out.mkdir(parents=True, exist_ok=True)
        files.write_text(path, "\n".join(rows))
    return path


def table(results: list[Result]) -> list[str]:
    """Markdown that a terminal can show: one row per record."""
    rows = [*RECORDS]
    for result in results:
        accuracy = ("", "")
        for finding in result.findings:
            if finding.name == "test_accuracy":
                accuracy = number(finding.recorded), number(finding.repeated)
        why = result.reason or result.summary
        rows.append(
            _row(result.origin, result.title, *accuracy, result.state, why)
        )
    return rows


def number(value: float | None) -> str:
    """Five significant digits, all of a count."""
    if value is None:
        return "-"
    if isinstance(value, int) or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.5g}" if abs(value) < 1e5 else f"{value:,.0f}"


def _about(result: Result) -> list[tuple[str, str]]:
    """Code, data and machine: the same as recorded, or how they differ."""
    about = [("record", note) for note in result.notes]
    if result.code:
        about.append(("code", result.code["comparison"]))
    if result.data:
        about.append(("data", result.data["comparison"]))
    if result.fingerprint:
        then, now = result.fingerprint
        text = (
            f"{now}: the same"
            if then == now
            else f"{then} recorded, {now} here"
        )
        about.append(("machine", f"fingerprint {text}"))
    for key, (then, now) in result.environment.items():
        about.append(("", f"{key}: {then} recorded, {now} here"))
    if result.seconds:
        about.append(("took", console.duration(result.seconds)))
    return about


def _bounds(finding: Finding) -> str:
    if finding.low is None or finding.high is None:
        return finding.reason
    bounds = f"{number(finding.low)} to {number(finding.high)}"
    return f"{bounds}: {finding.reason}"


def _row(*cells: str) -> str:
    texts = [cell.replace("|", "\\|").replace("\n", " ") for cell in cells]
    return f"| {' | '.join(texts)} |"
