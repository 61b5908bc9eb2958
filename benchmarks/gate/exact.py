"""Metrics that repeat exactly: counts and sizes, compared without statistics.

One process of either side suffices, and bounds can be tight.
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
)

EXACT = tuple(metric for metric in METRICS if metric.kind == "exact")

Value = Mapping[str, Any]  # "value": number or None, "reason"
Sample = Mapping[str, Value]  # by metric


def exact(
    base: Sample, head: Sample, bounds: Mapping[str, float]
) -> list[Decision]:
    """Every exact metric: regressed where it has grown beyond its bound.

    `bounds`: metric -> the fraction it may grow by.
    """
    decisions = []
    for metric in EXACT:
        bound = bounds[metric.name]
        value, other = base.get(metric.name, {}), head.get(metric.name, {})
        old, new = value.get("value"), other.get("value")
        decision = Decision(
            metric.name,
            metric.unit,
            NOT_MEASURED,
            floor=bound,
            base=old,
            head=new,
            reason=missing(value, other),
        )
        if old is not None and new is not None:
            decision.pairs = 1
            decision.outcome = UNCHANGED
            if abs(new - old) > bound * abs(old):
                decision.outcome = REGRESSED if new > old else IMPROVED
            if old:  # growth from zero has no ratio
                decision.ratio = decision.low = decision.high = new / old
        decisions.append(decision)
    return decisions


def missing(base: Value, head: Value) -> str | None:
    """Why the sides that lack a value lack it; None where both have it."""
    reasons = {
        name: side.get("reason") or "not reported"
        for name, side in (("base", base), ("head", head))
        if side.get("value") is None
    }
    if len(reasons) == 2 and len(set(reasons.values())) == 1:
        return reasons["base"]
    parts = [f"{name}: {reason}" for name, reason in reasons.items()]
    return "; ".join(parts) or None
