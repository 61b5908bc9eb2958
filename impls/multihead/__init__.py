"""Multi-head attention, shared by the Transformers (slides 26, 27 and 29)."""

from typing import Any

EPSILON = 1e-5  # of layer normalization, added to the variance


def pairs(cache: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Keys and values of each unit, which a cache has one behind another."""
    return list(zip(cache[::2], cache[1::2], strict=True))


def pasts(units: int, position: Any, cache: tuple[Any, ...]) -> list[Any]:
    """Of each unit position, keys and values; None where nothing is cached."""
    return [(position, *kv) for kv in pairs(cache)] or [None] * units
