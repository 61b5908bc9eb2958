"""A linear classifier: features to class logits."""

from dataclasses import dataclass

import numpy as np

from impls import interface
from impls.interface import Batch


@dataclass(frozen=True)
class Spec(interface.Spec):
    features: int = 5
    classes: int = 3

    def shapes(self):
        return {
            "head.kernel": (self.features, self.classes),
            "head.bias": (self.classes,),
        }

    def flops(self):
        return 2 * self.features * self.classes

    def example(self, size, seed=0):
        """Classes that a linear model can learn."""
        random = np.random.default_rng(seed)
        inputs = random.normal(size=(size, self.features))
        plane = np.random.default_rng(7).normal(
            size=(self.features, self.classes)
        )
        targets = (inputs @ plane).argmax(axis=1).astype(np.int32)
        return Batch((inputs,), targets, np.ones(size, np.float32))
