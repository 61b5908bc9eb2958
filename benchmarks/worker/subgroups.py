"""Accuracy of test targets by the group that they are in."""

from typing import Any

import numpy as np

from benchmarks.data.batches import Split, batches
from benchmarks.worker.request import Plan
from impls.interface import Runner


def by_group(
    runner: Runner, split: Split, plan: Plan
) -> dict[str, list[Any]] | None:
    """`accuracy` and `count` of each of the plan's groups, in their order.

    None where the split has no groups. An accuracy is None where nothing is
    in its group.
    """
    if split.groups is None:
        return None
    hits = np.zeros(len(plan.groups))
    counts = np.zeros(len(plan.groups), int)
    size = plan.evaluation_batch
    for start in range(0, len(split), size):
        rows = np.arange(start, min(start + size, len(split)))
        batch = next(batches(split, rows, size, plan.buckets))
        right = predicted(runner.scores(runner.place(batch)), plan.objective)
        groups = np.asarray(split.groups[rows])
        if groups.ndim > 1:  # cut as the batch is
            groups = groups[:, : batch.targets.shape[1]]
        kept = (groups >= 0) & (batch.weights[: len(rows)] > 0)
        hit = (right == batch.targets)[: len(rows)][kept]
        counts += np.bincount(groups[kept], minlength=len(counts))
        hits += np.bincount(groups[kept], hit, len(counts))
    return {
        "accuracy": [
            float(hit / count) if count else None
            for hit, count in zip(hits, counts, strict=True)
        ],
        "count": [int(count) for count in counts],
    }


def predicted(scores: np.ndarray, objective: str) -> np.ndarray:
    """Classes that scores speak for: (..., class) -> (...)."""
    if objective == "binary":
        return np.asarray(scores[..., 0] > 0)
    return np.asarray(scores.argmax(-1))
