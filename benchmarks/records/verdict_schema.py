"""gate.json back into a Verdict; refused by the name of the key.

Standard library only: who renders another's gate.json installs nothing.
"""

import json
import math
import types
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from benchmarks.records.verdict import (
    CANNOT_TELL,
    CHANGED,
    IMPROVED,
    NOT_MEASURED,
    REGRESSED,
    SCHEMA,
    UNCHANGED,
    CellResult,
    Decision,
    Mathematics,
    Verdict,
)

LARGEST = 20_000_000  # bytes of a gate.json that is read
WORDS = (REGRESSED, IMPROVED, UNCHANGED, CANNOT_TELL, NOT_MEASURED)
SAID = (UNCHANGED, CHANGED, CANNOT_TELL, NOT_MEASURED)  # of mathematics
# Settings that decide what is said; the others are only shown
SETTINGS = {
    "accept": list[str],
    "skipped": dict[str, str],  # cell or workload -> why
    "interrupted": bool,
}
NAMES = {
    float: "a number",
    int: "a whole number",
    str: "text",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


def read(path: Path) -> Verdict:
    """The verdict of a `gate.json`.

    Raises ValueError naming the key that is wrong, what came and what was
    expected, and OSError where the file cannot be opened.
    """
    with open(path, "rb") as handle:
        raw = handle.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise ValueError(f"{path.name} has more than {LARGEST:,} bytes")
    try:
        return load(json.loads(raw))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name} is not whole JSON: {error}") from error
    except RecursionError as error:
        raise ValueError(f"{path.name} is nested too deeply") from error


def load(found: Any) -> Verdict:
    """The same, of what JSON's types hold. Raises ValueError."""
    if not isinstance(found, dict):
        raise _wrong("", found, "an object")
    if found.get("schema") != SCHEMA:
        raise _wrong("schema", found.get("schema"), f"{SCHEMA}")
    verdict: Verdict = _load(Verdict, found, "")
    for name in ("base", "head"):
        _side(getattr(verdict, name), name)
    for name, kind in SETTINGS.items():
        if name in verdict.settings:
            _load(kind, verdict.settings[name], f"settings.{name}")
    for number, cell in enumerate(verdict.cells):
        _cell(cell, f"cells[{number}]")
    return verdict


def _load(kind: Any, value: Any, path: str) -> Any:
    """`value` as the type hint `kind` wants it."""
    inner = get_args(kind)
    if kind is Any:
        return _any(value, path)
    if get_origin(kind) is types.UnionType:
        some = next(one for one in inner if one is not type(None))
        if value is None:
            return None
        return _load(some, value, path)
    if is_dataclass(kind):
        return _dataclass(kind, value, path)
    outer = get_origin(kind) or kind
    if outer in (list, dict):
        if not isinstance(value, outer):
            raise _wrong(path, value, NAMES[outer])
        if outer is list:
            return [
                _load(inner[0], one, f"{path}[{n}]")
                for n, one in enumerate(value)
            ]
        return {k: _load(inner[1], v, f"{path}.{k}") for k, v in value.items()}
    return _scalar(outer, value, path)


def _dataclass(kind: Any, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(path, value, "an object")
    hints = get_type_hints(kind)
    for key in value:
        if key not in hints:
            raise _wrong(f"{path}.{key}", value[key], "no such key")
    given = {}
    for one in fields(kind):
        if one.name in value:
            key = f"{path}.{one.name}"
            given[one.name] = _load(hints[one.name], value[one.name], key)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise ValueError(
                f"gate.json has no {f'{path}.{one.name}'.lstrip('.')}:"
                f" expected {_name(hints[one.name])}"
            )
    return kind(**given)


def _scalar(kind: type, value: Any, path: str) -> Any:
    good = isinstance(value, (int, float) if kind is float else kind)
    if isinstance(value, bool) and kind is not bool:
        good = False
    if good and isinstance(value, float) and not math.isfinite(value):
        good = False
    if not good:
        raise _wrong(path, value, NAMES[kind])
    return value


def _any(value: Any, path: str) -> Any:
    """Anything, so long as every number in it is one."""
    if isinstance(value, dict):
        return {k: _any(v, f"{path}.{k}") for k, v in value.items()}
    if isinstance(value, list):
        return [_any(v, f"{path}[{n}]") for n, v in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise _wrong(path, value, "a number or null")
    return value


def _side(side: dict[str, Any], path: str) -> None:
    kinds = {"label": str, "revision": str | None, "dirty": bool | None}
    for key, kind in kinds.items():
        if key not in side:
            raise ValueError(
                f"gate.json has no {path}.{key}: expected {_name(kind)}"
            )
        _load(kind, side[key], f"{path}.{key}")


def _cell(cell: CellResult, path: str) -> None:
    for number, one in enumerate(cell.decisions):
        _decision(one, f"{path}.decisions[{number}]")
    for key, both in cell.configuration.items():
        if len(both) != 2:
            raise _wrong(f"{path}.configuration.{key}", both, "[base, head]")
    for side, around in cell.environments.items():
        if not isinstance(around, dict):
            where = f"{path}.environments.{side}"
            raise _wrong(where, around, "an object")
    if cell.mathematics:
        _mathematics(cell.mathematics, f"{path}.mathematics")


def _mathematics(one: Mathematics, path: str) -> None:
    if one.word not in SAID:
        raise _wrong(f"{path}.word", one.word, " | ".join(SAID))
    if one.word == NOT_MEASURED and not one.reason:
        raise _wrong(f"{path}.reason", one.reason, "why it was not measured")
    if one.accuracy:
        _decision(one.accuracy, f"{path}.accuracy")


def _decision(one: Decision, path: str) -> None:
    if one.word not in WORDS:
        raise _wrong(f"{path}.word", one.word, " | ".join(WORDS))
    if one.word == NOT_MEASURED and not one.reason:
        raise _wrong(f"{path}.reason", one.reason, "why it was not measured")
    if one.ratio is not None and one.ratio < 0:
        raise _wrong(f"{path}.ratio", one.ratio, "a number from 0 or null")
    if (one.low is None) != (one.high is None):
        both = one.low, one.high
        raise _wrong(f"{path}.low, .high", both, "both or neither")
    if one.low is not None and one.high is not None and one.low > one.high:
        raise _wrong(f"{path}.low, .high", (one.low, one.high), "low <= high")
    for name in ("pairs", "more_pairs"):
        count = getattr(one, name)
        if count is not None and count < 0:
            raise _wrong(f"{path}.{name}", count, "a count from 0")


def _name(kind: Any) -> str:
    """A type hint in words: `a number or null`."""
    if get_origin(kind) is types.UnionType:
        some = [one for one in get_args(kind) if one is not type(None)]
        return f"{_name(some[0])} or null"
    return NAMES.get(get_origin(kind) or kind, "an object")


def _wrong(key: str, came: Any, expected: str) -> ValueError:
    shown = repr(came)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    name = f"gate.json's {key.lstrip('.')}" if key else "gate.json"
    return ValueError(f"{name} is {shown}: expected {expected}")
