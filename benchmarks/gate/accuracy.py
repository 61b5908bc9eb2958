"""Where the numerics changed: does head still learn as well as base?

Short trainings by each tree's own quality pass, from the same seeds, on the
same examples in the same order; one difference of accuracy per seed.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

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
MAX_SEEDS = 100  # no larger number is suggested

Cell = dict[str, Any]
Accuracy = float | str  # or why there is none


def accuracy(
    sides: tuple[Side, Side],
    cells: tuple[Cell, Cell],
    data: dict[str, Any] | None,
    files: Path,
    seeds: Sequence[int] = (0, 1, 2),
) -> Decision:
    """Train both sides briefly from every seed, and decide: see `decide`.

    `data`: a data description, divided as head's workload says. `files`:
    the folder for logs and scratch. A failure becomes the `reason`. Raises
    ValueError for less than two seeds, which have no interval.
    """
    if len(seeds) < 2:
        raise ValueError(f"seeds {tuple(seeds)}: expected two or more")
    if data is None:
        return not_measured("there is no data to train on")
    workload = cells[1]["workload"]
    examples = _short(workload, data)

    def work(tree: Tree) -> list[Accuracy]:
        return [_train(tree, examples, seed) for seed in seeds]

    try:
        results = both(sides, cells, files, "accuracy", work)
    except (WorkerFailed, OSError) as problem:
        return not_measured(str(problem))
    base, head = ([r for r in side if isinstance(r, float)] for side in results)
    if len(base) < len(seeds):
        return not_measured(f"base: {_failure(seeds, results[0])}")
    if len(head) < len(seeds):
        reason = f"head: {_failure(seeds, results[1])}"
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

    `base` and `head` are mean accuracies, `floor` is the margin. The ratio
    is one of costs: the error rate, head over base; `low` and `high` are
    the ends of its interval, base being held at its mean. There is none
    where base makes no errors.
    """
    differences = [new - old for old, new in zip(base, head, strict=True)]
    count, mean, spread = (
        len(differences),
        fmean(differences),
        stdev(differences),
    )
    half = _half_interval(spread, count)
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
        decision.more_pairs = _more_seeds(mean, spread, count, margin)
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


def _half_interval(spread: float, count: int) -> float:
    from scipy.special import stdtrit  # 0.2 s: only when needed

    return float(stdtrit(count - 1, 0.975)) * spread / math.sqrt(count)


def _more_seeds(
    mean: float, spread: float, count: int, margin: float
) -> int | None:
    """Seeds that would decide, were they as those measured."""
    for total in range(count + 1, MAX_SEEDS + 1):
        half = _half_interval(spread, total)
        if _outcome(mean, half, margin) != INCONCLUSIVE:
            return total - count
    return None


def _train(tree: Tree, examples: dict[str, Any], seed: int) -> Accuracy:
    """One training from a seed; a fresh model in the same process."""
    workload = tree.cell["workload"]
    RemoteRunner(
        tree.worker,
        workload["model"],
        workload["spec"],
        tree.setting | {"seed": seed},
    )
    request = tree.request | {
        "epochs": 1,
        "seed": seed,
        "target_accuracy": None,
    }
    answer = tree.worker.ask("quality", splits=examples, request=request)
    metric = answer["metrics"]["test_accuracy"]
    if metric["value"] is None:
        return str(metric["reason"])
    return float(metric["value"])


def _failure(seeds: Sequence[int], results: Sequence[Accuracy]) -> str:
    """The first seed whose training has no accuracy, and why."""
    return next(
        f"seed {seed}: {result}"
        for seed, result in zip(seeds, results, strict=True)
        if isinstance(result, str)
    )


def _short(workload: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The first examples of both splits; their order is random.

    Of a stream, whose examples are its time steps, as many sequences.
    """
    whole = splits.divide(workload, data)["splits"]
    length = workload["bptt_steps"] or 1
    batch = workload["data"]["batch_size"]
    return {
        "train": _first(whole["train"], STEPS * batch * length),
        "test": _first(whole["test"], TEST_EXAMPLES * length),
    }


def _first(split: dict[str, Any], count: int) -> dict[str, Any]:
    size = min(count, split["size"])
    if select := split.get("select"):  # which counts the selected examples
        return split | {"select": select | {"examples": size}, "size": size}
    start = split.get("start", 0)
    return split | {"start": start, "stop": start + size, "size": size}
