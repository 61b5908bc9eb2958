"""The sequential test: regressed, improved, unchanged, or more pairs.

Each pair of fresh processes gives one log-ratio, head over base, above 0
where head costs more. The rule (`docs/gate.md`) is evaluated after 4, 6, 8,
... pairs. Repeated looks inflate its error rate, which is therefore measured
by simulation and by A/A tests (`benchmarks.studies.gate_power`).
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scipy.stats import norm as normal
from scipy.stats import t as student

from benchmarks.records.verdict import IMPROVED, REGRESSED, UNCHANGED

MIN_PAIRS = 4  # before the first look; two of either order
BEYOND_NOISE = 3.0  # standard errors
MAX_ESTIMATE = 100  # more pairs: an effect on its floor is never decided


@dataclass(frozen=True)
class Rule:
    """When a sequence of pairs is decided; fractions, not per cent."""

    floor: float = 0.05  # smaller effects are ignored
    noise: float = 0.0  # known standard deviation of one A/A pair
    tests: int = 1  # comparisons of the whole gate
    alpha: float = 0.01  # of a flag, one-sided
    confirmation: float = 0.05  # of the fresh pairs alone, one-sided
    family: float = 0.05  # over all comparisons
    equivalence: float = 0.025  # one-sided, of "unchanged"
    flags: int = 3  # that may fail to be confirmed


@dataclass(frozen=True)
class Estimate:
    """The mean of log-ratios and its error."""

    mean: float
    spread: float  # standard deviation of one pair
    error: float  # standard error of the mean
    freedom: int  # degrees of

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
    """The mean, corrected for the effect of the starting order.

    `orders`: 1 where base started first, -1 where head did; the order of
    two processes can shift the ratio by a per cent. Least squares on both;
    the spread is never below `noise`, the known spread of a pair.
    """
    count = len(values)
    mean, tilt = sum(values) / count, sum(orders) / count
    centred = [order - tilt for order in orders]
    weight = sum(x * x for x in centred)
    points = list(zip(centred, values, strict=True))
    slope = sum(x * v for x, v in points) / weight if weight else 0.0
    residual = sum((v - mean - slope * x) ** 2 for x, v in points)
    freedom = count - (2 if weight else 1)
    spread = math.sqrt(residual / freedom) if freedom > 0 else math.inf
    spread = max(spread, noise)
    leverage = tilt**2 / weight if weight else 0.0
    error = spread * math.sqrt(1 / count + leverage)
    # The mean where both orders are equally frequent
    return Estimate(mean - slope * tilt, spread, error, max(freedom, 1))


class Trial:
    """The sequential test of one comparison; no `outcome`: undecided."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.values: list[float] = []
        self.orders: list[int] = []
        self.outcome: str | None = None
        self.confirmed: bool | None = None
        self._sign = 0  # of the flag that waits for confirmation
        self._until = 0  # pairs at which it is confirmed or not
        self._from = 0  # first of the fresh pairs
        self._failed = 0  # flags not confirmed

    def add(self, value: float, order: int) -> str | None:
        """Add a pair; returns the outcome, None while it is undecided."""
        self.values.append(value)
        self.orders.append(order)
        count = len(self.values)
        if self.outcome is None and count >= MIN_PAIRS and count % 2 == 0:
            self._look(count)
        return self.outcome

    def now(self) -> Estimate:
        """The estimate from all pairs so far."""
        return estimate(self.values, self.orders, self.rule.noise)

    def reason(self) -> str:
        """Why it is undecided, in words."""
        low, high = (100 * limit for limit in self.now().limits(0.025))
        effect = f"{low:+.1f} to {high:+.1f} %"
        if self._sign:
            return f"flagged, not yet confirmed ({effect})"
        return f"{effect} includes the floor of {100 * self.rule.floor:g} %"

    def more_pairs(self) -> int:
        """About how many more pairs would decide, if the estimate holds."""
        now, rule = self.now(), self.rule
        gap, level = abs(abs(now.mean) - rule.floor), rule.equivalence
        if abs(now.mean) > rule.floor:
            gap, level = (
                abs(now.mean),
                min(rule.alpha, rule.family / rule.tests),
            )
        needed = (float(normal.isf(level)) * now.spread / max(gap, 1e-9)) ** 2
        more = math.ceil(needed - len(self.values))
        return max(2, min(MAX_ESTIMATE, more + more % 2))

    def _look(self, count: int) -> None:
        if self._sign and count >= self._until:
            self._confirm()
        if self.outcome is None and not self._sign:
            self._judge(count)

    def _judge(self, count: int) -> None:
        """Unchanged (two one-sided tests: Schuirmann 1987), or a flag."""
        now, rule = self.now(), self.rule
        low, high = now.limits(rule.equivalence)
        if -rule.floor < low and high < rule.floor:
            self.outcome = UNCHANGED
            return
        sign = 1 if now.mean > 0 else -1
        if self._failed < rule.flags and self._beyond(now, sign, rule.alpha):
            self._sign, self._from = sign, count
            self._until = count + max(MIN_PAIRS, count // 4 * 2)

    def _beyond(self, now: Estimate, sign: int, level: float) -> bool:
        effect = sign * now.mean
        return (
            effect > self.rule.floor
            and effect > BEYOND_NOISE * now.error
            and now.p(sign) < level
        )

    def _confirm(self) -> None:
        """Confirm the flag, drop it, or wait for more pairs."""
        rule, sign = self.rule, self._sign
        fresh = estimate(
            self.values[self._from :], self.orders[self._from :], rule.noise
        )
        alone = fresh.p(sign) < rule.confirmation
        now = self.now()
        if alone and self._beyond(now, sign, rule.family / rule.tests):
            self.outcome = REGRESSED if sign > 0 else IMPROVED
            self.confirmed = True
        elif not alone or sign * now.mean <= rule.floor:
            self.confirmed = False
            self._failed += 1
            self._sign = 0
        # else it is real, and the level of the whole gate takes more pairs


def holm(values: Sequence[float]) -> list[float]:
    """p-values adjusted for multiple testing (Holm 1979), in their order."""
    adjusted = [0.0] * len(values)
    largest = 0.0
    ranked = sorted(range(len(values)), key=lambda at: values[at])
    for rank, at in enumerate(ranked):
        largest = max(largest, min(1.0, (len(values) - rank) * values[at]))
        adjusted[at] = largest
    return adjusted
