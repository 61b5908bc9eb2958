"""Histories that nobody measured, for the tests of the trend."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.records import store
from benchmarks.records.verdict import (
    CellResult,
    Decision,
    Numerics,
    Revision,
    Verdict,
)
from tests.support import synthetic

BEGIN = datetime(2026, 10, 1, 9, tzinfo=UTC)
RATE = "training_examples_per_second"


def moment(number: int) -> str:
    """The time of the bench with a number: one a day."""
    return (BEGIN + timedelta(days=number)).isoformat()


def revision(number: int) -> str:
    """A full hash that begins with the number."""
    return f"{number:08d}" + "c" * 32


def noisy(
    level: Callable[[int], float], points: int = 30, seed: int = 1
) -> list[float]:
    """A level by number, with 1 % noise."""
    draws = random.Random(seed)
    return [level(n) * (1 + draws.gauss(0, 0.01)) for n in range(points)]


def flat(number: int) -> float:
    """A level that never changes."""
    return 19_000


def slower(number: int) -> float:
    """A level that falls by a tenth at the seventeenth point."""
    return 19_000 if number < 17 else 17_100


def entry(
    number: int,
    values: dict[str, float],
    workload: str = "cnn",
    framework: str = "torch",
    seed: int = 1,
    **changes: Any,
) -> dict[str, Any]:
    """One cell of the bench with a number, with these values."""
    record = synthetic.entry(workload, framework, seed)
    record["key"] = f"{workload}-{framework}-{number:03d}-{seed}"
    record["invocation"] = f"bench-{number:03d}"
    record["started"] = moment(number)
    record["code"] = {**record["code"], "revision": revision(number)}
    for name, value in values.items():
        record["metrics"][name] = {**record["metrics"][name], "value": value}
        record["metrics"][name].pop("low", None)
        record["metrics"][name].pop("high", None)
    return {**record, **changes}


def fill(runs: Path, entries: list[dict[str, Any]]) -> None:
    """Write records, each in its place."""
    for record in entries:
        store.write(runs / "records", record)


def rates(
    runs: Path, values: list[float], first: int = 0, **changes: Any
) -> None:
    """One record of training throughput a day."""
    fill(
        runs,
        [
            entry(first + number, {RATE: value}, **changes)
            for number, value in enumerate(values)
        ],
    )


def other_torch(version: str = "2.14.0") -> dict[str, Any]:
    """What an entry says where another torch is installed."""
    around = synthetic.entry()["environment"]
    versions = {**around["versions"], "torch": version}
    return {
        "environment": {**around, "versions": versions},
        "fingerprint": f"of torch {version}"[:12],
    }


def verdict(number: int = 0, step: float = 10.0, **changes: Any) -> Verdict:
    """A gate of one cell; `step`: the head's, in milliseconds."""
    cell = synthetic.entry()["cell"]
    around = synthetic.entry()["environment"]
    decisions = [
        Decision(
            "training_step_milliseconds",
            "milliseconds",
            "regressed",
            ratio=1.08,
            low=1.06,
            high=1.1,
            pairs=8,
            floor=0.05,
            noise=0.02,
            p=0.001,
            confirmed=True,
            base=step / 1.08,
            head=step,
            log_ratios=[0.077] * 8,
        ),
        Decision(
            "decoding_tokens_per_second",
            "tokens per second",
            "not measured",
            reason="this model does not decode",
        ),
    ]
    result = CellResult(
        "cnn torch eager",
        cell,
        decisions,
        Numerics("unchanged", largest=3e-15),
        environments={"base": around, "head": around},
        fingerprints=dict.fromkeys(("base", "head"), "0f1e2d3c4b5a"),
        seconds=41.5,
    )
    parts = {
        "base": Revision("origin/main", "b" * 40, dirty=False),
        "head": Revision("this tree", revision(number), dirty=True),
        "started": moment(number),
        "seconds": 90.25,
        "seed": 0,
        "settings": {},
        "cells": [result],
    }
    return Verdict(**{**parts, **changes})
