"""What the decision rule errs, by simulation: `make gate-power` shows it.

Pairs are drawn, the very rule of the gate decides. Noise is normal, or has
a tail (one pair in ten from a normal distribution three times as wide), and
starting second costs a per cent: the worst that was seen.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.gate.decide import Rule, Trial, orders
from benchmarks.records.verdict import CANNOT_TELL

ORDER = 0.01  # log-ratio that starting second costs
TAIL, WIDTH = 0.1, 3.0  # share of pairs, and how much wider they are


@dataclass(frozen=True)
class World:
    """What is true of a simulated cell."""

    effect: float = 0.0  # log-ratio, head over base
    spread: float = 0.01  # standard deviation of one pair
    tail: bool = False


@dataclass(frozen=True)
class Outcome:
    """Of many simulated gates: how often each word, how many pairs."""

    words: dict[str, float]  # word -> share
    median_pairs: int
    most_pairs: int  # 95th percentile


def simulate(
    rule: Rule, world: World, repeats: int, most_pairs: int, seed: int = 0
) -> Outcome:
    """Decide `repeats` times; each sequence ends at `most_pairs`."""
    draw = random.Random(seed)
    words: Counter[str] = Counter()
    lengths = []
    for number in range(repeats):
        trial = Trial(rule)
        for value, order in _pairs(world, draw, number):
            if trial.add(value, order) or len(trial.values) >= most_pairs:
                break
        words[trial.word or CANNOT_TELL] += 1
        lengths.append(len(trial.values))
    lengths.sort()
    return Outcome(
        {word: count / repeats for word, count in words.items()},
        lengths[repeats // 2],
        lengths[int(0.95 * repeats)],
    )


def _pairs(
    world: World, draw: random.Random, number: int
) -> Iterator[tuple[float, int]]:
    for base_first in orders(number, "simulated"):
        order = 1 if base_first else -1
        wide = world.tail and draw.random() < TAIL
        spread = world.spread * (WIDTH if wide else 1)
        yield draw.gauss(world.effect, spread) + ORDER * order, order
