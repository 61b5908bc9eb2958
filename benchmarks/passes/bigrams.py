"""What counts of pairs of symbols predict, for a text model to beat.

A model that does better reads more than the symbol before.
"""

from typing import Any

import numpy as np

from benchmarks.data.batches import Split
from benchmarks.records.metric import Metric, metric


def metrics(splits: dict[str, Any]) -> dict[str, Metric]:
    """`bigram_loss` of the test split, by the counts of the training split."""
    train, test = (Split.open(splits[name]) for name in ("train", "test"))
    return {"bigram_loss": metric(loss(train, test), "nats", over="test split")}


def loss(train: Split, test: Split) -> float:
    """Cross-entropy of each next symbol, given the one before it alone.

    Of the symbols' counts behind each symbol of `train`, each plus one, so
    that none has probability 0.
    """
    size = 1 + max(int(split.targets.max()) for split in (train, test))
    counts = np.ones((size, size))
    np.add.at(counts, (train.inputs[0], train.targets), 1)
    shares = counts / counts.sum(1, keepdims=True)
    return float(-np.log(shares[test.inputs[0], test.targets]).mean())
