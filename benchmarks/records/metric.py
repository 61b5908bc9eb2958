"""From samples to a metric: a median, its interval, or a reason."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

Metric = dict[str, Any]


def interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Distribution-free 95 % interval of the median, from order statistics.

    The k-th smallest and the k-th largest value hold the median with
    probability 1 - 2 P(B < k), B binomial (n, 1/2): the largest k that
    keeps 95 % is taken (David and Nagaraja, Order Statistics, 7.1).
    (None, None) where no k keeps it: below six values.
    """
    ordered, below, rank = sorted(values), 0.0, 0
    for k in range(len(ordered) // 2):
        below += math.comb(len(ordered), k) / 2 ** len(ordered)
        if 2 * below > 1 - 0.95:
            break
        rank = k + 1
    if rank == 0:
        return None, None
    return float(ordered[rank - 1]), float(ordered[-rank])


def summary(values: Sequence[float], unit: str, over: str) -> Metric:
    """Median and 95 % interval of samples; `over`: what they range over."""
    low, high = interval(values)
    if low is None:
        over = f"{over}; too few for a 95 % interval"
    return metric(median(values), unit, low, high, len(values), over)


def metric(
    value: float | None,
    unit: str,
    low: float | None = None,
    high: float | None = None,
    repeats: int = 1,
    over: str | None = None,
) -> Metric:
    """One measured number as it stands in a record.

    JSON knows no NaN: a value that is not finite becomes None, and the
    reason says what it was.
    """
    number = finite(value)
    return {
        "value": number,
        "low": finite(low),
        "high": finite(high),
        "repeats": repeats,
        "unit": unit,
        "over": over,
        "reason": f"the value is {value}" if number is None else None,
    }


def unknown(unit: str, reason: str) -> Metric:
    """A number that could not be measured: None, and why."""
    return {**metric(None, unit, repeats=0), "reason": reason}


def metric_or(
    reason: str, value: float | None, unit: str, over: str | None = None
) -> Metric:
    """A metric; without a value it is unknown for `reason`."""
    if value is None:
        return unknown(unit, reason)
    return metric(value, unit, over=over)


def finite(value: float | None) -> float | None:
    """The value, or None in place of NaN and infinities."""
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(value)
