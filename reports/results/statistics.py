"""Intervals and verdicts: means over seeds, pairs by seed, equivalence.

Formulas: Student's t interval of a mean; two one-sided tests
(Schuirmann 1987) at 5 %, which is a 90 % interval inside the margin.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

POWER = 0.80  # probability that the stated number of seeds decides
MOST_SEEDS = 1000


@dataclass(frozen=True)
class Interval:
    """A mean over `count` values and its t interval at `level`.

    `low` and `high` are None for one value: it has no spread.
    """

    mean: float
    low: float | None
    high: float | None
    count: int
    level: float

    def scaled(self, factor: float) -> "Interval":
        """The same in another unit."""
        return self.mapped(lambda value: factor * value)

    def mapped(self, function: Callable[[float], float]) -> "Interval":
        """A rising function of the mean and of both ends."""
        low = None if self.low is None else function(self.low)
        high = None if self.high is None else function(self.high)
        return Interval(function(self.mean), low, high, self.count, self.level)


@dataclass(frozen=True)
class Verdict:
    """Whether a difference is smaller than a margin.

    `words`: "equivalent", "different" or "inconclusive: ...".
    """

    difference: Interval
    margin: float
    words: str

    @property
    def kind(self) -> str:
        """equivalent | different | open"""
        return "open" if ":" in self.words else self.words


def quantile(probability: float, degrees: int) -> float:
    """Student's t: the value that `probability` of it lies below."""
    from scipy.special import stdtrit  # 0.2 s: only when needed

    return float(stdtrit(degrees, probability))


def interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """The mean and its t interval: mean -+ t s / sqrt(n).

    Raises ValueError for no values.
    """
    count = len(values)
    if count == 0:
        raise ValueError("interval of no values: expected one or more")
    mean = fmean(values)
    if count == 1:
        return Interval(mean, None, None, 1, level)
    reach = quantile((1 + level) / 2, count - 1)
    reach *= stdev(values) / math.sqrt(count)
    return Interval(mean, mean - reach, mean + reach, count, level)


def differences(
    left: Mapping[int, float], right: Mapping[int, float]
) -> dict[int, float]:
    """left - right for each seed that both sides have."""
    return {
        seed: left[seed] - right[seed] for seed in sorted(left) if seed in right
    }


def geometric(values: Sequence[float], level: float = 0.95) -> Interval:
    """The geometric mean of positive values: the interval of their logs."""
    logs = [math.log(value) for value in values]
    return interval(logs, level).mapped(math.exp)


def ratios(
    left: Mapping[int, float], right: Mapping[int, float]
) -> dict[int, float]:
    """left / right for each seed that both sides have and right is not 0."""
    return {
        seed: left[seed] / right[seed]
        for seed in sorted(left)
        if right.get(seed)
    }


def quotient(left: Interval, right: Interval) -> Interval:
    """left / right of positive values, independent of each other.

    Its interval from theirs, on logarithms: the method of variance estimates
    recovery (Zou and Donner 2008). Without ends where either has none.
    """
    ratio = left.mean / right.mean
    if None in (left.low, left.high, right.low, right.high):
        return Interval(ratio, None, None, left.count, left.level)
    below = math.hypot(_log(left.mean, left.low), _log(right.high, right.mean))
    above = math.hypot(_log(left.high, left.mean), _log(right.mean, right.low))
    low, high = ratio * math.exp(-below), ratio * math.exp(above)
    return Interval(ratio, low, high, left.count, left.level)


def _log(over: float | None, under: float | None) -> float:
    assert over is not None and under is not None
    return math.log(over / under)


def equivalence(pairs: Mapping[int, float], margin: float) -> Verdict | None:
    """The verdict over paired differences; None when there is no pair.

    Equivalent: the 90 % interval lies inside (-margin, margin), both
    one-sided tests at 5 %. Different: it lies wholly beyond the margin.
    Else inconclusive, with how many more seeds would decide.
    """
    if not pairs:
        return None
    own = interval(list(pairs.values()), 0.90)
    if own.low is None or own.high is None:
        words = "inconclusive: one seed has no interval, more are needed"
    elif -margin < own.low and own.high < margin:
        words = "equivalent"
    elif own.low >= margin or own.high <= -margin:
        words = "different"
    else:
        words = _undecided(list(pairs.values()), margin)
    return Verdict(own, margin, words)


def seeds_to_decide(values: Sequence[float], margin: float) -> int | None:
    """How many seeds in all would decide, with a chance of 80 %.

    The smallest n with (t(0.95) + t(0.80)) s / sqrt(n) below the distance
    from the mean to the margin. None if more than 1,000.
    """
    room = abs(margin - abs(fmean(values)))
    spread = stdev(values)
    for count in range(len(values) + 1, MOST_SEEDS + 1):
        reach = quantile(0.95, count - 1) + quantile(POWER, count - 1)
        if reach * spread / math.sqrt(count) < room:
            return count
    return None


def _undecided(values: Sequence[float], margin: float) -> str:
    needed = seeds_to_decide(values, margin)
    if needed is None:
        return "inconclusive: the difference is about as large as the margin"
    more = needed - len(values)
    return f"inconclusive: {more} more seed{'s' if more > 1 else ''}"
