"""Context of a verdict: revisions, environments, settings, the command."""

import json
import shlex
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


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries by dotted key."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and value:
            result |= flat(value, f"{prefix}{key}.")
        else:
            result[f"{prefix}{key}"] = value
    return result


def different(
    base: dict[str, Any], head: dict[str, Any]
) -> dict[str, list[Any]]:
    """Dotted key -> [base, head], where they differ; None for a missing one."""
    old, new = flat(base), flat(head)
    return {
        key: [old.get(key), new.get(key)]
        for key in sorted(old | new)
        if old.get(key) != new.get(key)
    }


def sides(verdict: Verdict) -> str:
    """A small table: revision, tree and environment of base and head."""
    names = ("", "requested", "revision", "tree", "environment")
    rows = [markdown.header(names, len(names))]
    for name, side in (("base", verdict.base), ("head", verdict.head)):
        tree = "**with changes that are not committed**"
        if not side.dirty:
            tree = "clean" if side.dirty is False else "unknown whether clean"
        own = "of its own" if side.own_environment else "shared"
        label = text(side.label or NONE)
        rows.append(markdown.row([name, label, _revision(side), tree, own]))
    return "\n".join(rows)


def _revision(side: Revision) -> str:
    return code((side.revision or "")[:12])


def differences(verdict: Verdict) -> list[tuple[tuple[str, ...], str]]:
    """((key, base, head), cell) where its environments differ."""
    return [
        ((key, *map(_value, values)), cell.title)
        for cell in verdict.cells
        if all(cell.environments.get(side) for side in ("base", "head"))
        for key, values in different(
            _stable(cell, "base"), _stable(cell, "head")
        ).items()
    ]


def environment(verdict: Verdict, different: bool) -> str:
    """A sentence about the environments of both sides."""
    if different:
        return (
            "**Different environments**: a library or a setting may cause"
            " what was measured, instead of the code."
        )
    if shared := _shared(verdict):
        return f"The same environment: {shared}."
    return "Environments unknown: nothing could be measured."


def _stable(cell: CellResult, side: str) -> dict[str, Any]:
    environment = cell.environments.get(side) or {}
    return {k: v for k, v in environment.items() if k not in VOLATILE}


def _value(value: Any) -> str:
    return "none" if value is None else str(value)


def _shared(verdict: Verdict) -> str:
    """The cells' environments; several values where cells differ."""
    values: dict[str, dict[str, None]] = {}  # key -> its values, in order
    for cell in verdict.cells:
        for key, value in flat(_stable(cell, "head")).items():
            values.setdefault(key, {})[_value(value)] = None
    known = {key: text(" or ".join(names)) for key, names in values.items()}
    parts = [
        form.format(known[key])
        for key, form in SHOWN.items()
        if known.get(key, "none") != "none"
    ]
    if known.get("gpu") == "none":
        parts.append("no GPU")
    versions = {k: v for k, v in known.items() if k.startswith("versions.")}
    for key in sorted(versions):
        parts.append(f"{text(key.partition('.')[2])} {versions[key]}")
    return ", ".join(parts)


def settings(verdict: Verdict) -> list[tuple[str, str]]:
    """All settings by dotted key, the seed and the time with them."""
    values = {
        "seed": verdict.seed,
        "started": verdict.started,
        "seconds": round(verdict.seconds),
        "accept": verdict.accept,
        **verdict.settings,
    }
    return [
        (key, value if isinstance(value, str) else json.dumps(value))
        for key, value in flat(values).items()
    ]


def reproduce(verdict: Verdict) -> str:
    """The command that runs the same gate again, as Markdown."""
    plain = " ".join(_command(verdict).replace("`", "'").split())[:1000]
    where = f"To run it again, at {_revision(verdict.head)}"
    if verdict.head.dirty:
        where += " with the same changes, which are not committed"
    return f"{where}:\n\n```\n{plain}\n```"


def _command(verdict: Verdict) -> str:
    """`make gate` with all settings that are not the default."""
    settings = flat(verdict.settings)
    cells, budget = settings.get("cells"), settings.get("budget_seconds")
    floors = [
        f"{key.removeprefix('floor_overrides.')}={100 * value:g}%"
        for key, value in settings.items()
        if key.startswith("floor_overrides.") and isinstance(value, float)
    ]
    values = {
        "BASE": verdict.base.revision or verdict.base.label,
        "CELLS": " ".join(map(str, cells if isinstance(cells, list) else [])),
        "BUDGET": f"{budget:g}s" if isinstance(budget, float) else "",
        "FLOOR": " ".join(floors),
        "ACCEPT": " ".join(verdict.accept),
        "ARGS": f"--seed {verdict.seed}",
    }
    given = {
        name: shlex.quote(value) for name, value in values.items() if value
    }
    return " ".join(["make gate", *map("=".join, given.items())])
