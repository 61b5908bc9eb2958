"""Where cells stand, and the verdict in one sentence."""

from benchmarks.gate.render import wording
from benchmarks.records.verdict import (
    CANNOT_TELL,
    CHANGED,
    IMPROVED,
    NOT_MEASURED,
    REGRESSED,
    CellResult,
    Decision,
    Verdict,
)

MEANINGS = {
    0: "nothing regressed",
    1: "regressed, or computes something else",
    2: "could not be measured or told",
}
ELSE = "computes something else"
# What is said of a number of cells; faster is not said of what is `ELSE`
CLAUSES = (
    "slower",
    "larger",
    "with higher counts",
    "worse",
    ELSE,
    "could not be measured",
    "cannot be told",
    "faster",
    "smaller",
    "with lower counts",
    "better",
    "unchanged",
    "not compared",
)
COUNTS = {"more": "with higher counts", "fewer": "with lower counts"}


def decisions(cell: CellResult) -> list[Decision]:
    """All of a cell, with that on its accuracy where there is one."""
    accuracy = cell.mathematics and cell.mathematics.accuracy
    return [*cell.decisions, *([accuracy] if accuracy else [])]


def found(verdict: Verdict, word: str) -> list[tuple[CellResult, Decision]]:
    """Everything of which `word` is said, the largest change first."""
    pairs = [
        (cell, one)
        for cell in verdict.cells
        for one in decisions(cell)
        if one.word == word
    ]
    return sorted(pairs, key=lambda pair: -wording.size(pair[1]))


def changed(cell: CellResult) -> bool:
    """Whether head computes something else than base."""
    return bool(cell.mathematics and cell.mathematics.word == CHANGED)


def accepted(verdict: Verdict) -> bool:
    """Whether the settings accept changed mathematics."""
    return "mathematics" in (verdict.settings.get("accept") or ())


def clauses(cell: CellResult) -> set[str]:
    """What is to be said of a cell, out of `CLAUSES`; never nothing."""
    said = set()
    for one in decisions(cell):
        worse, better = wording.directions(one.unit)
        if one.word == REGRESSED:
            said.add(COUNTS.get(worse, worse))
        elif one.word == IMPROVED and not changed(cell):
            said.add(COUNTS.get(better, better))
        elif one.word == CANNOT_TELL:
            said.add("cannot be told")
    if changed(cell):
        said.add(ELSE)
    if cell.mathematics and cell.mathematics.word == CANNOT_TELL:
        said.add("cannot be told")
    if cell.failure:
        said.add("could not be measured")
    if said:
        return said
    words = [one.word for one in decisions(cell)]
    words += [cell.mathematics.word] if cell.mathematics else []
    told = any(word != NOT_MEASURED for word in words)
    return {"unchanged" if told else "not compared"}


def rank(cell: CellResult) -> tuple[int, float]:
    """Sorts cells: the worst first, the larger change first."""
    said = clauses(cell)
    first = min(CLAUSES.index(one) for one in said)
    group = 0 if first < CLAUSES.index(ELSE) else first
    shown = [one for one in decisions(cell) if one.word == worst_word(cell)]
    return group, -max((wording.size(one) for one in shown), default=0.0)


def worst_word(cell: CellResult) -> str | None:
    """The word that decides over a cell, of its decisions."""
    words = {one.word for one in decisions(cell)}
    order = (REGRESSED, CANNOT_TELL, IMPROVED)
    return next((word for word in order if word in words), None)


def comparisons(verdict: Verdict) -> int:
    """How many comparisons came to a word."""
    return sum(word != NOT_MEASURED for _, _, word in verdict.words())


def headline(verdict: Verdict) -> str:
    """The verdict in one sentence, without a full stop.

    A cell may be in several of its clauses: slower and larger.
    """
    cells = len(verdict.cells)
    if not cells:
        return "Could not be measured: no cell was compared" + _remarks(verdict)
    counts = {
        clause: sum(clause in clauses(cell) for cell in verdict.cells)
        for clause in CLAUSES
    }
    told = comparisons(verdict)
    if verdict.code == 0 and counts["unchanged"] == cells:
        return (
            f"All is well: {wording.plural(cells, 'cell')},"
            f" {wording.plural(told, 'comparison')}, nothing regressed"
            + _remarks(verdict)
        )
    some = [
        f"{count} {_said(clause, count, verdict)}"
        for clause, count in counts.items()
        if count
    ]
    first, _, rest = some[0].partition(" ")
    some[0] = f"{first} of {wording.plural(cells, 'cell')} {rest}"
    sentence = f"{_prefix(verdict, counts)}: {', '.join(some)}"
    if verdict.code == 0:
        sentence += f"; {wording.plural(told, 'comparison')}, nothing regressed"
    return sentence + _remarks(verdict)


def _said(clause: str, count: int, verdict: Verdict) -> str:
    if clause != ELSE:
        return clause
    verb = "computes" if count == 1 else "compute"
    mark = " (accepted)" if accepted(verdict) else ""
    return f"{verb} something else{mark}"


def _prefix(verdict: Verdict, counts: dict[str, int]) -> str:
    if any(word == REGRESSED for _, _, word in verdict.words()):
        return "Regressed"
    if verdict.code == 1:
        return "Changed mathematics"
    if verdict.code == 2:
        failed = counts["could not be measured"]
        return "Could not be measured" if failed else "Not decided"
    return "Accepted" if counts[ELSE] else "All is well"


def _remarks(verdict: Verdict) -> str:
    """Nobody may take "all is well" for more than was looked at."""
    remarks = []
    if verdict.settings.get("interrupted"):
        remarks.append("interrupted")
    if skipped := verdict.settings.get("skipped"):
        remarks.append(f"{len(skipped)} left out")
    count = sum(
        not cell.failure
        and (not cell.mathematics or cell.mathematics.word == NOT_MEASURED)
        for cell in verdict.cells
    )
    if count:
        cells = wording.plural(count, "cell")
        remarks.append(f"mathematics of {cells} not compared")
    return f" ({'; '.join(remarks)})" if remarks else ""
