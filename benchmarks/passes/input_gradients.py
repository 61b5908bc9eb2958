"""Gradient of the last output by each earlier input (slides 16 and 19).

A model is built anew in which each position of each example reads its own row
of the embedding: the gradient by these rows is the gradient by the inputs.
"""

from typing import Any

import numpy as np

from benchmarks.data.batches import Split
from benchmarks.passes.process import Worker
from benchmarks.passes.remote_runner import RemoteRunner, build
from benchmarks.records.metric import Metric, finite, metric_or
from benchmarks.worker.request import spec
from impls import init
from impls.interface import Batch, Params

Cell = dict[str, Any]
EMBEDDING = "embedding.embedding"
RATIO = "gradient_far_over_near"


def distances(
    runner: RemoteRunner, cell: Cell, data: dict[str, Any]
) -> tuple[dict[str, list[Any]], dict[str, Metric]]:
    """The curve over distance, `before` and `after` training, and its metric.

    Over the first test examples, as many as the workload's `input_gradients`.
    runner: has the trained model; its worker has another one afterwards.
    Distance 0 is the last input.
    """
    test = Split.open(data["splits"]["test"])
    count = cell["workload"]["measure"]["input_gradients"]
    tokens = np.asarray(test.inputs[0][:count])
    drawn, params = init.draw(spec(cell), cell["seed"]), runner.params()
    before = norms(runner.worker, cell, tokens, drawn)
    after = norms(runner.worker, cell, tokens, params)
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
    ratio = far / near if near else None
    reason = "the gradient by the last input is zero"
    return curve, {RATIO: metric_or(reason, ratio, "ratio", over)}


def norms(
    worker: Worker, cell: Cell, tokens: np.ndarray, params: Params
) -> np.ndarray:
    """(example, time) -> (time,): by distance from the end.

    The Euclidean norm over the embedding's width of the gradient of the
    logit, mean over the examples.
    """
    count, time = tokens.shape
    rows = np.arange(tokens.size, dtype=np.int32).reshape(count, time)
    embedding = {EMBEDDING: params[EMBEDDING][tokens.ravel()]}
    workload = cell["workload"]
    sizes = workload["spec"] | {"vocab": tokens.size}
    other = cell | {"workload": workload | {"spec": sizes}}
    runner = build(worker, other, keep=True)
    runner.load(params | embedding)
    weights = np.ones(count, np.float32)
    batch = Batch((rows,), np.zeros(count, np.int32), weights)
    logits = np.float64(runner.logits(batch)[:, 0])
    # The less likely class: no factor below is near zero
    targets = (logits < 0).astype(np.int32)
    _, gradients = runner.gradients(batch._replace(targets=targets))
    # Of the loss by the logit: each example's share of the mean
    factor = (1 / (1 + np.exp(-logits)) - targets) / count
    by_row = np.float64(gradients[EMBEDDING]).reshape(count, time, -1)
    by_input = by_row / factor[:, None, None]
    per_example: np.ndarray = np.linalg.norm(by_input, axis=-1)
    return np.array(per_example.mean(0)[::-1])
