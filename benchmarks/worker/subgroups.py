"""Accuracy by group of the test targets."""

from typing import Any

import numpy as np

from benchmarks.data.batches import Split, batches
from benchmarks.worker.request import Request
from impls.interface import Runner


def by_group(
    runner: Runner, split: Split, request: Request
) -> dict[str, list[Any]] | None:
    """`accuracy` and `count` of each of the request's groups, in their order.

    None for a split without groups. The accuracy of an empty group is None.
    """
    if split.groups is None:
        return None
    hits = np.zeros(len(request.groups))
    counts = np.zeros(len(request.groups), int)
    size = request.eval_batch_size
    for start in range(0, len(split), size):
        rows = np.arange(start, min(start + size, len(split)))
        batch = next(batches(split, rows, size, request.buckets))
        logits = runner.logits(runner.place(batch))
        correct = predicted(logits, request.objective) == batch.targets
        groups = np.asarray(split.groups[rows])
        if groups.ndim > 1:  # cut as the batch is
            groups = groups[:, : batch.targets.shape[1]]
        kept = (groups >= 0) & (batch.weights[: len(rows)] > 0)
        hit = correct[: len(rows)][kept]
        counts += np.bincount(groups[kept], minlength=len(counts))
        hits += np.bincount(groups[kept], hit, len(counts))
    return {
        "accuracy": [
            float(hit / count) if count else None
            for hit, count in zip(hits, counts, strict=True)
        ],
        "count": [int(count) for count in counts],
    }


def predicted(logits: np.ndarray, objective: str) -> np.ndarray:
    """The most likely class: (..., class) -> (...)."""
    if objective == "binary_cross_entropy":
        return np.asarray(logits[..., 0] > 0)
    return np.asarray(logits.argmax(-1))
