"""Trials: the gate's sequential test, applied to recorded or random pairs.

A trial takes pairs until the test has decided or the maximum is reached.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.gate.decide import Rule, Trial, orders
from benchmarks.records.verdict import IMPROVED, REGRESSED
from benchmarks.studies.gate_power.pool import Pair

ORDER = 0.01  # log-ratio: the largest cost of starting second that was seen
TAIL, WIDTH = 0.1, 3.0  # share of outlying pairs, and how much wider they are


def consecutive(
    pairs: Iterable[Pair], rule: Rule, max_pairs: int
) -> Iterator[Trial]:
    """Trials on pairs in order; no pair is used twice.

    A last trial that the pool leaves undecided does not count.
    """
    trial = Trial(rule)
    for pair in pairs:
        if trial.add(*pair) or len(trial.values) >= max_pairs:
            yield trial
            trial = Trial(rule)


def resampled(
    pairs: Sequence[Pair], rule: Rule, max_pairs: int, repeats: int
) -> list[Trial]:
    """Trials on pairs that are drawn from the pool with replacement.

    Both orders are equally frequent in each, as in the gate. None where
    an order is missing.
    """
    by_order: dict[int, list[float]] = {1: [], -1: []}
    for value, order in pairs:
        by_order[order].append(value)
    if not all(by_order.values()):
        return []
    draw = random.Random(0)

    def value_of(order: int) -> float:
        return draw.choice(by_order[order])

    return _drawn(value_of, "resampled", rule, max_pairs, repeats)


def simulated(
    rule: Rule,
    max_pairs: int,
    repeats: int,
    spread: float,
    effect: float = 0.0,
    tail: bool = False,
) -> list[Trial]:
    """Trials on simulated pairs, normal or with a heavier tail.

    spread: standard deviation of one pair; effect: of head over base, both
    as log-ratios.
    """
    draw = random.Random(0)

    def value_of(order: int) -> float:
        width = WIDTH if tail and draw.random() < TAIL else 1
        return draw.gauss(effect, spread * width) + ORDER * order

    return _drawn(value_of, "simulated", rule, max_pairs, repeats)


def _drawn(
    value_of: Callable[[int], float],
    name: str,
    rule: Rule,
    max_pairs: int,
    repeats: int,
) -> list[Trial]:
    """Trials on as many pairs as they take, both orders equally often."""

    def pairs(number: int) -> Iterator[Pair]:
        for base_first in orders(number, name):
            order = 1 if base_first else -1
            yield value_of(order), order

    return [
        next(consecutive(pairs(number), rule, max_pairs))
        for number in range(repeats)
    ]


def detected(trials: Sequence[Trial], size: int) -> int:
    """Trials with the right direction of `size` per cent injected.

    Without a slowdown, those with either direction: false alarms.
    """
    right = [REGRESSED] if size > 0 else [IMPROVED]
    if size == 0:
        right = [REGRESSED, IMPROVED]
    return sum(trial.outcome in right for trial in trials)


def undecided(trials: Sequence[Trial]) -> int:
    """Trials that end at their largest number of pairs."""
    return sum(trial.outcome is None for trial in trials)
