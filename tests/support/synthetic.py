"""Records that nobody measured, for the tests of records and reports.

Three workloads, four frameworks, five seeds; with a failed cell, skipped
cells, synthetic data, missing values. Same figures at every call.
"""

import random
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.parity.case import CHECKS, checks
from benchmarks.records import store
from tests.support.synthetic_measures import (
    MODES,
    SEEDS,
    VERSIONS,
    WORKLOADS,
    curves,
    metrics,
    timings,
)

INVOCATION = "20261124T101500-ab12"


def entry(
    workload: str = "cnn",
    framework: str = "torch",
    seed: int = 1,
    invocation: str = INVOCATION,
    **changes: Any,
) -> dict[str, Any]:
    """One finished record, without id and schema; `changes` replace keys."""
    data, synthetic, _, _, sizes, _ = WORKLOADS[workload]
    draws = random.Random(f"{workload} {framework} {seed}")
    cell = _cell(workload, framework, seed)
    parts = dict(zip(("train", "validation", "test"), sizes, strict=True))
    entry: dict[str, Any] = {
        "key": store.key(cell, f"digest of {data}", "c0de", "f00d"),
        "invocation": invocation,
        "suite": "slides",
        "status": "finished",
        "reason": None,
        "cell": cell,
        "workload": workload,
        "framework": framework,
        "mode": MODES[framework],
        "precision": "float32",
        "device": "cpu",
        "seed": seed,
        "data": {
            "name": data,
            "synthetic": synthetic,
            "digest": f"{len(data):064x}",
            "source": "made from seed 0" if synthetic else "found: data/",
            "notice": _notice(data) if synthetic else None,
            "sizes": parts,
        },
        "started": f"2026-11-24T10:{15 + seed:02}:00+00:00",
        "seconds": round(30 + 10 * draws.random(), 2),
        "environment": _environment(framework),
        "fingerprint": "0f1e2d3c4b5a",
        "code": {"revision": "b41bcf7d" * 5, "dirty": False, "digest": "c0de"},
        "metrics": metrics(workload, framework, seed, draws),
        "curves": curves(workload, framework, draws),
        "timings": timings(draws),
        "log_tail": None,
    }
    return {**entry, **changes}


def failed(workload: str, framework: str, seed: int) -> dict[str, Any]:
    """A cell whose worker was killed while it trained."""
    tail = "epoch 1 of 2: loss 0.412\n<b>not HTML</b> & Killed"
    return entry(
        workload,
        framework,
        seed,
        status="failed",
        reason="killed by signal 9 (out of memory?) during 'quality'",
        metrics={},
        curves={},
        log_tail=tail,
    )


def skipped(workload: str, framework: str, seed: int) -> dict[str, Any]:
    """A cell whose framework is not installed."""
    return entry(
        workload,
        framework,
        seed,
        status="skipped",
        reason=f"{framework} is not installed: `make setup` installs it",
        metrics={},
        curves={},
        timings={},
        seconds=0.0,
    )


def bench(seeds: tuple[int, ...] = SEEDS) -> list[dict[str, Any]]:
    """The whole suite: one cell failed, one skipped where seeds allow."""
    entries = []
    for workload in WORKLOADS:
        for framework in MODES:
            for seed in seeds:
                make = entry
                if (workload, framework, seed) == ("bilstm", "jax", 4):
                    make = failed
                if (workload, framework, seed) == ("rnn", "torch", 5):
                    make = skipped
                entries.append(make(workload, framework, seed))
    return entries


