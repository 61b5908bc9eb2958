"""What a trained model says: decoded in the worker, batch after batch."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.data.batches import Split
from benchmarks.worker.quality import PEEK_SECONDS, evaluation
from benchmarks.worker.request import Plan
from benchmarks.worker.timing import Clock, examples
from impls.interface import Runner

Say = Callable[[dict[str, Any]], None]


def decode(
    runner: Runner,
    split: Split,
    plan: Plan,
    say: Say,
    noise: np.ndarray | None = None,
    clock: Clock = time.perf_counter,
) -> np.ndarray:
    """All examples of a split, in its order: (example, length) int32.

    By the plan's beam; noise (example, length, vocab): of one batch alone.
    """
    size = plan.evaluation_batch
    steps, told, found = -(-len(split) // size), -np.inf, []
    for step, batch in enumerate(evaluation(split, plan)):
        if clock() - told > PEEK_SECONDS:
            say({"stage": "decoding", "step": step, "steps": steps})
            told = clock()
        placed = runner.place(batch)
        tokens = runner.generate(placed, plan.decode, plan.beam, noise)
        found.append(tokens[: examples(batch)])
    return np.concatenate(found)
