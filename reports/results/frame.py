"""An invocation's records as tidy pandas: one row per cell."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.reproduce import former_names
from benchmarks.tracking.read import results
from benchmarks.tracking.run import flat, planned
from reports.results import curves
from reports.results.columns import ordered
from reports.results.curves import Pictures

Record = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """Everything that a report shows of one invocation of the bench.

    cells: one row per cell, as `results.csv` has it. curves: one row per
    point (record, curve, step, value). details: by record, what is no
    number: environment, missing, units, over, config, log_tail, data.*,
    code.*, order (the names of its phases). call: id, suite, command,
    started, seconds, timings, machine_peaks, planned, ended. pictures: by
    record, of the lowest seed of each workload and framework.
    """

    call: dict[str, Any]
    cells: pd.DataFrame
    curves: pd.DataFrame
    details: dict[str, dict[str, Any]]
    pictures: dict[str, Pictures] = field(default_factory=dict)

    @cached_property
    def points(self) -> dict[tuple[str, str], list[tuple[float, float]]]:
        """Step and value of every point, by record and curve."""
        points: dict[tuple[str, str], list[tuple[float, float]]] = {}
        columns = (self.curves[name].tolist() for name in curves.COLUMNS)
        for record, curve, step, value in zip(*columns, strict=True):
            own = points.setdefault((record, curve), [])
            own.append((float(step), float(value)))
        return points


def load(
    invocation: str | None = None,
    store: str | None = None,
    runs: Path = Path("runs"),
) -> Bench:
    """Read one invocation of the bench, the latest by default.

    Raises UserError when there is no store or no such invocation.
    """
    stored = results(runs, store, invocation)
    details = {record["id"]: _details(record) for record in stored.records}
    cells = [_row(record, details[record["id"]]) for record in stored.records]
    return Bench(
        _call(stored.invocation),
        ordered(pd.DataFrame(cells), details),
        curves.curves(stored.records),
        details,
        curves.pictures(stored.records, stored.read),
    )


def _details(record: Record) -> dict[str, Any]:
    metrics = record["metrics"]
    measured = {n: m for n, m in metrics.items() if m["value"] is not None}
    missing = {n: m["reason"] for n, m in metrics.items() if n not in measured}
    parts = {name: record[name] for name in ("data", "code")}
    return flat(parts) | {
        "environment": record["environment"],
        "missing": missing,
        "units": {name: metric["unit"] for name, metric in measured.items()},
        "over": {name: m.get("over") for name, m in measured.items()},
        "order": list(record["cell"]["workload"].get("phases") or {}),
        "log_tail": record["log_tail"] or "",
        "config": flat(former_names.earlier_cell(record["cell"])),
    }


def _row(record: Record, detail: dict[str, Any]) -> dict[str, Any]:
    workload, device = record["cell"]["workload"], record["cell"]["device"]
    names = ("workload", "framework", "mode", "precision", "device", "seed")
    row: dict[str, Any] = {name: record[name] for name in names} | {
        "data": record["data"].get("name"),
        "synthetic": bool(record["data"].get("synthetic")),
        "status": record["status"],
        "reason": record["reason"],
        "batch": workload["data"].get("batch_size"),
        "epochs": workload.get("epochs"),
        "threads": device.get("threads"),
        "margin": workload.get("margin"),
        "missing": "; ".join(f"{k}: {v}" for k, v in detail["missing"].items()),
        "cell_seconds": float(record["seconds"]),
    }
    for name in detail["units"]:
        metric = record["metrics"][name]
        row[name] = float(metric["value"])
        for part in ("low", "high", "repeats"):
            if metric.get(part) is not None:
                row[f"{name}_{part}"] = float(metric[part])
    for name, seconds in record["timings"].items():
        row[f"timing_{name}_seconds"] = float(seconds)
    for name in ("started", "key", "fingerprint"):
        row[name] = record[name]
    for name in ("code.revision", "code.dirty", "code.digest", "data.digest"):
        row[name.replace(".", "_")] = detail.get(name)
    for name in ("cpu", "gpu"):
        row[name] = record["environment"].get(name)
    return row | {"invocation": record["invocation"], "record": record["id"]}


def _call(invocation: dict[str, Any]) -> dict[str, Any]:
    timings = invocation.get("timings") or {}
    seconds = invocation.get("seconds")
    ended = bool(invocation.get("finished")) or seconds is not None
    if seconds is None and timings:  # all but what is still to come
        seconds = sum(timings.values())
    names = ("id", "suite", "command", "started")
    return {name: invocation.get(name) for name in names} | {
        "seconds": seconds,
        "timings": timings,
        "machine_peaks": invocation.get("machine_peaks") or [],
        "ended": ended,
        "planned": planned(invocation),
    }