def fill(
    records: Path,
    entries: list[dict[str, Any]],
    invocation: str = INVOCATION,
    reused: tuple[str, ...] = (),
) -> list[str]:
    """Write records with a log each, and their invocation; returns ids."""
    ids = []
    for content in entries:
        with store.draft(records) as folder:
            (folder / "quality.log").write_text("started\nended\n")
            path = store.write(records, content, folder)
        ids.append(f"{path.parent.name}/{path.name}")
    store.write_invocation(
        records,
        {
            "id": invocation,
            "suite": "slides",
            "started": datetime.strptime(
                f"{invocation[:15]}+0000", "%Y%m%dT%H%M%S%z"
            ).isoformat(),
            "seconds": 2103.5,
            "command": "make bench SUITE=slides",
            "records": [*ids, *reused],
            "timings": {"data": 4.2, "cells": 2051.0, "recording": 9.1},
        },
    )
    return ids


def parity() -> list[dict[str, Any]]:
    """Differences as `make parity` writes them.

    One is beyond its bound, one implementation failed, one has no bound yet.
    """
    pairs = [("torch-eager", "reference"), ("jax-jit", "reference")]
    pairs.append(("jax-jit", "torch-eager"))
    rows = [
        _difference(model, check, pair, precision)
        for model in WORKLOADS
        for check in checks("rnn")
        for pair in pairs
        for precision in ("float64", "float32")
    ]
    for row in rows:
        key = row["model"], row["check"], row["left"], row["precision"]
        if key == ("rnn", "optimizer steps", "torch-eager", "float64"):
            row["error"] = 3e-10
        if key == ("bilstm", "trajectory", "torch-eager", "float32"):
            row |= {"error": 1.79e308, "array": "ValueError: no such axis"}
        if key[:2] == ("cnn", "trajectory") and key[3] == "float32":
            row["bound"] = None
    return rows


def _difference(
    model: str, check: str, pair: tuple[str, str], precision: str
) -> dict[str, Any]:
    noise = 1e-15 if precision == "float64" else 2e-7
    bound = 1e-10 if precision == "float64" else 5e-6
    return {
        "model": model,
        "check": check,
        "left": pair[0],
        "right": pair[1],
        "precision": precision,
        "array": "hidden.kernel",
        "error": noise * CHECKS.index(check),
        "bound": bound if CHECKS.index(check) else 0.0,
    }


def _cell(workload: str, framework: str, seed: int) -> dict[str, Any]:
    data, _, batch_size, epochs, _, margin = WORKLOADS[workload]
    images = workload == "cnn"
    return {
        "workload": {
            "name": workload,
            "model": workload,
            "spec": {"classes": 10} if images else {"hidden": 64},
            "objective": "cross_entropy" if images else "binary_cross_entropy",
            "epochs": epochs,
            "target_accuracy": None,
            "margin": margin,
            "data": {
                "name": data,
                "batch_size": batch_size,
                "validation": 0.0 if images else 0.2,
            },
            "optimizer": {
                "name": "adam",
                "learning_rate": 0.001,
                "beta1": 0.9,
                "beta2": 0.999,
                "epsilon": 1e-7,
            },
        },
        "framework": {
            "name": framework,
            "mode": MODES[framework],
            "python": None,
        },
        "device": {"name": "cpu", "threads": 2},
        "precision": "float32",
        "seed": seed,
        "deterministic": True,
        "passes": ["quality", "speed", "memory"],
        "speed": {"warmup_steps": 20, "blocks": 10, "block_seconds": 0.5},
    }


def _notice(data: str) -> str:
    return f"{data} stands in: imdb was neither found nor fetched"


def _environment(framework: str) -> dict[str, Any]:
    return {
        "python": "3.11.14",
        "versions": {"numpy": "2.4.6", **VERSIONS[framework]},
        "cpu": "Imaginary CPU @ 2.80GHz",
        "cores": 2,
        "threads": 2,
        "memory_bytes": 16_000_000_000,
        "gpu": None,
        "driver": None,
        "os": "Linux 6.1 (glibc 2.36)",
        "flags": {"OMP_NUM_THREADS": "2", "MALLOC_TOP_PAD_": "500000000"},
        "load_average": [0.4, 0.4, 0.4],
    }
