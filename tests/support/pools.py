"""Pools of rounds without a process, with exact slowdowns."""

import math
import random

from benchmarks.studies.gate_power import pool
from benchmarks.studies.gate_power import rounds as power_rounds


class FakePair:
    """Steps of a millisecond, slowed down by the count of the side."""

    def __init__(self):
        self.random = random.Random(0)
        self.noise = lambda: 1.0
        self.counts = [0.0, 0.0]
        self.blocks_of = []
        self.workers = [self._worker(0), self._worker(1)]

    def _worker(self, side):
        class One:
            @staticmethod
            def ask(verb, count):
                assert verb == "slow"
                self.counts[side] = count

        return One()

    def block(self, side, kind, switched=True):
        self.blocks_of.append(side)
        return 0.001 * (1 + self.counts[side] / 1000) * self.noise()


COUNTS = {str(size): 10.0 * size for size in (1, 2, 3, 5, 10, 20)}


def one_round(number=0, noise=0.0):
    chosen = pool.states(number)
    blocks, _ = power_rounds.alternate(FakePair(), chosen, COUNTS, 4)
    draw = random.Random(number)
    for values in blocks.values():
        factor = math.exp(draw.gauss(0, noise))
        values[:] = [factor * value for value in values]
    return {
        "number": number,
        "order": 1 if number % 2 else -1,
        "time": "2026-11-24T16:25:00+00:00",
        "load": 0.5,
        "open_seconds": 4.0,
        "blocks_seconds": 8.0,
        "blocks": blocks,
        "metrics": {"startup_seconds": [1.0, 1.0 + 0.001 * (number % 3)]},
    }


HEAD = {
    "cell": {
        "workload": {"name": "rnn"},
        "framework": {"name": "torch", "mode": "eager"},
    },
    "environment": {"cpu": "a processor", "cores": 2, "gpu": None},
    "fingerprint": "abc",
    "code": {"revision": "0123456", "dirty": False},
    "counts": COUNTS,
}


def filled(tmp_path, rounds, noise=0.01):
    """A pool of so many rounds; returns its path."""
    path = pool.place(tmp_path, HEAD["cell"], "abc", "01")
    begun = pool.begin(path, HEAD)
    for number in range(rounds):
        begun.append(one_round(number, noise))
    return path
