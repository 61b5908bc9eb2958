"""Where results differ: whether head still learns as well as base.

Short trainings by each tree's own quality pass, from the same seeds, on the
same examples in the same order; one difference of accuracy per seed.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks.data import splits as recipe
from benchmarks.gate.checkout.both_sides import Asked, both
from benchmarks.passes.process import WorkerFailed
from benchmarks.passes.remote_runner import RemoteRunner
from benchmarks.records.verdict import (
    CANNOT_TELL,
    IMPROVED,
    NOT_MEASURED,
    REGRESSED,
    UNCHANGED,
    Decision,
    Side,
)

METRIC = "short_run_accuracy_fraction"
STEPS = 200  # of a run
TESTED = 5000  # examples that it is tested on
MOST = 100  # seeds: beyond that, "cannot tell" is all that is said

Cell = dict[str, Any]
Outcome = float | str  # test accuracy, or why there is none


def accuracy(
    base: Side,
    head: Side,
    base_cell: Cell,
    head_cell: Cell,
    data: dict[str, Any] | None,
    files: Path,
    seeds: Sequence[int] = (0, 1, 2),
) -> Decision:
    """Train both sides briefly from every seed, and decide: see `decide`.

    `data`: a data description, divided as head's workload says. `files`:
    the folder for logs and scratch. Whatever fails is told in `reason`;
    nothing is raised but KeyboardInterrupt, and ValueError for less than
    two seeds, which have no interval.
    """
    if len(seeds) < 2:
        raise ValueError(f"seeds {tuple(seeds)}: expected two or more")
    if data is None:
        return _unknown("there is no data to train on")
    workload = head_cell["workload"]
    splits = _short(workload, data)

    def work(asked: Asked) -> list[Outcome]:
        return [_run(asked, splits, seed) for seed in seeds]

    sides, cells = (base, head), (base_cell, head_cell)
    try:
        old, new = both(sides, cells, files, "accuracy", work)
    except (WorkerFailed, OSError) as problem:
        return _unknown(str(problem))
    if broken := _broken(seeds, old):
        return _unknown(f"base: {broken}")
    if broken := _broken(seeds, new):
        known = fmean(value for value in old if isinstance(value, float))
        return Decision(
            METRIC, "fraction", REGRESSED, base=known, reason=f"head: {broken}"
        )
    return decide(
        [value for value in old if isinstance(value, float)],
        [value for value in new if isinstance(value, float)],
        workload["margin"],
    )


def decide(
    base: Sequence[float], head: Sequence[float], margin: float
) -> Decision:
    """What accuracies say, pair by pair of seeds; `margin` in accuracy.

    By the 95 % t interval of head - base: *regressed* where it lies below 0
    and its middle below -margin / 2, *improved* likewise above; else
    *unchanged* where it lies within the margin; else *cannot tell*.

    `base` and `head` are mean accuracies, `floor` is the margin. The ratio
    is one of costs as everywhere: the share of wrong answers, head over
    base; `low` and `high` are the interval's ends, base being held at its
    mean. Where base errs never there is none.
    """
    differences = [new - old for old, new in zip(base, head, strict=True)]
    count, middle = len(differences), fmean(differences)
    spread = stdev(differences)
    reach = _reach(spread, count)
    word = _word(middle, reach, margin)
    wrong = 1 - fmean(base)

    def cost(gained: float) -> float | None:
        return max(0.0, (wrong - gained) / wrong) if wrong else None

    decision = Decision(
        METRIC,
        "fraction",
        word,
        ratio=cost(middle),
        low=cost(middle + reach),
        high=cost(middle - reach),
        pairs=count,
        floor=margin,
        base=fmean(base),
        head=fmean(head),
    )
    if word == CANNOT_TELL:
        decision.more_pairs = _more(middle, spread, count, margin)
        decision.reason = (
            f"accuracy differs by {100 * middle:+.1f} +- {100 * reach:.1f}"
            f" points; the margin is {100 * margin:g}"
        )
    return decision


def _word(middle: float, reach: float, margin: float) -> str:
    if middle + reach < 0 and middle < -margin / 2:
        return REGRESSED
    if middle - reach > 0 and middle > margin / 2:
        return IMPROVED
    within = -margin <= middle - reach and middle + reach <= margin
    return UNCHANGED if within else CANNOT_TELL


def _reach(spread: float, count: int) -> float:
    from scipy.special import stdtrit  # 0.2 s: only when needed

    return float(stdtrit(count - 1, 0.975)) * spread / math.sqrt(count)


def _more(
    middle: float, spread: float, count: int, margin: float
) -> int | None:
    """Seeds that would decide, were they as those seen."""
    for wanted in range(count + 1, MOST + 1):
        if _word(middle, _reach(spread, wanted), margin) != CANNOT_TELL:
            return wanted - count
    return None


def _run(asked: Asked, splits: dict[str, Any], seed: int) -> Outcome:
    """One training from a seed; a fresh model in the same process."""
    workload = asked.cell["workload"]
    RemoteRunner(
        asked.worker,
        workload["model"],
        workload["spec"],
        asked.setting | {"seed": seed},
    )
    plan = asked.plan | {"epochs": 1, "seed": seed, "target": None}
    answer = asked.worker.ask("quality", splits=splits, plan=plan)
    found = answer["metrics"]["test_accuracy"]
    if found["value"] is None:
        return str(found["reason"])
    return float(found["value"])


def _broken(seeds: Sequence[int], outcomes: Sequence[Outcome]) -> str | None:
    """The first seed whose training came to nothing, and why."""
    for seed, outcome in zip(seeds, outcomes, strict=True):
        if isinstance(outcome, str):
            return f"seed {seed}: {outcome}"
    return None


def _short(workload: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The first examples of both splits; their order is a random one.

    Of a stream, whose examples are its steps, as many windows.
    """
    splits = recipe.divide(workload, data)["splits"]
    each = workload.get("window") or 1
    return {
        "train": _first(splits["train"], STEPS * workload["batch"] * each),
        "test": _first(splits["test"], TESTED * each),
    }


def _first(split: dict[str, Any], count: int) -> dict[str, Any]:
    size = min(count, split["size"])
    if select := split.get("select"):  # which counts what it has chosen
        return split | {"select": select | {"examples": size}, "size": size}
    start = split.get("start", 0)
    return split | {"start": start, "stop": start + size, "size": size}


def _unknown(reason: str) -> Decision:
    return Decision(METRIC, "fraction", NOT_MEASURED, reason=reason)
