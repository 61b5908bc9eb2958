"""Context of a verdict: revisions, environments, settings, the command."""

import json
import shlex
from collections.abc import Iterator
from typing import Any

from benchmarks.gate.render import markdown
from benchmarks.gate.render.markdown import NONE, code, text
from benchmarks.records.verdict import CellResult, Revision, Verdict

# Left out: what changes from minute to minute
VOLATILE = ("load_average", "memory_bytes", "loaded")
SHOWN = {  # in this order, of an environment that both sides share
    "python": "Python {}",
    "cpu": "{}",
    "cores": "{} cores",
    "threads": "{} threads",
    "gpu": "GPU {}",
    "driver": "driver {}",
    "os": "{}",
}


def flat(values: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested dictionaries as (dotted key, value)."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from flat(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, values


def sides(verdict: Verdict) -> str:
    """A small table: revision, tree and environment of base and head."""
    names = ("", "requested", "revision", "tree", "environment")
    rows = [
        markdown.row(
            [
                name,
                text(side.label or NONE),
                revision(side),
                _tree(side.dirty),
                "of its own" if side.own_environment else "shared",
            ]
        )
        for name, side in (("base", verdict.base), ("head", verdict.head))
    ]
    return "\n".join([markdown.header(names, len(names)), *rows])


def revision(side: Revision) -> str:
    """Twelve digits of a side's revision, as code."""
    return code((side.revision or "")[:12])


def _tree(dirty: bool | None) -> str:
    if dirty is None:
        return "unknown whether clean"
    return "**with changes that are not committed**" if dirty else "clean"


def differences(verdict: Verdict) -> list[tuple[tuple[str, ...], str]]:
    """((key, base, head), cell) where its environments differ."""
    rows: list[tuple[tuple[str, ...], str]] = []
    for cell in verdict.cells:
        base, head = _stable(cell, "base"), _stable(cell, "head")
        for key in sorted(base | head) if base and head else ():
            values = _value(base.get(key)), _value(head.get(key))
            if values[0] != values[1]:
                rows.append(((key, *values), cell.title))
    return rows


def environment(verdict: Verdict) -> str:
    """A sentence about the environments of both sides."""
    if differences(verdict):
        return (
            "**Different environments**: a library or a setting may cause"
            " what was measured, instead of the code."
        )
    if shared := _shared(verdict):
        return f"The same environment: {shared}."
    return "Environments unknown: nothing could be measured."


def _stable(cell: CellResult, side: str) -> dict[str, Any]:
    environment = cell.environments.get(side) or {}
    kept = {k: v for k, v in environment.items() if k not in VOLATILE}
    return dict(flat(kept)) if kept else {}


def _value(value: Any) -> str:
    return "none" if value is None else str(value)


def _shared(verdict: Verdict) -> str:
    """The cells' environments; several values where cells differ."""
    values: dict[str, list[str]] = {}
    for cell in verdict.cells:
        for key, value in _stable(cell, "head").items():
            known = values.setdefault(key, [])
            if value is not None and str(value) not in known:
                known.append(str(value))
    parts = [
        form.format(text(" or ".join(values[key])))
        for key, form in SHOWN.items()
        if values.get(key)
    ]
    if values.get("gpu") == []:
        parts.append("no GPU")
    parts += [
        f"{text(key.partition('.')[2])} {text(' or '.join(known))}"
        for key, known in sorted(values.items())
        if key.startswith("versions.") and known
    ]
    return ", ".join(parts)


def settings(verdict: Verdict) -> list[tuple[str, str]]:
    """All settings by dotted key, the seed and the time with them."""
    return [
        ("seed", str(verdict.seed)),
        ("started", verdict.started),
        ("seconds", f"{verdict.seconds:.0f}"),
        ("accept", json.dumps(verdict.accept)),
        *(
            (key, value if isinstance(value, str) else json.dumps(value))
            for key, value in flat(verdict.settings)
            if key
        ),
    ]


def reproduce(verdict: Verdict) -> str:
    """The command that runs the same gate again, as Markdown."""
    plain = " ".join(_command(verdict).replace("`", "'").split())[:1000]
    where = f"To run it again, at {revision(verdict.head)}"
    if verdict.head.dirty:
        where += " with the same changes, which are not committed"
    return f"{where}:\n\n```\n{plain}\n```"


def _command(verdict: Verdict) -> str:
    """`make gate` with all settings that are not the default."""
    settings = verdict.settings
    budget = _numbers({"": settings.get("budget_seconds")}, "{:g}s")
    floors = _numbers(settings.get("floor_overrides"), "{}={:g}%", 100)
    cells = settings.get("cells")
    values = {
        "BASE": verdict.base.revision or verdict.base.label,
        "CELLS": " ".join(map(str, cells if isinstance(cells, list) else [])),
        "BUDGET": budget,
        "FLOOR": floors,
        "ACCEPT": " ".join(verdict.accept),
        "ARGS": f"--seed {verdict.seed}",
    }
    words = [
        f"{name}={shlex.quote(value)}"
        for name, value in values.items()
        if value
    ]
    return " ".join(["make gate", *words])


def _numbers(values: Any, form: str, factor: int = 1) -> str:
    """Named numbers as make's variables hold them; others are left out."""
    return " ".join(
        form.format(*([name] if name else []), factor * value)
        for name, value in (values.items() if isinstance(values, dict) else ())
        if isinstance(value, (int, float))
    )
