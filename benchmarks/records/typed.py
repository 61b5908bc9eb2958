"""Dataclasses read from JSON: every value is checked against its type hint.

Standard library only.
"""

import math
import types
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

Problems = Iterator[tuple[str, Any, str]]  # field, its value, what it may be
NAMES = {
    float: "a number",
    int: "a whole number",
    str: "text",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}
# Long lists of numbers are checked at once
NUMBERS = {float: (float, int), float | None: (float, int, type(None))}


_hints = cache(get_type_hints)


class Reader:
    """Reads one document; `name` stands for it in messages: `gate.json`.

    A dataclass may have a method `problems`, which yields (field, value,
    expected) of what its type hints do not exclude.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self, kind: Any, value: Any, path: str = "") -> Any:
        """`value`, of JSON's types, as the type hint `kind` demands.

        Raises ValueError naming the key, its value and what was expected.
        """
        outer, inner = get_origin(kind) or kind, get_args(kind)
        if outer is types.UnionType:
            return None if value is None else self.read(inner[0], value, path)
        if is_dataclass(outer):
            return self._dataclass(outer, value, path)
        if outer is Any:
            outer, inner = type(value), (Any, Any)
            if outer not in (list, dict, float):
                return value
        if not _fits(outer, value):
            raise self.wrong(path, value, describe(kind))
        if outer is list:
            if _are_numbers(value, NUMBERS.get(inner[0], ())):
                return list(value)
            return [
                self.read(inner[0], item, f"{path}[{number}]")
                for number, item in enumerate(value)
            ]
        if outer is dict:
            return {
                key: self.read(inner[1], item, f"{path}.{key}")
                for key, item in value.items()
            }
        return value

    def wrong(self, path: str, value: Any, expected: str) -> ValueError:
        """The error for one key."""
        shown = repr(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        key = f"{self.name}'s {path.lstrip('.')}" if path else self.name
        return ValueError(f"{key} is {shown}: expected {expected}")

    def _dataclass(self, kind: Any, values: Any, path: str) -> Any:
        if not isinstance(values, dict):
            raise self.wrong(path, values, "an object")
        hints = _hints(kind)
        for key in values:
            if key not in hints:
                raise self.wrong(f"{path}.{key}", values[key], "no such key")
        given = {}
        for field in fields(kind):
            key, hint = f"{path}.{field.name}", hints[field.name]
            if field.name in values:
                given[field.name] = self.read(hint, values[field.name], key)
            elif field.default is MISSING and field.default_factory is MISSING:
                raise ValueError(
                    f"{self.name} has no {key.lstrip('.')}: expected"
                    f" {describe(hint)}"
                )
        instance = kind(**given)
        problems = getattr(instance, "problems", tuple)
        for name, value, expected in problems():
            raise self.wrong(f"{path}.{name}", value, expected)
        return instance


def interval_problems(low: float | None, high: float | None) -> Problems:
    """What the fields `low` and `high` of an interval may not hold."""
    if low is None and high is None:
        return
    if low is None or high is None:
        yield "low, .high", (low, high), "both or neither"
    elif low > high:
        yield "low, .high", (low, high), "low <= high"


def describe(kind: Any) -> str:
    """A type hint in words: `a number or null`."""
    outer = get_origin(kind) or kind
    if outer is types.UnionType:
        return f"{describe(get_args(kind)[0])} or null"
    return NAMES.get(outer, "a number or null" if kind is Any else "an object")


def _fits(kind: type, value: Any) -> bool:
    """Whether a value is of a type of JSON; a float may be whole."""
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, (int, float) if kind is float else kind)


def _are_numbers(values: list[Any], kinds: tuple[type, ...]) -> bool:
    return all(
        type(value) in kinds and (value is None or math.isfinite(value))
        for value in values
    )
