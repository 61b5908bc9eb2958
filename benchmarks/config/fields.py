"""Fields of the schema: type, meaning, default and rule in one place."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import field, fields, is_dataclass, make_dataclass
from typing import Any, Optional, get_args, get_origin

from omegaconf import MISSING

from benchmarks.config.rules import Rule


def key(
    meaning: str,
    default: Any = MISSING,
    rule: Rule | None = None,
    choices: Iterable[str] = (),
) -> Any:
    """A key of the schema; MISSING: it has to be given.

    rule: what its value has to satisfy unless it is null. choices: the
    words that it, or each entry of a list, may be.
    """
    metadata = {"meaning": meaning, "rule": rule, "choices": choices}
    return field(default_factory=lambda: deepcopy(default), metadata=metadata)


def group(kind: type, meaning: str) -> Any:
    """A key that holds a group of keys."""
    return field(default_factory=kind, metadata={"meaning": meaning})


def optional(kind: Any, without: Iterable[str], prefix: str = "") -> type:
    """A schema's keys, each null by default, except those named."""
    kept: list[Any] = []
    for part in fields(kind):
        name = prefix + part.name
        if name in without:
            continue
        if is_dataclass(part.type):
            inner = optional(part.type, without, f"{name}.")
            own = group(inner, part.metadata["meaning"])
        else:
            inner = Optional[part.type]  # type: ignore[assignment] # noqa: UP045
            own = key(default=None, **part.metadata)
        kept.append((part.name, inner, own))
    return make_dataclass(f"Optional{kind.__name__}", kept)


def keys(kind: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, dataclass field) of every key, groups included.

    Keys of a phase are under `workload.phases.<name>.`.
    """
    for part in fields(kind):
        name = prefix + part.name
        yield name, part
        if is_dataclass(part.type):
            yield from keys(part.type, f"{name}.")
        elif get_origin(part.type) is dict:
            inner = get_args(part.type)[1]
            if is_dataclass(inner):
                yield from keys(inner, f"{name}.<name>.")
