"""Where the numerics changed: whether head still learns as well as base.

Short trainings by each tree's own quality pass, from the same seeds, on the
same examples in the same order; one difference of accuracy per seed.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from scipy.special import stdtrit

from benchmarks.data import splits
from benchmarks.gate.checkout.both_sides import Tree, both
from benchmarks.passes.process import WorkerFailed
from benchmarks.passes.remote_runner import RemoteRunner
from benchmarks.records.verdict import (
    IMPROVED,
    INCONCLUSIVE,
    NOT_MEASURED,
    REGRESSED,
    UNCHANGED,
    Decision,
    Side,
)

METRIC = "short_run_accuracy_fraction"
STEPS = 200  # of a training
TEST_EXAMPLES = 5000

Cell = dict[str, Any]


def accuracy(
    sides: tuple[Side, Side],
    cells: tuple[Cell, Cell],
    data: dict[str, Any],
    files: Path,
    seeds: Sequence[int] = (0, 1, 2),
) -> Decision:
    """Train both sides briefly from every seed, and decide: see `decide`.

    `data`: a data description, divided as head's workload says. `files`:
    the folder for logs and scratch. A failure becomes the `reason`.
    """
    workload = cells[1]["workload"]
    examples = _short(workload, data)

    def work(tree: Tree) -> list[float] | str:
        """The accuracies, or why there are none."""
        values = []
        for seed in seeds:
            metric = _train(tree, examples, seed)
            if metric["value"] is None:
                return f"seed {seed}: {metric['reason']}"
            values.append(float(metric["value"]))
        return values

    try:
        base, head = both(sides, cells, files, "accuracy", work)
    except (WorkerFailed, OSError) as problem:
        return not_measured(str(problem))
    if isinstance(base, str):
        return not_measured(f"base: {base}")
    if isinstance(head, str):
        reason = f"head: {head}"
        return Decision(
            METRIC, "fraction", REGRESSED, base=fmean(base), reason=reason
        )
    return decide(base, head, workload["margin"])


def decide(
    base: Sequence[float], head: Sequence[float], margin: float
) -> Decision:
    """The decision from accuracies, paired by seed; `margin` in accuracy.

    By the 95 % t interval of head - base: *regressed* where it lies below 0
    and its mean below -margin / 2, *improved* likewise above; else
    *unchanged* where it lies within the margin; else *inconclusive*.

    The ratio is that of the error rates, head over base, which is held at
    its mean; there is none where base makes no errors. `floor`: the margin.
    """
    differences = [new - old for old, new in zip(base, head, strict=True)]
    mean, count = fmean(differences), len(differences)
    reach = float(stdtrit(count - 1, 0.975))
    half = reach * stdev(differences) / math.sqrt(count)
    errors = 1 - fmean(base)

    def cost(gain: float) -> float | None:
        return max(0.0, (errors - gain) / errors) if errors else None

    decision = Decision(
        METRIC,
        "fraction",
        _outcome(mean, half, margin),
        ratio=cost(mean),
        low=cost(mean + half),
        high=cost(mean - half),
        pairs=count,
        floor=margin,
        base=fmean(base),
        head=fmean(head),
    )
    if decision.outcome == INCONCLUSIVE:
        decision.reason = (
            f"accuracy differs by {100 * mean:+.1f} +- {100 * half:.1f}"
            f" points; the margin is {100 * margin:g}"
        )
    return decision


def not_measured(reason: str) -> Decision:
    """No accuracy, and why."""
    return Decision(METRIC, "fraction", NOT_MEASURED, reason=reason)


def _outcome(mean: float, half: float, margin: float) -> str:
    if mean + half < 0 and mean < -margin / 2:
        return REGRESSED
    if mean - half > 0 and mean > margin / 2:
        return IMPROVED
    within = -margin <= mean - half and mean + half <= margin
    return UNCHANGED if within else INCONCLUSIVE


def _train(tree: Tree, examples: dict[str, Any], seed: int) -> dict[str, Any]:
    """The accuracy metric of one training: a fresh model, the same process."""
    workload = tree.cell["workload"]
    setting = tree.setting | {"seed": seed}
    RemoteRunner(tree.worker, workload["model"], workload["spec"], setting)
    short = {"epochs": 1, "seed": seed, "target_accuracy": None}
    answer = tree.worker.ask(
        "quality", splits=examples, request=tree.request | short
    )
    metric: dict[str, Any] = answer["metrics"]["test_accuracy"]
    return metric


def _short(workload: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The first examples of both splits; their order is random.

    Of a text, whose examples are its time steps, as many sequences.
    """
    chosen = workload["data"]
    length = workload["bptt_steps"] or workload["crop_steps"] or 1
    most = {
        "train_examples": STEPS * chosen["batch_size"] * length,
        "test_examples": TEST_EXAMPLES * length,
    }
    fewer = {
        key: min(chosen[key] or count, count) for key, count in most.items()
    }
    short = workload | {"data": chosen | fewer}
    parts = splits.divide(short, data)["splits"]
    return {name: parts[name] for name in ("train", "test")}
