"""Gradient of the last output by each earlier input (slides 16 and 19).

A model is built anew in which every place of every example reads a row of
the embedding of its own: the gradient by those rows is the gradient by what
is read. Seen from the parent, by verbs that any Runner has.
"""

from typing import Any

import numpy as np

from benchmarks.data.batches import Split
from benchmarks.passes.open_worker import build, load, sizes
from benchmarks.passes.process import Worker
from benchmarks.records.metric import Metric, finite, metric, unknown
from benchmarks.worker import arrays
from impls import init
from impls.interface import Batch, Params

Cell = dict[str, Any]
EMBEDDING = "embedding.embedding"
RATIO = "gradient_far_over_near"


def distances(
    worker: Worker, cell: Cell, data: dict[str, Any], params: Params
) -> tuple[dict[str, list[Any]], dict[str, Metric]]:
    """The curve over distance, `before` and `after` training, and its metric.

    Of the first test examples, as many as the cell's `distances`. Distance
    0 is the last input. The worker's model is another one afterwards.
    """
    test = Split.open(data["splits"]["test"])
    tokens = np.asarray(test.inputs[0][: cell["workload"]["distances"]])
    drawn = init.draw(sizes(cell), cell["seed"])
    before = norms(worker, cell, tokens, drawn)
    after = norms(worker, cell, tokens, params)
    curve: dict[str, list[Any]] = {
        "distance": list(range(len(after))),
        "before": [finite(float(norm)) for norm in before],
        "after": [finite(float(norm)) for norm in after],
    }
    over = (
        f"distance {len(after) - 1} over distance 0, mean of {len(tokens)}"
        " examples, after training"
    )
    near, far = float(after[0]), float(after[-1])
    ratio = (
        metric(far / near, "ratio", over=over)
        if near
        else unknown("ratio", "the gradient by the last input is zero")
    )
    return curve, {RATIO: ratio}


def norms(
    worker: Worker, cell: Cell, tokens: np.ndarray, params: Params
) -> np.ndarray:
    """(example, time) -> (time,): by distance from the end.

    The Euclidean norm over the embedding's width of the gradient of the
    score, mean over the examples.
    """
    count, time = tokens.shape
    rows = np.arange(tokens.size, dtype=np.int32).reshape(count, time)
    own = params | {EMBEDDING: params[EMBEDDING][tokens.ravel()]}
    workload = cell["workload"]
    spec = workload["spec"] | {"vocab": tokens.size}
    build(worker, cell | {"workload": workload | {"spec": spec}})
    load(worker, own)
    weights = np.ones(count, np.float32)
    scores = _scores(worker, Batch((rows,), np.zeros(count, int), weights))
    # The class that is least likely: no factor below is near zero
    targets = (scores < 0).astype(np.int32)
    batch = Batch((rows,), targets, weights)
    paths = arrays.save_batch(worker.scratch / "places", batch)
    folder = str(worker.scratch / "by-input")
    answer = worker.ask("gradients", batch=paths, folder=folder)
    gradient = np.float64(arrays.read(answer)[EMBEDDING])
    # Of the loss by the score: each example's share of the mean
    factor = (1 / (1 + np.exp(-scores)) - targets) / count
    by_input = gradient.reshape(count, time, -1) / factor[:, None, None]
    each: np.ndarray = np.linalg.norm(by_input, axis=-1)
    return np.array(each.mean(0)[::-1])


def _scores(worker: Worker, batch: Batch) -> np.ndarray:
    """The one score of each example: (batch,)."""
    batch = batch._replace(targets=np.int32(batch.targets))
    paths = arrays.save_batch(worker.scratch / "places", batch)
    folder = str(worker.scratch / "outputs")
    answer = worker.ask("scores", batch=paths, folder=folder)
    return np.asarray(arrays.read(answer)["scores"][:, 0], np.float64)
