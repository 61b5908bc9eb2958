"""Multi-head attention, shared by the Transformers (slides 26, 27 and 29)."""

import math
from typing import Any

EPSILON = 1e-5  # of layer normalization, added to the variance


def pairs(cache: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Keys and values of each unit, which a cache has one behind another."""
    return list(zip(cache[::2], cache[1::2], strict=True))


def pasts(units: int, position: Any, cache: tuple[Any, ...]) -> list[Any]:
    """Of each unit position, keys and values; None where nothing is cached."""
    return [(position, *kv) for kv in pairs(cache)] or [None] * units


def check_heads(width: int, heads: int) -> None:
    """Raise ValueError unless the heads divide the width."""
    if width % heads:
        raise ValueError(
            f"width {width}, heads {heads}: expected a multiple of the heads, "
            "which share it"
        )


def scale(spec: Any) -> float:
    """1 / sqrt(d_k) (slide 27), or 1 where scores are not scaled."""
    return 1 / math.sqrt(spec.key) if spec.scaled else 1.0


def attention_flops(spec: Any, pairs: int) -> int:
    """Scores and weighted sums of pairs of a query and a key, all heads."""
    return 2 * pairs * spec.heads * (spec.key + spec.value)
