"""What a comment says of both sides: revision, machine, settings.

Standard library only.
"""

import json
import shlex
from collections.abc import Iterator
from typing import Any

from benchmarks.gate.render.wording import NONE, code, text
from benchmarks.records.verdict import Verdict

# What passes from minute to minute is no difference of environments
PASSING = ("load_average", "memory_bytes", "loaded")
SHOWN = (  # in this order, of an environment that both sides share
    ("python", "Python {}"),
    ("cpu", "{}"),
    ("cores", "{} cores"),
    ("threads", "{} threads"),
    ("gpu", "GPU {}"),
    ("driver", "driver {}"),
    ("os", "{}"),
)
ELSEWHERE = ("skipped", "interrupted")  # settings told in other words

Difference = tuple[str, str, str, list[str]]  # key, base, head, cells


def flat(values: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested dictionaries as (dotted key, value)."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from flat(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, values


def sides(verdict: Verdict) -> str:
    """A small table: what base and head are."""
    rows = ["| | asked for | revision | tree | environment |"]
    rows.append("| :-- | :-- | :-- | :-- | :-- |")
    for name, side in (("base", verdict.base), ("head", verdict.head)):
        cells = [
            text(side.get("label") or NONE),
            revision(side),
            _tree(side.get("dirty")),
            _own(side),
        ]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def revision(side: dict[str, Any]) -> str:
    """Twelve digits of a side's revision, as code."""
    return code(str(side.get("revision") or "")[:12])


def _tree(dirty: object) -> str:
    if dirty is None:
        return "not known whether clean"
    return "**with changes that are not committed**" if dirty else "clean"


def _own(side: dict[str, Any]) -> str:
    return "of its own" if side.get("own_environment") else "shared"


def differences(verdict: Verdict) -> tuple[list[Difference], str]:
    """Where the environments differ, and a sentence about them.

    Each pair of values once, with the cells that it was seen in.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    told = 0
    for cell in verdict.cells:
        base, head = (_stable(cell.environments, s) for s in ("base", "head"))
        told += bool(base and head)
        for key in sorted({**base, **head}) if base and head else ():
            both = _value(base.get(key)), _value(head.get(key))
            if both[0] != both[1]:
                groups.setdefault((key, *both), []).append(cell.title)
    rows = [(*key, cells) for key, cells in groups.items()]
    if rows:
        return rows, (
            "**Different environments**: what was measured may be the doing"
            " of a library or a setting, not of the code."
        )
    if told:
        return [], f"The same environment: {_shared(verdict)}."
    return [], "No environment was told: nothing could be measured."


def _stable(environments: dict[str, Any], side: str) -> dict[str, Any]:
    around = environments.get(side) or {}
    kept = {k: v for k, v in around.items() if k not in PASSING}
    return dict(flat(kept)) if kept else {}


def _value(value: Any) -> str:
    return "none" if value is None else str(value)


def _shared(verdict: Verdict) -> str:
    """What the cells' environments hold; several values where they differ."""
    found: dict[str, list[str]] = {}
    for cell in verdict.cells:
        for key, value in _stable(cell.environments, "head").items():
            values = found.setdefault(key, [])
            if value is not None and str(value) not in values:
                values.append(str(value))
    parts = [
        shape.format(text(" or ".join(found[key])))
        for key, shape in SHOWN
        if found.get(key)
    ]
    if "gpu" in found and not found["gpu"]:
        parts.append("no GPU")
    parts += [
        f"{text(key.partition('.')[2])} {text(' or '.join(values))}"
        for key, values in sorted(found.items())
        if key.startswith("versions.") and values
    ]
    return ", ".join(parts)


def settings(verdict: Verdict) -> list[tuple[str, str]]:
    """All settings by dotted key, the seed and the time with them."""
    given = [
        (key, value if isinstance(value, str) else json.dumps(value))
        for key, value in flat(verdict.settings)
        if key and key.split(".")[0] not in ELSEWHERE
    ]
    return [
        ("seed", str(verdict.seed)),
        ("started", verdict.started),
        ("seconds", f"{verdict.seconds:.0f}"),
        *given,
    ]


def reproduce(verdict: Verdict) -> str:
    """How to run the same gate again, as Markdown.

    `settings.command` as it is, else `make gate` with what is known.
    """
    command = verdict.settings.get("command") or _command(verdict)
    plain = " ".join(str(command).replace("`", "'").split())[:1000]
    where = f"To run it again, at {revision(verdict.head)}"
    if verdict.head.get("dirty"):
        where += " with the same changes, which are not committed"
    return f"{where}:\n\n```\n{plain}\n```"


def _command(verdict: Verdict) -> str:
    """`make gate` with the settings in which it was not the usual one."""
    known = verdict.settings
    base = verdict.base.get("revision") or verdict.base.get("label")
    given = {
        "BASE": base,
        "CELLS": " ".join(map(str, _all(known.get("cells")))),
        "BUDGET": _numbers({"": known.get("budget_seconds")}, "{:g}s"),
        "FLOOR": _numbers(known.get("asked"), "{}={:g}%", 100),
        "ACCEPT": " ".join(map(str, _all(known.get("accept")))),
        "ARGS": f"--seed {verdict.seed}",
    }
    words = [
        f"{name}={shlex.quote(str(value))}"
        for name, value in given.items()
        if value
    ]
    return " ".join(["make gate", *words])


def _all(values: Any) -> list[Any]:
    return values if isinstance(values, list) else []


def _numbers(values: Any, shape: str, factor: int = 1) -> str:
    """Named numbers in the words of make's variables; others are left out."""
    some = values.items() if isinstance(values, dict) else ()
    return " ".join(
        shape.format(*([name] if name else []), factor * value)
        for name, value in some
        if isinstance(value, (int, float))
    )
