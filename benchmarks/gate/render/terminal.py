"""The verdict on a terminal: aligned, at most 100 columns."""

import textwrap
from pathlib import Path

from benchmarks.gate.render import summary, wording
from benchmarks.records.verdict import (
    IMPROVED,
    INCONCLUSIVE,
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

    The last line names the files and explains the exit code.
    """
    headline = f"Gate: {summary.headline(verdict)}"
    output = textwrap.wrap(headline, COLUMNS, subsequent_indent="  ")
    for name, side in (("base", verdict.base), ("head", verdict.head)):
        words = [name, side.label, (side.revision or "")[:12]]
        if side.dirty:
            words.append("with changes that are not committed")
        output.append("  " + "  ".join(word for word in words if word))
    output.append("")
    for cell in sorted(verdict.cells, key=summary.rank):
        output += _cell(cell)
    code = verdict.exit_code
    meaning = f"(exit {code}: {summary.MEANINGS[code]})"
    return [*map(_cut, output), "", f"{folder}: {FILES}  {meaning}"]


def _cell(cell: CellResult) -> list[str]:
    """A line for the cell, and up to two for what is wrong with it."""
    statuses = summary.statuses(cell)
    status = ", ".join(statuses)
    if cell.failure:
        details = textwrap.wrap(
            cell.failure, COLUMNS - 4, max_lines=2, placeholder=" ..."
        )
    else:
        details = _details(cell)
    if len(details) > 2:
        status += f" ({len(details) - 2} more)"
    if statuses == ["unchanged"]:
        count = wording.plural(summary.count(cell), "comparison")
        status += f"  {count}"
    first = f"  {_cut(cell.title, TITLE):<{TITLE}}  {status}"
    return [first, *(f"    {detail}" for detail in details[:2])]


def _details(cell: CellResult) -> list[str]:
    """Changed numerics; regressed, inconclusive and then improved metrics."""
    details = []
    shown = [REGRESSED, INCONCLUSIVE, IMPROVED]
    if cell.numerics and cell.changed:
        shown.remove(IMPROVED)
        where = f" in {cell.numerics.array}" if cell.numerics.array else ""
        largest = wording.difference(cell.numerics.largest)
        details.append(f"{'numerics':<20}differ by {largest}{where}")
        improved = [d for d in cell.decisions if d.outcome == IMPROVED]
        if improved:
            most = max(improved, key=wording.size)
            better = wording.directions(most.unit)[1]
            details.append(f"{'':<20}{better}, but {summary.CHANGED}")
    decisions = [d for d in cell.compared if d.outcome in shown]
    decisions.sort(key=lambda d: (shown.index(d.outcome), -wording.size(d)))
    return [*details, *map(_metric, decisions)]


def _metric(decision: Decision) -> str:
    name = wording.title(decision.metric)
    outcome = wording.compared(decision)
    last = f"noise {wording.level(decision.noise)}" if decision.noise else ""
    if decision.outcome == INCONCLUSIVE:
        outcome = INCONCLUSIVE
        if decision.more_pairs:
            last = f"{decision.more_pairs} more needed"
        elif decision.reason:
            return f"{name:<20}{outcome:<17}{decision.reason}"
    if decision.ratio is None:
        values = decision.reason or wording.values(decision)
        return f"{name:<20}{outcome:<17}{values.replace('→', '->')}"
    change = wording.change(decision)
    between = wording.interval(decision) if decision.low is not None else ""
    pairs = wording.plural(decision.pairs, "pair") if decision.pairs else ""
    return (
        f"{name:<20}{outcome:<17}{change:>9}  {between:<20} {pairs:<9} {last}"
    ).rstrip()


def _cut(line: str, width: int = COLUMNS) -> str:
    """One line of at most so many characters."""
    plain = " ".join(line.splitlines()).rstrip()
    return plain if len(plain) <= width else plain[: width - 3] + "..."
