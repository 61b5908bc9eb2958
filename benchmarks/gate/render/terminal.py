"""The verdict on a terminal: quiet, aligned, at most 100 columns."""

import textwrap
from pathlib import Path
from typing import Any

from benchmarks.gate.render import summary, wording
from benchmarks.records.verdict import (
    CANNOT_TELL,
    IMPROVED,
    NOT_MEASURED,
    REGRESSED,
    CellResult,
    Decision,
    Verdict,
)

COLUMNS = 100
TITLE = 44
FILES = "gate.json, comment.md, junit.xml"


def lines(verdict: Verdict, folder: Path) -> list[str]:
    """Regressions first; at most three lines per cell.

    The last line says which files are where, and what the exit code means.
    """
    told = textwrap.wrap(
        f"Gate: {summary.headline(verdict)}",
        COLUMNS,
        subsequent_indent="  ",
    )
    told += [_side("base", verdict.base), _side("head", verdict.head), ""]
    for cell in sorted(verdict.cells, key=summary.rank):
        told += [_cut(line) for line in _cell(cell)]
    meaning = summary.MEANINGS[verdict.code]
    last = f"{folder}: {FILES}  (exit {verdict.code}: {meaning})"
    return [*told, "", last]


def _side(name: str, side: dict[str, Any]) -> str:
    words = [str(side.get("label") or ""), str(side.get("revision") or "")[:12]]
    if side.get("dirty"):
        words.append("with changes that are not committed")
    return _cut(f"  {name}  {'  '.join(word for word in words if word)}")


def _cell(cell: CellResult) -> list[str]:
    """A line for the cell, and up to two for what is wrong with it."""
    title = cell.title
    if len(title) > TITLE:
        title = title[: TITLE - 3] + "..."
    details = [*_mathematics(cell), *_metrics(cell)]
    if cell.failure:
        wide = COLUMNS - 4
        details = textwrap.wrap(" ".join(cell.failure.split()), wide)
        if details[2:]:
            details[1] = details[1][: wide - 4] + " ..."
    said = summary.clauses(cell)
    status = ", ".join(one for one in summary.CLAUSES if one in said)
    if len(details) > 2 and not cell.failure:
        status += f" ({len(details) - 2} more)"
    if said == {"unchanged"}:
        status += f"  {wording.plural(_count(cell), 'comparison')}"
    first = f"  {title:<{TITLE}}  {status}"
    return [first, *(f"    {one}" for one in details[:2])]


def _count(cell: CellResult) -> int:
    words = [one.word for one in summary.decisions(cell)]
    words += [cell.mathematics.word] if cell.mathematics else []
    return sum(word != NOT_MEASURED for word in words)


def _mathematics(cell: CellResult) -> list[str]:
    told = cell.mathematics
    if told is None or told.word not in ("changed", CANNOT_TELL):
        return []
    if told.word == CANNOT_TELL:
        return [f"{'mathematics':<20}{told.reason or CANNOT_TELL}"]
    where = f" in {told.array}" if told.array else ""
    much = wording.difference(told.largest)
    better = [one for one in cell.decisions if one.word == IMPROVED]
    but = []
    if better:
        most = max(better, key=wording.size)
        name = wording.directions(most.unit)[1]
        but.append(f"{'':<20}{name}, but it computes something else")
    return [*but, f"{'mathematics':<20}differs by {much}{where}"][::-1]


def _metrics(cell: CellResult) -> list[str]:
    """Worse ones, then what cannot be told, then better ones."""
    words = [REGRESSED, CANNOT_TELL]
    if not summary.changed(cell):
        words.append(IMPROVED)
    shown = [one for one in summary.decisions(cell) if one.word in words]
    shown.sort(key=lambda one: (words.index(one.word), -wording.size(one)))
    return [_metric(one) for one in shown]


def _metric(one: Decision) -> str:
    name = wording.title(one.metric)
    pairs = wording.plural(one.pairs, "pair") if one.pairs else ""
    noise = f"noise {wording.level(one.noise)}" if one.noise else ""
    how = wording.compared(one)
    if one.word == CANNOT_TELL:
        how = CANNOT_TELL
        if one.more_pairs:
            noise = f"{one.more_pairs} more needed"
        elif one.reason:
            return f"{name:<20}{how:<17}{one.reason}"
    change = wording.percent(wording.change(one), True)
    if wording.change(one) is None:
        values = one.reason or wording.values(one).replace("→", "->")
        return f"{name:<20}{how:<17}{values}"
    between = wording.interval(one) if one.low is not None else ""
    row = f"{name:<20}{how:<17}{change:>9}  {between:<20} {pairs:<9} {noise}"
    return row.rstrip()


def _cut(line: str) -> str:
    """One line, never wider than the terminal."""
    plain = " ".join(line.splitlines()).rstrip()
    return plain if len(plain) <= COLUMNS else plain[: COLUMNS - 3] + "..."
