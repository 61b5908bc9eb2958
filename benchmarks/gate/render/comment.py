"""The verdict as Markdown, for a comment on a pull request."""

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
from benchmarks.gate.render.wording import level, percent
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
FIGURES = (
    "change",
    "95 % interval",
    "base → head",
    "pairs",
    "noise of one pair",
    "floor",
)
SCALE = (
    "Change: cost of head against base, below 3 % slightly, 3 to 10 %"
    " clearly, 10 to 30 % much, above very much. Interval: over pairs of"
    " fresh processes."
)


def render(verdict: Verdict, limit: int = LIMIT) -> str:
    """The comment; at most `limit` characters, folded sections cut first.

    Its first line is the verdict in one sentence, its second `MARKER`.
    """
    # The most important first, cut last
    decided = [
        _decided(verdict, REGRESSED, "Regressed"),
        _decided(verdict, IMPROVED, "Improved"),
    ]
    for section in [section for section in decided if section.rows][:1]:
        section.after = SCALE
    sections = [
        _changed(verdict),
        decided[0],
        _failed(verdict),
        _configuration(verdict),
        _inconclusive(verdict),
        decided[1],
        _environment(verdict),
        Section("", before=context.reproduce(verdict)),
        _settings(verdict),
        _not_measured(verdict),
        _unchanged(verdict),
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


def _names(cell: CellResult, decision: Decision) -> list[str]:
    return [text(cell.title), text(wording.title(decision.metric))]


def _figures(decision: Decision) -> list[str]:
    return [
        _minus(percent(wording.change(decision), True)),
        _minus(wording.interval(decision)),
        wording.values(decision),
        str(decision.pairs or NONE),
        level(decision.noise),
        level(decision.floor),
    ]


def _minus(number: str) -> str:
    return number.replace("-", "−")


def _decided(verdict: Verdict, outcome: str, title: str) -> Section:
    """Regressions or improvements, the largest first.

    Improvements with changed numerics are listed with those.
    """
    rows = []
    for cell, decision in summary.select(verdict, outcome):
        if outcome == REGRESSED or not cell.changed:
            reason = f" ({text(decision.reason)})" if decision.reason else ""
            change = f"**{wording.compared(decision)}**{reason}"
            names = _names(cell, decision)
            rows.append(row([*names, change, *_figures(decision)]))
    columns = ("cell", "metric", "outcome", *FIGURES)
    return Section(title, rows, header=header(columns, 3))


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
    array = f" in {code(numerics.array)}" if numerics.array else ""
    lines = [
        f"- **{text(cell.title)}**: largest relative difference"
        f" {wording.difference(numerics.largest)}{array}, allowed"
        f" {numerics.bound:.0e}"
    ]
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
        title = text(wording.title(decision.metric))
        change = _minus(percent(wording.change(decision), True))
        lines.append(
            f"  - {title}: {wording.compared(decision)} ({change}), but"
            f" {summary.CHANGED}"
        )
    return "\n".join(lines)


def _failed(verdict: Verdict) -> Section:
    rows = [
        f"- **{text(cell.title)}**: {text(cell.failure)}"
        for cell in verdict.cells
        if cell.failure
    ]
    return Section("Could not be measured", rows)


def _configuration(verdict: Verdict) -> Section:
    """Keys that differ, each pair of values once, with its cells."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for cell in verdict.cells:
        for key, (base, head) in cell.configuration.items():
            group = groups.setdefault((key, str(base), str(head)), [])
            group.append(cell.title)
    rows = [
        row([*map(code, values), _cells(cells, verdict)])
        for values, cells in groups.items()
    ]
    names = ("key", "base", "head", "cells")
    return Section("Different configuration", rows, header=header(names, 4))


def _cells(titles: list[str], verdict: Verdict) -> str:
    """Titles of cells; how many, where they are many."""
    if len(titles) > 1 and titles == [cell.title for cell in verdict.cells]:
        return f"all {len(titles)}"
    shown = ", ".join(text(title) for title in titles[:3])
    return shown + (f" and {len(titles) - 3} more" if titles[3:] else "")


def _inconclusive(verdict: Verdict) -> Section:
    rows = []
    for cell, decision in summary.select(verdict, INCONCLUSIVE):
        more = f"{decision.more_pairs} more" if decision.more_pairs else NONE
        reason = text(decision.reason) if decision.reason else ""
        names, figures = _names(cell, decision), _figures(decision)
        rows.append(row([*names, *figures, more, reason]))
    columns = ("cell", "metric", *FIGURES, "pairs needed", "reason")
    return Section("Inconclusive", rows, header=header(columns, 2))


def _unchanged(verdict: Verdict) -> Section:
    rows = [
        row([*_names(cell, decision), *_figures(decision)])
        for cell, decision in summary.select(verdict, UNCHANGED)
    ]
    equal = [
        f"{text(cell.title)} ({wording.difference(cell.numerics.largest)})"
        for cell in verdict.cells
        if cell.numerics and cell.numerics.outcome == UNCHANGED
    ]
    count = wording.plural(len(rows) + len(equal), "comparison")
    shown = ", ".join(equal[:100]) + (", …" if equal[100:] else "")
    return Section(
        f"Unchanged: {count}",
        rows,
        f"The same numerics (largest difference): {shown}." if equal else "",
        header(("cell", "metric", *FIGURES), 2),
        folded=True,
    )


def _not_measured(verdict: Verdict) -> Section:
    """What was not measured, by metric and reason."""
    groups: dict[tuple[str, str], list[str]] = {}
    for cell, decision in summary.select(verdict, NOT_MEASURED):
        key = wording.title(decision.metric), str(decision.reason)
        groups.setdefault(key, []).append(cell.title)
    for cell in verdict.cells:
        if cell.numerics and cell.numerics.outcome == NOT_MEASURED:
            key = "numerics", str(cell.numerics.reason)
            groups.setdefault(key, []).append(cell.title)
    for name, reason in verdict.skipped.items():
        groups.setdefault(("everything", reason), []).append(name)
    rows = [
        row([*map(text, key), _cells(cells, verdict)])
        for key, cells in groups.items()
    ]
    count = sum(len(cells) for cells in groups.values())
    names = header(("metric", "reason", "cells"), 3)
    title = f"Not measured: {count:,}"
    return Section(title, rows, header=names, folded=True)


def _environment(verdict: Verdict) -> Section:
    differences, note = context.differences(verdict)
    rows = [
        row([code(key), text(base), text(head), _cells(cells, verdict)])
        for key, base, head, cells in differences
    ]
    before = f"{context.sides(verdict)}\n\n{note}"
    names = header(("key", "base", "head", "cells"), 4)
    return Section("Revisions and environments", rows, before, names)


def _settings(verdict: Verdict) -> Section:
    rows = [
        f"- {code(key)}: {code(value)}"
        for key, value in context.settings(verdict)
    ]
    return Section("Settings", rows, folded=True)
