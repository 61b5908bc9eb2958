"""The verdict as Markdown, for a comment on a pull request.

    python -m benchmarks.gate.render.comment reports/gate/gate.json > comment.md

Magnitudes in words, up or down alike: below 3 % slightly, 3 to 10 %
clearly, 10 to 30 % much, above that very much slower / faster (bytes:
larger / smaller, counts: more / fewer). Standard library only.
"""

import sys
from pathlib import Path

from benchmarks.gate.render import context, summary, wording
from benchmarks.gate.render.parts import Part, fit, head_of, row
from benchmarks.gate.render.wording import code, level, percent, text
from benchmarks.records import verdict_schema
from benchmarks.records.verdict import (
    CANNOT_TELL,
    IMPROVED,
    NOT_MEASURED,
    REGRESSED,
    UNCHANGED,
    CellResult,
    Decision,
    Verdict,
)

MARKER = "<!-- triptych-gate -->"  # whoever updates the comment looks for it
LIMIT = 65_536  # characters of a comment on GitHub
HEADS = (
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
    """The comment; at most `limit` characters, the folded parts cut first.

    Its first line is the verdict in one sentence, its second `MARKER`.
    """
    # From what matters most to what is cut first
    told = [
        _changed(verdict),
        _table(verdict, REGRESSED, "Regressed"),
        _failed(verdict),
        _configuration(verdict),
        _cannot_tell(verdict),
        _table(verdict, IMPROVED, "Improved"),
        _environment(verdict),
        Part("", [], f"{context.reproduce(verdict)}"),
        _settings(verdict),
        _not_measured(verdict),
        _unchanged(verdict),
    ]
    parts = [part for part in told if part.rows or part.before]
    tables = [one for one in parts if one.title in ("Regressed", "Improved")]
    for table in tables[:1]:
        table.after = SCALE
    first = f"### {summary.headline(verdict)}\n{MARKER}"
    fit(parts, limit - len(first))
    return "\n\n".join([first, *map(str, parts)]) + "\n"


def absent(reason: str) -> str:
    """The comment where a gate left no verdict."""
    return f"### Could not be measured: {text(reason)}\n{MARKER}\n"


def _where(cell: CellResult, one: Decision) -> list[str]:
    return [text(cell.title), text(wording.title(one.metric))]


def _numbers(one: Decision) -> list[str]:
    return [
        _minus(percent(wording.change(one), True)),
        _minus(wording.interval(one)),
        wording.values(one),
        str(one.pairs or wording.NONE),
        level(one.noise),
        level(one.floor),
    ]


def _minus(number: str) -> str:
    return number.replace("-", "−")


def _table(verdict: Verdict, word: str, title: str) -> Part:
    """Regressions or improvements, the largest first.

    Improvements of what computes something else are told with that.
    """
    rows = [
        row([*_where(cell, one), _how(one), *_numbers(one)])
        for cell, one in summary.found(verdict, word)
        if word == REGRESSED or not summary.changed(cell)
    ]
    head = head_of(("cell", "what", "how", *HEADS), 3)
    return Part(title, rows, head=head)


def _how(one: Decision) -> str:
    why = f" ({text(one.reason)})" if one.reason else ""
    return f"**{wording.compared(one)}**{why}"


def _changed(verdict: Verdict) -> Part:
    cells = [cell for cell in verdict.cells if summary.changed(cell)]
    mark = ", as the settings accept" if summary.accepted(verdict) else ""
    before = (
        "On the same parameters and batches, in float64, head does not"
        " compute what base computes. No improvement of such a cell counts"
        " as one."
    )
    return Part(
        f"Changed mathematics{mark}",
        [_changed_cell(cell) for cell in cells],
        before if cells else "",
    )


def _changed_cell(cell: CellResult) -> str:
    told = cell.mathematics
    if told is None:
        return ""
    array = f" in {code(told.array)}" if told.array else ""
    lines = [
        f"- **{text(cell.title)}** computes something else: largest relative"
        f" difference {wording.difference(told.largest)}{array}, allowed"
        f" {told.bound:.0e}"
    ]
    if told.reason:
        lines.append(f"  - {text(told.reason)}")
    if told.differences:
        stages = [
            f"{text(stage)} {wording.difference(value)}"
            for stage, value in told.differences.items()
        ]
        lines.append(f"  - by stage: {', '.join(stages)}")
    if told.accuracy:
        said = text(wording.described(told.accuracy))
        lines.append(f"  - short runs over paired seeds: {said}")
    better = [one for one in cell.decisions if one.word == IMPROVED]
    for one in sorted(better, key=lambda one: -wording.size(one)):
        lines.append(
            f"  - {text(wording.title(one.metric))}:"
            f" {wording.compared(one)}"
            f" ({_minus(percent(wording.change(one), True))}), but it"
            f" computes something else"
        )
    return "\n".join(lines)


def _failed(verdict: Verdict) -> Part:
    rows = [
        f"- **{text(cell.title)}**: {text(cell.failure)}"
        for cell in verdict.cells
        if cell.failure
    ]
    return Part("Could not be measured", rows)


def _configuration(verdict: Verdict) -> Part:
    """Keys that differ, each pair of values once, with its cells."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for cell in verdict.cells:
        for key, (base, head) in cell.configuration.items():
            group = groups.setdefault((key, str(base), str(head)), [])
            group.append(cell.title)
    rows = [
        row([code(key), code(base), code(head), _cells(cells, verdict)])
        for (key, base, head), cells in groups.items()
    ]
    head = head_of(("key", "base", "head", "cells"), 4)
    return Part("Different configuration", rows, head=head)


def _cells(titles: list[str], verdict: Verdict) -> str:
    """Which cells: by name, or how many where they are many."""
    if len(titles) > 1 and titles == [cell.title for cell in verdict.cells]:
        return f"all {len(titles)}"
    shown = ", ".join(text(title) for title in titles[:3])
    return shown + (f" and {len(titles) - 3} more" if titles[3:] else "")


def _cannot_tell(verdict: Verdict) -> Part:
    rows = []
    for cell, one in summary.found(verdict, CANNOT_TELL):
        more = f"{one.more_pairs} more" if one.more_pairs else wording.NONE
        why = text(one.reason) if one.reason else ""
        rows.append(row([*_where(cell, one), *_numbers(one), more, why]))
    for cell in verdict.cells:
        if cell.mathematics and cell.mathematics.word == CANNOT_TELL:
            why = text(cell.mathematics.reason or wording.NONE)
            blank = [wording.NONE] * (len(HEADS) + 1)
            rows.append(row([text(cell.title), "mathematics", *blank, why]))
    names = ("cell", "what", *HEADS, "pairs that would tell", "why")
    return Part("Cannot tell", rows, head=head_of(names, 2))


def _unchanged(verdict: Verdict) -> Part:
    found = summary.found(verdict, UNCHANGED)
    rows = [row([*_where(cell, one), *_numbers(one)]) for cell, one in found]
    same = [
        f"{text(cell.title)} ({wording.difference(told.largest)})"
        for cell in verdict.cells
        if (told := cell.mathematics) and told.word == UNCHANGED
    ]
    count = len(rows) + len(same)
    part = Part(f"Unchanged: {wording.plural(count, 'comparison')}", rows)
    part.head, part.folded = head_of(("cell", "what", *HEADS), 2), True
    if same:
        shown = ", ".join(same[:100]) + (", …" if same[100:] else "")
        part.before = f"The same mathematics (largest difference): {shown}."
    return part


def _not_measured(verdict: Verdict) -> Part:
    """What was not measured, by metric and reason."""
    groups: dict[tuple[str, str], list[str]] = {}
    for cell, one in summary.found(verdict, NOT_MEASURED):
        key = wording.title(one.metric), str(one.reason)
        groups.setdefault(key, []).append(cell.title)
    for cell in verdict.cells:
        told = cell.mathematics
        if told and told.word == NOT_MEASURED:
            key = "mathematics", str(told.reason)
            groups.setdefault(key, []).append(cell.title)
    for name, why in (verdict.settings.get("skipped") or {}).items():
        groups.setdefault(("everything", why), []).append(name)
    rows = [
        row([text(metric), text(reason), _cells(cells, verdict)])
        for (metric, reason), cells in groups.items()
    ]
    count = sum(len(cells) for cells in groups.values())
    head = head_of(("what", "why", "cells"), 3)
    return Part(f"Not measured: {count:,}", rows, head=head, folded=True)


def _environment(verdict: Verdict) -> Part:
    rows, note = context.differences(verdict)
    before = context.sides(verdict) + f"\n\n{note}"
    head = head_of(("differs", "base", "head", "cells"), 4) if rows else ""
    table = [
        row([code(key), text(base), text(head_), _cells(cells, verdict)])
        for key, base, head_, cells in rows
    ]
    return Part("What was compared, and where", table, before, head)


def _settings(verdict: Verdict) -> Part:
    rows = [
        f"- {code(key)}: {code(value)}"
        for key, value in context.settings(verdict)
    ]
    return Part("Settings", rows, folded=True)


def main(arguments: list[str]) -> int:
    """Print the comment of a gate.json; 2 where the file is broken."""
    path = Path(arguments[0] if arguments else "reports/gate/gate.json")
    if not path.is_file():
        print(absent("the gate left no verdict; its log says why"), end="")
        return 0
    try:
        print(render(verdict_schema.read(path)), end="")
    except (OSError, ValueError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
