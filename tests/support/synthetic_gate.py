"""Synthetic verdicts, for tests of how they are rendered."""

import sys
from copy import deepcopy
from typing import Any

from benchmarks.records.verdict import (
    METRICS,
    CellResult,
    Decision,
    Numerics,
    Revision,
    Verdict,
)

STEP = "training_step_milliseconds"
LATENCY = "inference_latency_milliseconds"
PEAK = "allocator_peak_bytes"
COMPILATIONS = "compilations_count"
UNITS = {metric.name: metric.unit for metric in METRICS}
AROUND = {
    "python": "3.11.7",
    "versions": {"numpy": "2.4.6", "torch": "2.13.0"},
    "cpu": "A Processor",
    "cores": 2,
    "threads": 2,
    "memory_bytes": 24_000_000_000,
    "gpu": None,
    "driver": None,
    "os": "Linux",
    "flags": {"OMP_NUM_THREADS": "2"},
    "load_average": [0.5, 0.4, 0.3],
}


def decision(
    metric: str = STEP,
    outcome: str = "unchanged",
    ratio: float | None = 1.002,
    **changes: Any,
) -> Decision:
    """A decision with an interval of one per cent to either side."""
    given: dict[str, Any] = {"pairs": 8, "floor": 0.05, "noise": 0.021}
    if ratio is not None:
        given |= {"ratio": ratio, "low": ratio - 0.01, "high": ratio + 0.01}
        given |= {"base": 40.0, "head": 40.0 * ratio}
    if outcome == "not measured":
        given = {"reason": "the allocator does not report it"}
    return Decision(metric, UNITS[metric], outcome, **(given | changes))


def cell(title: str, *decisions: Decision, **changes: Any) -> CellResult:
    """A cell whose training step is unchanged by default."""
    given: dict[str, Any] = {
        "decisions": list(decisions) or [decision()],
        "numerics": Numerics("unchanged", largest=3.1e-15),
        "environments": {"base": deepcopy(AROUND), "head": deepcopy(AROUND)},
        "fingerprints": {"base": "f00d", "head": "f00d"},
        "seconds": 61.5,
    }
    name, framework = title.split(" ")[:2]
    inside = {"workload": {"name": name}, "framework": {"name": framework}}
    return CellResult(title, inside, **(given | changes))


def verdict(*cells: CellResult, **changes: Any) -> Verdict:
    """A verdict of these cells."""
    given: dict[str, Any] = {
        "base": Revision("origin/main", "1d2fd12ba4" * 4, dirty=False),
        "head": Revision("this tree", "9ab3c0ffee" * 4, False, True),
        "started": "2026-11-24T15:30:00+00:00",
        "seconds": 612.0,
        "seed": 7,
        "settings": {
            "cells": ["workload=cnn,rnn", "framework=torch"],
            "budget_seconds": 600.0,
            "floor_overrides": {STEP: 0.03},
            "floors": {STEP: 0.05},
        },
    }
    return Verdict(cells=list(cells), **(given | changes))


def failed(title: str, why: str) -> CellResult:
    """A cell that could not be measured."""
    return cell(title, failure=why, decisions=[], numerics=None)


def passed() -> Verdict:
    """Nine cells of six comparisons each, all the same."""
    metrics = (STEP, LATENCY, "compile_seconds", PEAK, "parameters_count")
    names = ("torch eager", "tensorflow graph", "jax jit")
    return verdict(
        *(
            cell(f"{model} {name}", *(decision(one) for one in metrics))
            for model in ("cnn", "rnn", "bilstm")
            for name in names
        )
    )


def mixed() -> Verdict:
    """Everything at once, the largest not first."""
    changed = Numerics(
        "changed",
        largest=3.1e-4,
        array="gradient of hidden.kernel",
        differences={
            "logits": 2e-15,
            "gradients": 3.1e-4,
            "shapes": sys.float_info.max,
        },
        accuracy=Decision(
            "short_run_accuracy_fraction",
            "fraction",
            "unchanged",
            1.001,
            base=0.8051,
            head=0.8049,
            pairs=5,
        ),
    )
    return verdict(
        cell("rnn torch eager", decision(outcome="regressed", ratio=1.07)),
        cell(
            "cnn torch eager",
            decision(
                outcome="regressed", ratio=1.123, pairs=16, confirmed=True
            ),
            decision(LATENCY, "regressed", 1.02),
            decision(COMPILATIONS, "regressed", None, base=0, head=3, pairs=0),
            decision(PEAK, "not measured"),
            configuration={"workload.optimizer.learning_rate": [0.001, 0.002]},
        ),
        cell("cnn jax jit", decision(outcome="improved", ratio=0.8)),
        cell(
            "bilstm jax jit",
            decision(outcome="improved", ratio=0.88),
            numerics=changed,
            configuration={"workload.optimizer.learning_rate": [0.001, 0.002]},
        ),
        cell(
            "rnn jax jit",
            decision(outcome="inconclusive", ratio=1.049, more_pairs=12),
            decision(LATENCY, "inconclusive", reason="the budget is spent"),
        ),
        failed("gpt torch eager", "base: no workload gpt at origin/main"),
        cell("bilstm torch eager", decision(), decision(LATENCY)),
    )
