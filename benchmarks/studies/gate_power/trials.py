"""Trials: the gate's own rule, fed with measured pairs.

A *trial* takes consecutive pairs of a pool until the rule has decided or
the budget of a cell is spent; the next begins with the pair behind it, so
that no process is in two trials of one size. A *resampled* trial draws its
pairs from the pool, with replacement.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from scipy.stats import binomtest

from benchmarks.gate.decide import Rule, Trial, orders
from benchmarks.records.verdict import CANNOT_TELL, IMPROVED, REGRESSED

LEVEL = 0.95

Pairs = tuple[Sequence[float], Sequence[int]]  # log-ratios, orders


@dataclass(frozen=True)
class Outcome:
    """What one trial came to."""

    word: str
    pairs: int
    estimate: float  # log-ratio


@dataclass(frozen=True)
class Rate:
    """So many of so many, and the Clopper-Pearson interval."""

    count: int
    trials: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.count / self.trials


@dataclass(frozen=True)
class Summary:
    """What the trials of one size of one cell came to."""

    found: Rate  # the right word; of A/A: a wrong one
    wrong: int  # the opposite word
    undecided: int
    pairs_median: float
    pairs_most: int
    estimate: float  # mean over the trials, log-ratio


def consecutive(pairs: Pairs, rule: Rule, most: int) -> list[Outcome]:
    """Trials on pairs in order, none used twice.

    A last one that the pool leaves undecided before its budget is spent
    is no trial.
    """
    found = []
    waiting = iter(zip(*pairs, strict=True))
    while outcome := _trial(waiting, rule, most):
        found.append(outcome)
    return found


def resampled(
    pairs: Pairs, rule: Rule, most: int, repeats: int, seed: int = 0
) -> list[Outcome]:
    """Trials on pairs that are drawn from the pool with replacement.

    Both orders are equally frequent in each, as in the gate. None where
    an order is missing.
    """
    known = {
        order: [
            value for value, one in zip(*pairs, strict=True) if one == order
        ]
        for order in (1, -1)
    }
    if not all(known.values()):
        return []
    draw = random.Random(seed)
    found = []
    for number in range(repeats):
        outcome = _trial(_drawn(known, draw, number), rule, most)
        assert outcome is not None  # there is no end of pairs
        found.append(outcome)
    return found


def summary(outcomes: Sequence[Outcome], size: int) -> Summary | None:
    """Of trials with `size` per cent planted; None of none."""
    if not outcomes:
        return None
    words = [one.word for one in outcomes]
    slower, faster = words.count(REGRESSED), words.count(IMPROVED)
    right, wrong = (faster, slower) if size < 0 else (slower, faster)
    pairs = [one.pairs for one in outcomes]
    return Summary(
        rate(right + wrong if size == 0 else right, len(outcomes)),
        0 if size == 0 else wrong,
        words.count(CANNOT_TELL),
        median(pairs),
        max(pairs),
        fmean(one.estimate for one in outcomes),
    )


def rate(count: int, trials: int) -> Rate:
    """With its exact 95 % interval (Clopper and Pearson 1934)."""
    found = binomtest(count, trials).proportion_ci(LEVEL, "exact")
    return Rate(count, trials, float(found.low), float(found.high))


def _trial(
    waiting: Iterator[tuple[float, int]], rule: Rule, most: int
) -> Outcome | None:
    trial = Trial(rule)
    for value, order in waiting:
        word = trial.add(value, order)
        count = len(trial.values)
        if word or count >= most:
            return Outcome(word or CANNOT_TELL, count, trial.now().mean)
    return None


def _drawn(
    known: dict[int, list[float]], draw: random.Random, number: int
) -> Iterator[tuple[float, int]]:
    for base_first in orders(number, "resampled"):
        order = 1 if base_first else -1
        yield draw.choice(known[order]), order
