"""Trials: the gate's sequential test, applied to recorded or random pairs.

A trial takes pairs until the test has decided or the maximum is reached.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from scipy.stats import binomtest

from benchmarks.gate.decide import Rule, Trial, orders
from benchmarks.records.verdict import IMPROVED, INCONCLUSIVE, REGRESSED

LEVEL = 0.95
ORDER = 0.01  # log-ratio: the largest cost of starting second that was seen
TAIL, WIDTH = 0.1, 3.0  # share of outlying pairs, and how much wider they are

Pairs = tuple[Sequence[float], Sequence[int]]  # log-ratios, orders


@dataclass(frozen=True)
class Outcome:
    """The end of one trial."""

    outcome: str
    pairs: int
    estimate: float  # log-ratio


@dataclass(frozen=True)
class World:
    """The true parameters of a simulated cell."""

    effect: float = 0.0  # log-ratio, head over base
    spread: float = 0.01  # standard deviation of one pair
    tail: bool = False


@dataclass(frozen=True)
class Rate:
    """A count of trials, and its Clopper-Pearson interval."""

    count: int
    trials: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.count / self.trials


@dataclass(frozen=True)
class Summary:
    """The trials of one size of one cell."""

    detected: Rate  # the right outcome; in A/A tests the false alarms
    opposite: int  # the wrong direction
    inconclusive: int
    pairs_median: float
    pairs_max: int
    estimate: float  # mean over the trials, log-ratio


def consecutive(pairs: Pairs, rule: Rule, max_pairs: int) -> list[Outcome]:
    """Trials on pairs in order; no pair is used twice.

    A last trial that the pool leaves undecided does not count.
    """
    outcomes = []
    waiting = iter(zip(*pairs, strict=True))
    while outcome := _trial(waiting, rule, max_pairs):
        outcomes.append(outcome)
    return outcomes


def resampled(
    pairs: Pairs, rule: Rule, max_pairs: int, repeats: int, seed: int = 0
) -> list[Outcome]:
    """Trials on pairs that are drawn from the pool with replacement.

    Both orders are equally frequent in each, as in the gate. None where
    an order is missing.
    """
    by_order: dict[int, list[float]] = {1: [], -1: []}
    for value, order in zip(*pairs, strict=True):
        by_order[order].append(value)
    if not all(by_order.values()):
        return []
    draw = random.Random(seed)

    def drawn(number: int) -> Iterator[tuple[float, int]]:
        for base_first in orders(number, "resampled"):
            order = 1 if base_first else -1
            yield draw.choice(by_order[order]), order

    return _endless(drawn, rule, max_pairs, repeats)


def simulate(
    rule: Rule, world: World, repeats: int, max_pairs: int, seed: int = 0
) -> list[Outcome]:
    """Trials on simulated pairs, normal or with a heavier tail."""
    draw = random.Random(seed)

    def drawn(number: int) -> Iterator[tuple[float, int]]:
        for base_first in orders(number, "simulated"):
            order = 1 if base_first else -1
            wide = world.tail and draw.random() < TAIL
            spread = world.spread * (WIDTH if wide else 1)
            yield draw.gauss(world.effect, spread) + ORDER * order, order

    return _endless(drawn, rule, max_pairs, repeats)


def share(outcomes: Sequence[Outcome], *names: str) -> float:
    """The share of trials that end with one of these outcomes."""
    return fmean(trial.outcome in names for trial in outcomes)


def summary(outcomes: Sequence[Outcome], size: int) -> Summary | None:
    """Of trials with `size` per cent injected; None without a trial."""
    if not outcomes:
        return None
    names = [trial.outcome for trial in outcomes]
    slower, faster = names.count(REGRESSED), names.count(IMPROVED)
    right, wrong = (faster, slower) if size < 0 else (slower, faster)
    pairs = [trial.pairs for trial in outcomes]
    return Summary(
        rate(right if size else right + wrong, len(outcomes)),
        wrong if size else 0,
        names.count(INCONCLUSIVE),
        median(pairs),
        max(pairs),
        fmean(trial.estimate for trial in outcomes),
    )


def rate(count: int, trials: int) -> Rate:
    """With its exact 95 % interval (Clopper and Pearson 1934)."""
    interval = binomtest(count, trials).proportion_ci(LEVEL, "exact")
    return Rate(count, trials, float(interval.low), float(interval.high))


def _trial(
    waiting: Iterator[tuple[float, int]], rule: Rule, max_pairs: int
) -> Outcome | None:
    trial = Trial(rule)
    for value, order in waiting:
        outcome = trial.add(value, order)
        count = len(trial.values)
        if outcome or count >= max_pairs:
            return Outcome(outcome or INCONCLUSIVE, count, trial.now().mean)
    return None


def _endless(
    drawn: Callable[[int], Iterator[tuple[float, int]]],
    rule: Rule,
    max_pairs: int,
    repeats: int,
) -> list[Outcome]:
    """Trials on pairs without end, each of which has an outcome."""
    trials = (_trial(drawn(n), rule, max_pairs) for n in range(repeats))
    return [trial for trial in trials if trial]
