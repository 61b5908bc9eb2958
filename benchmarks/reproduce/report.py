"""What came of a reproduction: in the terminal, as Markdown, as JSON."""

import json
import os
import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bench import console
from benchmarks.records.schema import plain
from benchmarks.records.store import disk
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
        """What did not come out again."""
        return [one for one in self.findings if one.verdict == DIFFERS]

    def judged(self) -> None:
        """Set the state from the findings."""
        self.state = DIFFERS if self.differing else REPRODUCED
        shown = [
            f"{one.name} {number(one.recorded)} -> {number(one.found)}"
            for one in self.differing
        ]
        self.reason = "; ".join(shown)

    @property
    def summary(self) -> str:
        """Such as `12 identical, 5 within, 3 not compared`."""
        counts = Counter(one.verdict for one in self.findings)
        told = [f"{counts[one]} {one}" for one in VERDICTS if counts[one]]
        return ", ".join(told)


def lines(result: Result) -> list[str]:
    """The short table of a terminal."""
    found = [f"{result.title}  ({result.id}, from {result.origin})"]
    found += [f"  {name:<9}{told}" for name, told in _about(result)]
    if result.findings:
        found += ["", f"  {'':<32}{'recorded':>13}{'found':>13}  verdict"]
    for one in result.findings:
        values = f"{number(one.recorded):>13}{number(one.found):>13}"
        verdict = one.verdict
        if one.verdict in (DIFFERS, NOT_COMPARED):
            verdict += f": {one.reason}"
        found.append(f"  {one.name:<32}{values}  {verdict}")
    last = f"{result.state}: {result.reason or result.summary}"
    if result.differing:
        last = f"{result.state}: {result.summary}"
    return [*found, "" * bool(result.findings), last[0].upper() + last[1:]]


def markdown(result: Result) -> str:
    """The report of one record."""
    about = [f"- {name}: {told}" for name, told in _about(result)]
    rows = [
        "| quantity | recorded | found | unit | verdict | held against |",
        "| --- | ---: | ---: | --- | --- | --- |",
    ]
    for one in result.findings:
        cells = (
            *(one.name, number(one.recorded), number(one.found), one.unit),
            *(one.verdict, _against(one)),
        )
        rows.append("| " + " | ".join(map(_cell, cells)) + " |")
    table = ["", *rows] if result.findings else []
    why = result.reason or result.summary
    head = [f"# {result.title}: {result.state}", "", f"`{result.id}`", ""]
    return "\n".join([*head, f"{why}.", "", *about, *table, ""])


def write(result: Result, out: Path) -> Path:
    """`<id>.json` and `<id>.md` in a folder; returns the latter's path."""
    name = re.sub(r"[^\w.-]+", "-", result.id)
    told = asdict(result) | {"summary": result.summary}
    text = json.dumps(plain(told), indent=1, allow_nan=False)
    with disk(out):
        out.mkdir(parents=True, exist_ok=True)
        _replace(out / f"{name}.json", text + "\n")
        _replace(out / f"{name}.md", markdown(result))
    return out / f"{name}.md"


def write_all(results: list[Result], out: Path, name: str) -> Path:
    """`verify-<name>.md`: the table of many, replaced after each."""
    rows = [f"# Published results: {name}", "", *table(results), ""]
    with disk(out):
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"verify-{name}.md"
        _replace(path, "\n".join(rows))
    return path


def table(results: list[Result]) -> list[str]:
    """Markdown that a terminal can show: one row per record."""
    head = ("set", "record", "test accuracy", "found", "verdict", "why")
    rows: list[tuple[str, ...]] = [head]
    rows.append(("---", "---", "---:", "---:", "---", "---"))
    for one in results:
        accuracy = next(
            (f for f in one.findings if f.name == "test_accuracy"), None
        )
        shown = ["", ""]
        if accuracy:
            shown = [number(accuracy.recorded), number(accuracy.found)]
        why = one.reason or one.summary
        rows.append((one.origin, one.title, *shown, one.state, why))
    return ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]


def number(value: float | None) -> str:
    """Five significant digits, all of a count."""
    if value is None:
        return "-"
    if isinstance(value, int) or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.5g}" if abs(value) < 1e5 else f"{value:,.0f}"


def _about(result: Result) -> list[tuple[str, str]]:
    """What is the same as when it was recorded, and what differs."""
    found = [("record", note) for note in result.notes]
    if result.code:
        found.append(("code", result.code["told"]))
    if result.data:
        found.append(("data", result.data["told"]))
    if result.fingerprint:
        then, now = result.fingerprint
        if then == now:
            found.append(("machine", f"fingerprint {now}: the same"))
        else:
            told = f"fingerprint {then} recorded, {now} here"
            found.append(("machine", told))
    for key, (then, now) in result.environment.items():
        found.append(("", f"{key}: {then} recorded, {now} here"))
    if result.seconds:
        found.append(("took", console.duration(result.seconds)))
    return found


def _against(one: Finding) -> str:
    if one.low is None or one.high is None:
        return one.reason
    return f"{number(one.low)} to {number(one.high)}: {one.reason}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
