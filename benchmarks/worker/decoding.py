"""Texts of a trained model: tokens of a whole split, batch after batch."""

import time

import numpy as np

from benchmarks.data.batches import Split
from benchmarks.worker.quality import evaluation
from benchmarks.worker.request import Request
from benchmarks.worker.timing import REPORT_SECONDS, Clock, Report, examples
from impls.interface import Runner


def decode(
    runner: Runner,
    split: Split,
    request: Request,
    report: Report,
    clock: Clock = time.perf_counter,
) -> np.ndarray:
    """Tokens of all examples of a split, in its order.

    Returns (example, `max_new_tokens`) int32, decoded with `beam_width`.
    """
    steps = -(-len(split) // request.eval_batch_size)
    reported, rows = -np.inf, []
    for step, batch in enumerate(evaluation(split, request)):
        if clock() - reported > REPORT_SECONDS:
            report({"stage": "decoding", "step": step, "steps": steps})
            reported = clock()
        tokens = runner.generate(
            runner.place(batch), request.max_new_tokens, request.beam_width
        )
        rows.append(tokens[: examples(batch)])
    return np.concatenate(rows)
