"""The status of each cell, and the verdict in one sentence."""

from collections import Counter

from benchmarks.gate.render import wording
from benchmarks.records.verdict import (
    IMPROVED,
    INCONCLUSIVE,
    NOT_MEASURED,
    REGRESSED,
    CellResult,
    Decision,
    Verdict,
)

MEANINGS = {
    0: "nothing regressed",
    1: "regressed, or changed numerics",
    2: "not measured, or inconclusive",
}
CHANGED = "with changed numerics"
FAILED = "could not be measured"
# Statuses of a cell, the worst first
STATUSES = (
    "slower",
    "larger",
    "with higher counts",
    "worse",
    CHANGED,
    FAILED,
    INCONCLUSIVE,
    "faster",
    "smaller",
    "with lower counts",
    "better",
    "unchanged",
    "not compared",
)
COUNTS = {"more": "with higher counts", "fewer": "with lower counts"}


def comparisons(cell: CellResult) -> list[Decision]:
    """All decisions of a cell, with those on its numerics as one."""
    numerics = cell.numerics
    if numerics is None:
        return cell.compared
    reason = numerics.reason
    if numerics.largest is not None:
        more = f"; {reason}" if reason else ""
        reason = wording.largest(numerics) + more
    decision = Decision("numerics", "", numerics.outcome, reason=reason)
    return [*cell.compared, decision]


def select(verdict: Verdict, outcome: str) -> list[tuple[CellResult, Decision]]:
    """All decisions with an outcome, the largest change first."""
    pairs = [
        (cell, decision)
        for cell in verdict.cells
        for decision in comparisons(cell)
        if decision.outcome == outcome
    ]
    return sorted(pairs, key=lambda pair: -wording.size(pair[1]))


def statuses(cell: CellResult) -> list[str]:
    """The statuses of a cell, in the order of `STATUSES`; never empty.

    An improvement does not count where the numerics changed.
    """
    chosen = {CHANGED} if cell.changed else set()
    if cell.failure:
        chosen.add(FAILED)
    for decision in cell.compared:
        worse, better = wording.directions(decision.unit)
        if decision.outcome == REGRESSED:
            chosen.add(COUNTS.get(worse, worse))
        elif decision.outcome == IMPROVED and not cell.changed:
            chosen.add(COUNTS.get(better, better))
        elif decision.outcome == INCONCLUSIVE:
            chosen.add(INCONCLUSIVE)
    if not chosen:
        chosen = {"unchanged" if count(cell) else "not compared"}
    return [status for status in STATUSES if status in chosen]


def count(cell: CellResult) -> int:
    """How many comparisons of a cell have an outcome."""
    return sum(outcome != NOT_MEASURED for outcome in cell.outcomes)


def rank(cell: CellResult) -> tuple[int, float]:
    """Sorts cells: the worst first, the larger change first."""
    status = STATUSES.index(statuses(cell)[0])
    largest = 0.0
    for outcome in (IMPROVED, INCONCLUSIVE, REGRESSED):
        sizes = [wording.size(d) for d in cell.compared if d.outcome == outcome]
        largest = max(sizes, default=largest)
    regressed = status < STATUSES.index(CHANGED)  # all are equally bad
    return 0 if regressed else status, -largest


def headline(verdict: Verdict) -> str:
    """The verdict in one sentence, without a full stop.

    A cell may count in several of its statuses: slower and larger.
    """
    if not verdict.cells:
        return f"Could not be measured: no cell was compared{_notes(verdict)}"
    cells = wording.plural(len(verdict.cells), "cell")
    total = wording.plural(sum(map(count, verdict.cells)), "comparison")
    counts = Counter(s for cell in verdict.cells for s in statuses(cell))
    if verdict.exit_code == 0 and counts["unchanged"] == len(verdict.cells):
        return f"Passed: {cells}, {total}, nothing regressed{_notes(verdict)}"
    parts: list[str] = []
    for status in filter(counts.__getitem__, STATUSES):
        of = "" if parts else f" of {cells}"
        accepted = status == CHANGED and verdict.accepted
        note = " (accepted)" if accepted else ""
        parts.append(f"{counts[status]}{of} {status}{note}")
    sentence = f"{_prefix(verdict, counts)}: {', '.join(parts)}"
    if verdict.exit_code == 0:
        sentence += f"; {total}, nothing regressed"
    return sentence + _notes(verdict)


def _prefix(verdict: Verdict, counts: Counter[str]) -> str:
    if REGRESSED in verdict.outcomes:
        return "Regressed"
    if verdict.exit_code == 1:
        return "Changed numerics"
    if verdict.exit_code == 2:
        return "Could not be measured" if counts[FAILED] else "Inconclusive"
    return "Accepted" if counts[CHANGED] else "Passed"


def _notes(verdict: Verdict) -> str:
    """What was not covered: a pass does not extend to it."""
    notes = ["interrupted"] if verdict.interrupted else []
    if verdict.skipped:
        notes.append(f"{len(verdict.skipped)} skipped")
    unknown = [
        cell
        for cell in verdict.cells
        if not cell.failure
        and (not cell.numerics or cell.numerics.outcome == NOT_MEASURED)
    ]
    if unknown:
        cells = wording.plural(len(unknown), "cell")
        notes.append(f"numerics of {cells} not compared")
    return f" ({'; '.join(notes)})" if notes else ""
