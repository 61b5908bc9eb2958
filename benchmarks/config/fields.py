"""Fields of the schema: type, meaning, default and rule in one place."""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import Field, field, fields, is_dataclass, make_dataclass
from typing import Any, NamedTuple, Optional, get_args, get_origin

from omegaconf import MISSING, OmegaConf

from benchmarks.config.rules import Rule


def key(
    meaning: str,
    default: Any = MISSING,
    rule: Rule | None = None,
    choices: Iterable[str] | Callable[[], Iterable[str]] = (),
) -> Any:
    """A key of the schema; MISSING: it has to be given.

    rule: what its value has to satisfy unless it is null. choices: the
    words that it may be.
    """
    metadata = {"meaning": meaning, "rule": rule, "choices": choices}
    if isinstance(default, (list, dict)):
        return field(
            default_factory=lambda: deepcopy(default), metadata=metadata
        )
    return field(default=default, metadata=metadata)


def group(kind: type, meaning: str) -> Any:
    """A key that holds a group of keys."""
    return field(default_factory=kind, metadata={"meaning": meaning})


def optional(kind: type, without: Iterable[str] = ()) -> type:
    """The same keys for a phase: null means the workload's value."""
    keys = [part for part in fields(kind) if part.name not in without]
    made = make_dataclass(
        f"Phase{kind.__name__}",
        [
            (
                part.name,
                Optional[part.type],  # noqa: UP045  # a type made at run time
                field(default=None, metadata=dict(part.metadata)),
            )
            for part in keys
        ],
    )
    made.__doc__ = kind.__doc__
    return made


class Key(NamedTuple):
    """A key of the schema with its value in one configuration."""

    name: str  # dotted
    part: "Field[Any]"
    value: Any


def keys(kind: type, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, dataclass field) of every key, groups included."""
    for part in fields(kind):
        yield prefix + part.name, part
        if is_dataclass(part.type) and isinstance(part.type, type):
            yield from keys(part.type, f"{prefix}{part.name}.")


def values(kind: type, node: Any, prefix: str = "") -> Iterator[Key]:
    """Every single key of a configuration with its value, phases included.

    A value that is missing is MISSING.
    """
    for part in fields(kind):
        name = prefix + part.name
        if is_dataclass(part.type) and isinstance(part.type, type):
            yield from values(part.type, node[part.name], f"{name}.")
        elif inner := _values_of_dict(part.type):
            for phase, content in node[part.name].items():
                yield from values(inner, content, f"{name}.{phase}.")
        else:
            missing = OmegaConf.is_missing(node, part.name)
            yield Key(name, part, MISSING if missing else node[part.name])


def _values_of_dict(kind: Any) -> type | None:
    """The dataclass that a dict type holds, None where it holds none."""
    if get_origin(kind) is dict and is_dataclass(get_args(kind)[1]):
        inner: type = get_args(kind)[1]
        return inner
    return None
