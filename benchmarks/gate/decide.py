"""What pairs say: regressed, improved, unchanged, or go on measuring.

One log-ratio per pair of fresh processes, head over base, above 0 where
head costs more. A group-sequential rule: looks after 4, 6, 8, ... pairs.

- *flagged*: the mean is beyond the floor and beyond three standard errors
  of the cell's own noise, and Student's t is significant at `alpha`.
- *confirmed*: as many fresh pairs again are significant by themselves, and
  all pairs together beyond the floor and at `family / tests`, so that Holm
  over the whole gate cannot take it back. Otherwise the sequence goes on.
- *unchanged*: the two one-sided limits at `equivalence` lie within the
  floor (Schuirmann 1987).

Looking again and again spends error: the error rate of the whole rule is
found by simulation (`benchmarks.studies.gate_power.simulate`) and by A/A runs,
not from tables.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scipy.stats import norm as normal
from scipy.stats import t as student

from benchmarks.records.verdict import IMPROVED, REGRESSED, UNCHANGED

FEWEST = 4  # pairs before the first look; two of either order
BEYOND_NOISE = 3.0  # standard errors


@dataclass(frozen=True)
class Rule:
    """When a sequence of pairs is decided; fractions, not per cent."""

    floor: float = 0.05  # an effect below it is nobody's concern
    noise: float = 0.0  # known standard deviation of one A/A pair
    tests: int = 1  # comparisons of the whole gate
    alpha: float = 0.01  # of a flag, one-sided
    confirmation: float = 0.05  # of the fresh pairs alone, one-sided
    family: float = 0.05  # over all comparisons
    equivalence: float = 0.025  # one-sided, of "unchanged"
    flags: int = 3  # that may fail to be confirmed


@dataclass(frozen=True)
class Estimate:
    """Mean of log-ratios and what is known of its error."""

    mean: float
    spread: float  # standard deviation of one pair
    error: float  # standard error of the mean
    freedom: int

    def p(self, sign: int = 1) -> float:
        """One-sided p-value of an effect in the direction of `sign`."""
        if self.error == 0:
            return 0.0 if sign * self.mean > 0 else 1.0
        return float(student.sf(sign * self.mean / self.error, self.freedom))

    def limits(self, tail: float) -> tuple[float, float]:
        """The interval that leaves `tail` at either end."""
        half = float(student.isf(tail, self.freedom)) * self.error
        return self.mean - half, self.mean + half


def orders(seed: int, title: str) -> Iterator[bool]:
    """Whether base starts first, pair by pair: both equally often."""
    draw = random.Random(f"{seed} {title}")
    while True:
        yield from draw.sample((True, False), 2)


def estimate(
    values: Sequence[float], orders: Sequence[int], noise: float = 0.0
) -> Estimate:
    """The mean, freed of what the order of starting does.

    `orders`: 1 where base started first, -1 where head did; which of two
    processes comes first can shift it by a per cent. Least squares on both;
    never more exact than `noise`, the known spread of a pair, allows.
    """
    count = len(values)
    x, o = _centred(orders), list(values)
    weight = sum(one * one for one in x)
    mean = sum(o) / count
    slope = sum(a * b for a, b in zip(x, o, strict=True)) / max(weight, 1e-300)
    # The mean where both orders are equally frequent
    middle = mean - slope * (sum(orders) / count) if weight else mean
    left = sum((v - mean - slope * a) ** 2 for v, a in zip(o, x, strict=True))
    freedom = count - (2 if weight else 1)
    spread = math.sqrt(left / freedom) if freedom > 0 else math.inf
    spread = max(spread, noise)
    lean = (sum(orders) / count) ** 2 / weight if weight else 0.0
    error = spread * math.sqrt(1 / count + lean)
    return Estimate(middle, spread, error, max(freedom, 1))


def _centred(orders: Sequence[int]) -> list[float]:
    middle = sum(orders) / len(orders)
    return [one - middle for one in orders]


class Trial:
    """One comparison while its pairs come in."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.values: list[float] = []
        self.orders: list[int] = []
        self.word: str | None = None
        self.confirmed: bool | None = None
        self._sign = 0  # of the flag that waits to be confirmed
        self._until = 0  # pairs at which it is
        self._from = 0  # first of the fresh ones
        self._failed = 0

    def add(self, value: float, order: int) -> str | None:
        """Take in a pair; the word once it is decided, else None."""
        self.values.append(value)
        self.orders.append(order)
        count = len(self.values)
        if self.word is None and count >= FEWEST and count % 2 == 0:
            self._look(count)
        return self.word

    def now(self) -> Estimate:
        """What all pairs together say."""
        return estimate(self.values, self.orders, self.rule.noise)

    def why(self) -> str:
        """Why it is not decided, in words."""
        now, floor = self.now(), self.rule.floor
        low, high = (100 * limit for limit in now.limits(0.025))
        effect = f"{low:+.1f} to {high:+.1f} %"
        if self._sign:
            return f"flagged, not yet confirmed ({effect})"
        return f"{effect} reaches across the floor of {100 * floor:g} %"

    def more_pairs(self) -> int:
        """About how many more pairs would decide, if all stays as it is.

        For an effect on its floor none ever would: a hundred at most.
        """
        now, rule = self.now(), self.rule
        gap = abs(abs(now.mean) - rule.floor)
        level = rule.equivalence
        if abs(now.mean) > rule.floor:
            level = min(rule.alpha, rule.family / rule.tests)
            gap = abs(now.mean)
        needed = (float(normal.isf(level)) * now.spread / max(gap, 1e-9)) ** 2
        more = math.ceil(needed - len(self.values))
        return max(2, min(100, more + more % 2))

    def _look(self, count: int) -> None:
        if self._sign and count >= self._until:
            self._confirm(count)
        if self.word is None and not self._sign:
            self._judge(count)

    def _judge(self, count: int) -> None:
        now, rule = self.now(), self.rule
        low, high = now.limits(rule.equivalence)
        if -rule.floor < low and high < rule.floor:
            self.word = UNCHANGED
            return
        sign = 1 if now.mean > 0 else -1
        if self._failed < rule.flags and self._beyond(now, sign, rule.alpha):
            self._sign, self._from = sign, count
            self._until = count + max(FEWEST, count // 4 * 2)

    def _beyond(self, now: Estimate, sign: int, level: float) -> bool:
        effect = sign * now.mean
        return (
            effect > self.rule.floor
            and effect > BEYOND_NOISE * now.error
            and now.p(sign) < level
        )

    def _confirm(self, count: int) -> None:
        """The flag holds, needs more pairs, or was chance."""
        fresh = estimate(
            self.values[self._from :],
            self.orders[self._from :],
            self.rule.noise,
        )
        sign, rule = self._sign, self.rule
        alone = fresh.p(sign) < rule.confirmation
        level = rule.family / rule.tests
        if alone and self._beyond(self.now(), sign, level):
            self.word = REGRESSED if sign > 0 else IMPROVED
            self.confirmed = True
        elif not alone or sign * self.now().mean <= rule.floor:
            self.confirmed = False
            self._failed += 1
            self._sign = 0
        # else it is real, and the whole gate asks for more pairs


def holm(values: Sequence[float]) -> list[float]:
    """p-values adjusted for being so many (Holm 1979), in their order."""
    adjusted = [0.0] * len(values)
    largest = 0.0
    ranked = sorted(range(len(values)), key=lambda at: values[at])
    for rank, at in enumerate(ranked):
        largest = max(largest, min(1.0, (len(values) - rank) * values[at]))
        adjusted[at] = largest
    return adjusted
