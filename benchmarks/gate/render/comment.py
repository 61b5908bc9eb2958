"""The verdict as Markdown, for a comment on a pull request."""

from collections.abc import Callable
from dataclasses import replace

from benchmarks.gate.render import context, summary, wording
from benchmarks.gate.render.markdown import (
    NONE,
    Section,
    code,
    fit,
    header,
    row,
    text,
)
from benchmarks.records.verdict import (
    IMPROVED,
    INCONCLUSIVE,
    NOT_MEASURED,
    REGRESSED,
    UNCHANGED,
    CellResult,
    Decision,
    Verdict,
)

MARKER = "<!-- triptych-gate -->"  # identifies the comment to be updated
LIMIT = 65_536  # characters of a comment on GitHub
DIFFERING = ("key", "base", "head", "cells")
SCALE = (
    "Change: cost of head against base, below 3 % slightly, 3 to 10 %"
    " clearly, 10 to 30 % much, above very much. Interval: over pairs of"
    " fresh processes."
)

Cells = list[tuple[tuple[str, ...], str]]  # values, title of a cell


def render(verdict: Verdict, limit: int = LIMIT) -> str:
    """The comment; at most `limit` characters, folded sections cut first.

    Its first line is the verdict in one sentence, its second `MARKER`.
    """
    regressed = _table(verdict, REGRESSED, "Regressed")
    improved = _table(verdict, IMPROVED, "Improved")
    failed = [
        f"- **{text(cell.title)}**: {text(cell.failure)}"
        for cell in verdict.cells
        if cell.failure
    ]
    settings = [
        f"- {code(key)}: {code(value)}"
        for key, value in context.settings(verdict)
    ]
    # The most important first, cut last
    sections = [
        _changed(verdict),
        regressed,
        Section("Could not be measured", failed),
        _configuration(verdict),
        _table(verdict, INCONCLUSIVE, "Inconclusive"),
        improved,
        Section("", before=SCALE if regressed.rows or improved.rows else ""),
        _environment(verdict),
        Section("", before=context.reproduce(verdict)),
        Section("Settings", settings, folded=True),
        _not_measured(verdict),
        _table(verdict, UNCHANGED, "Unchanged: {}", folded=True),
    ]
    sections = [
        section for section in sections if section.rows or section.before
    ]
    first = f"### {summary.headline(verdict)}\n{MARKER}"
    fit(sections, limit - len(first))
    return "\n\n".join([first, *map(str, sections)]) + "\n"


def absent(reason: str) -> str:
    """The comment where a gate left no verdict."""
    return f"### Could not be measured: {text(reason)}\n{MARKER}\n"


def _table(
    verdict: Verdict, outcome: str, title: str, folded: bool = False
) -> Section:
    """All metrics with an outcome, the largest change first.

    Improvements with changed numerics are listed with those.
    """
    columns: dict[str, Callable[[Decision], str]] = {
        "metric": lambda decision: text(wording.title(decision.metric)),
        "outcome": _outcome,
        "change": lambda decision: _minus(wording.change(decision)),
        "95 % interval": lambda decision: _minus(wording.interval(decision)),
        "base → head": wording.values,
        "pairs": lambda decision: str(decision.pairs or NONE),
        "noise of one pair": lambda decision: wording.level(decision.noise),
        "floor": lambda decision: wording.level(decision.floor),
    }
    rows = [
        row([text(cell.title), *(show(decision) for show in columns.values())])
        for cell, decision in summary.select(verdict, outcome)
        if outcome != IMPROVED or not cell.changed
    ]
    title = title.format(wording.plural(len(rows), "comparison"))
    names = header(["cell", *columns], 3)
    return Section(title, rows, header=names, folded=folded)


def _outcome(decision: Decision) -> str:
    outcome = wording.compared(decision)
    if decision.outcome in (REGRESSED, IMPROVED):
        outcome = f"**{outcome}**"
    elif decision.outcome == INCONCLUSIVE:
        outcome = wording.needed(decision)
    if decision.reason:
        outcome += f" ({text(decision.reason)})"
    return outcome


def _minus(number: str) -> str:
    return number.replace("-", "−")


def _changed(verdict: Verdict) -> Section:
    rows = [_changed_cell(cell) for cell in verdict.cells if cell.changed]
    accepted = ", as the settings accept" if verdict.accepted else ""
    before = (
        "On the same parameters and batches, in float64, head does not"
        " compute the numbers that base computes. No improvement of such a"
        " cell counts."
    )
    return Section(f"Changed numerics{accepted}", rows, before if rows else "")


def _changed_cell(cell: CellResult) -> str:
    numerics = cell.numerics
    assert numerics is not None  # or it would not have changed
    lines = [f"- **{text(cell.title)}**: {wording.largest(numerics, code)}"]
    if numerics.reason:
        lines.append(f"  - {text(numerics.reason)}")
    if numerics.differences:
        stages = [
            f"{text(stage)} {wording.difference(value)}"
            for stage, value in numerics.differences.items()
        ]
        lines.append(f"  - by stage: {', '.join(stages)}")
    if numerics.accuracy:
        described = text(wording.described(numerics.accuracy))
        lines.append(f"  - short trainings over paired seeds: {described}")
    improved = [d for d in cell.decisions if d.outcome == IMPROVED]
    for decision in sorted(improved, key=wording.size, reverse=True):
        lines.append(
            f"  - {text(wording.title(decision.metric))}:"
            f" {wording.compared(decision)}"
            f" ({_minus(wording.change(decision))}), but {summary.CHANGED}"
        )
    return "\n".join(lines)


def _configuration(verdict: Verdict) -> Section:
    cells: Cells = [
        ((key, str(base), str(head)), cell.title)
        for cell in verdict.cells
        for key, (base, head) in cell.configuration.items()
    ]
    return _grouped("Different configuration", DIFFERING, cells, verdict, code)


def _grouped(
    title: str,
    names: tuple[str, ...],
    cells: Cells,
    verdict: Verdict,
    form: Callable[[object], str] = text,
) -> Section:
    """A table with each combination of values once, and its cells."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for values, cell in cells:
        groups.setdefault(values, []).append(text(cell))
    everywhere = [text(cell.title) for cell in verdict.cells]
    rows = []
    for values, titles in groups.items():
        shown = ", ".join(titles[:3])
        if titles[3:]:
            shown += f" and {len(titles) - 3} more"
        if titles == everywhere and titles[1:]:
            shown = f"all {len(titles)}"
        rows.append(row([*map(form, values), shown]))
    return Section(title, rows, header=header(names, len(names)))


def _not_measured(verdict: Verdict) -> Section:
    """What was not measured, by metric and reason."""
    cells: Cells = [
        ((wording.title(decision.metric), str(decision.reason)), cell.title)
        for cell, decision in summary.select(verdict, NOT_MEASURED)
    ]
    for title, reason in verdict.skipped.items():
        cells.append((("everything", reason), title))
    heading = f"Not measured: {len(cells):,}"
    names = ("metric", "reason", "cells")
    return replace(_grouped(heading, names, cells, verdict), folded=True)


def _environment(verdict: Verdict) -> Section:
    cells = context.differences(verdict)
    title = "Revisions and environments"
    table = _grouped(title, DIFFERING, cells, verdict)
    sentence = context.environment(verdict, different=bool(cells))
    return replace(table, before=f"{context.sides(verdict)}\n\n{sentence}")
