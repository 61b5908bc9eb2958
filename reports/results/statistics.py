"""Intervals and verdicts: means over seeds, pairs by seed, equivalence.

Formulas: Student's t interval of a mean; two one-sided tests
(Schuirmann 1987) at 5 %, which is a 90 % interval inside the margin.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

POWER = 0.80  # chance that the seeds asked for do decide
MOST_SEEDS = 1000


@dataclass(frozen=True)
class Interval:
    """A mean over `count` values and its t interval at `level`.

    `low` and `high` are None for one value: it says nothing of spread.
    """

    mean: float
    low: float | None
    high: float | None
    count: int
    level: float


@dataclass(frozen=True)
class Verdict:
    """Whether a difference is smaller than a margin.

    `words`: "equivalent", "different" or "not decided: ...".
    """

    difference: Interval
    margin: float
    words: str

    @property
    def kind(self) -> str:
        """equivalent | different | open"""
        return "open" if self.words.startswith("not") else self.words


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


def ratio(
    left: Mapping[int, float],
    right: Mapping[int, float],
    level: float = 0.95,
) -> Interval | None:
    """left / right over pairs by seed: the geometric mean and interval.

    The t interval of the log-ratios, one per pair, taken back. None
    when no seed has both.
    """
    logs = [
        math.log(left[seed] / right[seed]) for seed in left if seed in right
    ]
    if not logs:
        return None
    found = interval(logs, level)
    low = None if found.low is None else math.exp(found.low)
    high = None if found.high is None else math.exp(found.high)
    return Interval(math.exp(found.mean), low, high, found.count, level)


def equivalence(pairs: Mapping[int, float], margin: float) -> Verdict | None:
    """The verdict over paired differences; None when there is no pair.

    Equivalent: the 90 % interval lies inside (-margin, margin), both
    one-sided tests at 5 %. Different: it lies wholly beyond the margin.
    Else not decided, with how many more seeds would decide.
    """
    if not pairs:
        return None
    found = interval(list(pairs.values()), 0.90)
    if found.low is None or found.high is None:
        words = "not decided: one seed has no interval, more are needed"
    elif -margin < found.low and found.high < margin:
        words = "equivalent"
    elif found.low >= margin or found.high <= -margin:
        words = "different"
    else:
        words = _undecided(list(pairs.values()), margin)
    return Verdict(found, margin, words)


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
        return "not decided: the difference is about as large as the margin"
    more = needed - len(values)
    return f"not decided: {more} more seed{'s' if more > 1 else ''}"
