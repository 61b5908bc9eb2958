"""The schema of record.json: every key with its type and rules."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.records.typed import Problems, Reader, interval_problems

SCHEMA = 2
STATUSES = ("finished", "failed", "skipped")
READER = Reader("record")


@dataclass
class Metric:
    """One measured number; null with a reason where there is none."""

    value: float | None
    unit: str | None = None
    low: float | None = None  # of its 95 % interval
    high: float | None = None
    repeats: int = 1
    over: str | None = None  # what the repeats range over
    reason: str | None = None

    def problems(self) -> Problems:
        """What no metric may hold."""
        if self.value is None:
            if not self.reason:
                yield "reason", self.reason, "why the value is null"
            return
        if self.unit is None:
            yield "unit", self.unit, "the unit's name"
        yield from interval_problems(self.low, self.high)
        if self.repeats < 1:
            yield "repeats", self.repeats, "a count from 1"


@dataclass
class Data:
    """The data set of a cell."""

    name: str
    synthetic: bool
    digest: str | None
    source: str | None = None
    notice: str | None = None
    sizes: dict[str, int] = field(default_factory=dict)  # split -> examples


@dataclass
class Record:
    """All that one attempt at a cell measured."""

    schema: int
    id: str  # <key>/<attempt>
    key: str
    invocation: str
    suite: str
    status: str
    reason: str | None
    cell: dict[str, Any]
    workload: str
    framework: str
    mode: str
    precision: str
    device: str
    seed: int
    data: Data
    started: str
    seconds: float
    environment: dict[str, Any]
    fingerprint: str | None
    code: dict[str, Any]
    metrics: dict[str, Metric]
    curves: dict[str, dict[str, list[float | None]]]
    timings: dict[str, float]  # seconds
    logs: list[str]
    log_tail: str | None
    pictures: list[str] = field(default_factory=list)

    def problems(self) -> Problems:
        """What no record may hold."""
        if self.status not in STATUSES:
            yield "status", self.status, " | ".join(STATUSES)
        if self.status != "finished" and not self.reason:
            yield "reason", self.reason, "why it is not finished"


def check(record: Any) -> dict[str, Any]:
    """Return the record as given.

    Raises ValueError naming the key, its value and what was expected.
    """
    if isinstance(record, dict) and record.get("schema", SCHEMA) != SCHEMA:
        raise READER.wrong("schema", record["schema"], f"{SCHEMA}")
    READER.read(Record, record)
    return dict(record)


def plain(value: Any, path: str = "") -> Any:
    """The same in JSON's types: NumPy, tuples and paths turned plain.

    A number that is not finite becomes null, since JSON has no such number.
    Raises ValueError naming the key of what cannot be written.
    """
    if isinstance(value, dict):
        return {str(k): plain(v, f"{path}.{k}") for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v, f"{path}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist(), path)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    raise READER.wrong(path, value, "text, a number, a list or a dict")
