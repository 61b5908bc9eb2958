"""Time that passes only in the steps of a Runner."""

import numpy as np

from benchmarks.data.batches import Split
from tests.support.fake.frameworks.calm import Runner
from tests.support.fake.tiny.spec import Spec


class Clock:
    """Seconds that pass by `pass_by` alone."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += seconds


class Timed(Runner):
    """A device with a queue of work: time passes in `wait` alone.

    Seconds: placing 0.0625, train step 0.1875 (`slow` steps: 10 times
    that), logits 0.0625, compiling 2.
    """

    def __init__(self, clock, setting, slow=()):
        super().__init__(Spec(), setting)
        self.clock = clock
        self.queued = 0.0
        self.waits = []  # the train steps done at each
        self.slow = slow

    def place(self, batch):
        self.queued += 0.0625
        return batch

    def compile(self, batch):
        self._seen("train", batch)
        self.clock.pass_by(2.0)

    def train_step(self, batch):
        self._seen("train", batch)
        self.steps += 1
        self.queued += 1.875 if self.steps in self.slow else 0.1875
        return np.zeros(2)

    def logits(self, batch):
        self._seen("logits", batch)
        self.queued += 0.0625
        self.wait()
        return np.zeros((len(batch.targets), self.spec.classes))

    def wait(self):
        self.waits.append(self.steps)
        self.clock.pass_by(self.queued)
        self.queued = 0.0


def split(size, seed=0):
    """Examples that the linear classifier can learn."""
    example = Spec().example(size, seed)
    return Split(example.inputs, np.asarray(example.targets))
