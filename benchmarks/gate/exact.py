"""What repeats exactly: counts and sizes, compared without statistics.

A parameter more, a program compiled again, a plan of XLA that takes more
memory: one process of either side says it, and bounds can be tight.
"""

from collections.abc import Mapping
from typing import Any

from benchmarks.records.verdict import (
    IMPROVED,
    METRICS,
    NOT_MEASURED,
    REGRESSED,
    UNCHANGED,
    Decision,
    Metric,
)

BYTES = 0.01  # allocators round; a growth below one per cent is none

Sample = Mapping[str, Mapping[str, Any]]


def exact_bounds() -> dict[str, float]:
    """Metric -> the fraction it may move by: counts by nothing."""
    return {
        metric.name: BYTES if metric.unit == "bytes" else 0.0
        for metric in METRICS
        if metric.kind == "exact"
    }


def exact(
    base_sample: Sample, head_sample: Sample, bounds: Mapping[str, float]
) -> list[Decision]:
    """Every exact metric: regressed where it has grown beyond its bound.

    A sample is metric -> {"value": number or None, "reason"}. What `bounds`
    does not name has that of `exact_bounds`.
    """
    known = {**exact_bounds(), **bounds}
    return [
        _decide(
            metric,
            base_sample.get(metric.name, {}),
            head_sample.get(metric.name, {}),
            known[metric.name],
        )
        for metric in METRICS
        if metric.kind == "exact"
    ]


def _decide(
    metric: Metric,
    base: Mapping[str, Any],
    head: Mapping[str, Any],
    bound: float,
) -> Decision:
    old, new = base.get("value"), head.get("value")
    decision = Decision(
        metric.name, metric.unit, NOT_MEASURED, floor=bound, base=old, head=new
    )
    if old is None or new is None:
        decision.reason = _why(base, head)
        return decision
    decision.pairs = 1
    decision.word = _word(new - old, bound * abs(old))
    if old:  # what has grown from zero has no ratio
        ratio = new / old
        decision.ratio = decision.low = decision.high = ratio
    return decision


def _word(growth: float, most: float) -> str:
    if growth > most:
        return REGRESSED
    return IMPROVED if growth < -most else UNCHANGED


def _why(base: Mapping[str, Any], head: Mapping[str, Any]) -> str:
    """The reason of the side that lacks it; once, if both say the same."""
    lacking = {
        name: side.get("reason") or "it does not tell"
        for name, side in (("base", base), ("head", head))
        if side.get("value") is None
    }
    reasons = set(lacking.values())
    if len(lacking) == 2 and len(reasons) == 1:
        return reasons.pop()
    return "; ".join(f"{name}: {reason}" for name, reason in lacking.items())
