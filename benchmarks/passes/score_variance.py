"""Why scores are divided by the root of d_k (slide 27)."""

from typing import Any

import numpy as np

from benchmarks.records.metric import Metric, metric
from impls.multihead.reference import softmax

KEY_WIDTHS = (4, 8, 16, 32, 64, 128, 256, 512)
QUERIES, KEYS = 500, 16  # drawn for each of them
Curve = dict[str, list[Any]]


def spread(seed: int) -> tuple[Curve, dict[str, Metric]]:
    """Variance of scores and mean entropy of weights, nats, by d_k.

    Components of queries and keys are independent, with mean 0 and variance
    1 (Vaswani 2017, section 3.2.1), drawn by the seed. `scaled` scores are
    divided by the root of d_k. The metrics are those of the largest d_k.
    """
    random = np.random.default_rng((seed, len(KEY_WIDTHS)))
    curve: Curve = {"step": list(KEY_WIDTHS)}
    for depth in KEY_WIDTHS:
        q = random.normal(size=(QUERIES, 1, depth))
        k = random.normal(size=(QUERIES, KEYS, depth))
        products = (q * k).sum(-1)
        for name, scale in (("scaled", depth**-0.5), ("unscaled", 1.0)):
            scores = products * scale
            weights = softmax(scores, np.ones_like(scores, bool))
            logs = np.log(np.where(weights > 0, weights, 1))
            entropy = -(weights * logs).sum(-1).mean()
            curve.setdefault(f"{name}_variance", []).append(float(scores.var()))
            curve.setdefault(f"{name}_entropy", []).append(float(entropy))
    over = f"d_k {KEY_WIDTHS[-1]}, {QUERIES} queries of {KEYS} keys"
    metrics = {
        f"{name}_scores_variance": metric(
            curve[f"{name}_variance"][-1], "1", over=over
        )
        for name in ("scaled", "unscaled")
    }
    return curve, metrics | {
        f"{name}_weights_entropy": metric(
            curve[f"{name}_entropy"][-1], "nats", over=over
        )
        for name in ("scaled", "unscaled")
    }
