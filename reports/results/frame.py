"""MLflow to tidy pandas: one row per cell, nothing read but the store."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.errors import UserError
from benchmarks.tracking.store import INVOCATION, RECORD, Store, default_uri
from reports.results import curves as history
from reports.results.columns import column, ordered
from reports.results.curves import Pictures

__all__ = ["Bench", "column", "load"]

RUNS = Path("runs")
FETCH = 100  # run ids asked for at once


@dataclass(frozen=True)
class Bench:
    """Everything that a report shows of one call of the bench.

    cells: one row per cell, as `results.csv` has it. curves: one row per
    point (record, curve, step, value). details: by record, what is no
    number: environment, missing, units, over, config, log_tail, data.*,
    code.*, order (the names of its phases). call: id, suite, command,
    started, seconds, phases, planned, ended. pictures: by record, of the
    lowest seed of each workload and framework.
    """

    call: dict[str, Any]
    cells: pd.DataFrame
    curves: pd.DataFrame
    details: dict[str, dict[str, Any]]
    pictures: dict[str, Pictures] = field(default_factory=dict)


def load(
    invocation: str | None = None,
    store: str | None = None,
    runs: Path = RUNS,
) -> Bench:
    """Read one call of the bench, the latest by default.

    Raises UserError when there is no store or no such call.
    """
    uri = store or default_uri(runs)
    if uri == default_uri(runs) and not (runs / "mlflow.db").is_file():
        raise UserError(
            f"{runs / 'mlflow.db'} is not there: nothing is recorded yet."
            f" `make bench` measures; `make sync` fills it from records."
        )
    opened = Store(uri, runs)
    parent = _parent(opened, invocation)
    children = _children(opened, parent)
    if not children:
        raise UserError(
            f"bench {parent.data.tags[INVOCATION]} has no cells recorded:"
            f" `make bench` measures them, `make sync` sends what it has."
        )
    details = {run.data.tags[RECORD]: _details(run) for run in children}
    cells = pd.DataFrame([_row(run, details) for run in children])
    return Bench(
        _call(parent),
        ordered(cells, details),
        history.curves(opened, children),
        details,
        history.pictures(opened, children),
    )


def _parent(opened: Store, invocation: str | None) -> Any:
    found = opened.find(INVOCATION, invocation)
    if not found and invocation:
        every = sorted(opened.find(INVOCATION))
        shown = ", ".join(every[-5:]) or "none"
        raise UserError(
            f"no bench {invocation} in {opened.uri}; the latest: {shown}"
        )
    if not found:
        raise UserError(
            f"{opened.uri} holds no bench yet: `make bench` measures,"
            f" `make sync` sends what is recorded."
        )
    return max(found.values(), key=lambda run: run.info.start_time)


def _children(opened: Store, parent: Any) -> list[Any]:
    """The runs that a bench shows; those under it where it never ended."""
    tags = parent.data.tags
    names = sorted(name for name in tags if name.startswith("triptych.runs."))
    ids = [one for name in names for one in tags[name].split(",")]
    if not ids:
        own = f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'"
        return _search(opened, own)
    found = []
    for start in range(0, len(ids), FETCH):
        some = ", ".join(f"'{one}'" for one in ids[start : start + FETCH])
        found += _search(opened, f"attributes.run_id IN ({some})")
    return found


def _search(opened: Store, query: str) -> list[Any]:
    found, token = [], None
    while True:
        page = opened.client.search_runs(
            [opened.experiment], query, max_results=FETCH, page_token=token
        )
        found += [run for run in page if RECORD in run.data.tags]
        token = page.token
        if not token:
            return found


def _details(run: Any) -> dict[str, Any]:
    tags = {
        name.removeprefix("triptych."): value
        for name, value in run.data.tags.items()
        if name.startswith("triptych.")
    }
    found: dict[str, Any] = {
        name: _whole(tags, name) for name in ("environment", "missing")
    }
    found["order"] = list(_json(tags.get("order"), list))
    units = _whole(tags, "units")
    found["units"] = {name: pair[0] for name, pair in units.items()}
    found["over"] = {name: pair[1] for name, pair in units.items()}
    return {**tags, **found, "config": dict(run.data.params)}


def _row(run: Any, details: dict[str, dict[str, Any]]) -> dict[str, Any]:
    tags, params = run.data.tags, run.data.params
    detail = details[tags[RECORD]]
    row: dict[str, Any] = {
        "workload": params.get("workload.name"),
        "framework": params.get("framework.name"),
        "mode": params.get("framework.mode"),
        "precision": params.get("precision"),
        "device": params.get("device.name"),
        "seed": int(params["seed"]),
        "data": detail.get("data.name"),
        "synthetic": detail.get("data.synthetic") == "true",
        "status": detail.get("status"),
        "reason": detail.get("reason"),
        "batch": _number(params.get("workload.batch")),
        "epochs": _number(params.get("workload.epochs")),
        "threads": _number(params.get("device.threads")),
        "margin": _number(params.get("workload.margin")),
        "missing": "; ".join(f"{k}: {v}" for k, v in detail["missing"].items()),
    }
    for name, value in run.data.metrics.items():
        if "/" not in name:
            row[name] = value
        elif name.startswith("phase/"):
            row[name.replace("/", "_")] = value
    for name in ("started", "key", "fingerprint"):
        row[name] = detail.get(name)
    for name in ("code.revision", "code.dirty", "code.digest", "data.digest"):
        row[name.replace(".", "_")] = detail.get(name)
    for name in ("cpu", "gpu"):
        row[name] = detail["environment"].get(name)
    row["invocation"] = detail.get("call")
    return row | {"record": tags[RECORD]}


def _call(parent: Any) -> dict[str, Any]:
    tags = {
        name.removeprefix("triptych."): value
        for name, value in parent.data.tags.items()
    }
    phases = _json(tags.get("phases"))
    seconds = _number(tags.get("seconds"))
    if seconds is None and phases:  # all but what is still to come
        seconds = sum(phases.values())
    planned = _number(tags.get("planned"))
    return {
        "id": tags["invocation"],
        "suite": tags.get("suite"),
        "command": tags.get("command"),
        "started": tags.get("started"),
        "seconds": seconds,
        "phases": phases,
        "ended": tags.get("finished") == "true" or "seconds" in tags,
        "planned": None if planned is None else int(planned),
    }


def _whole(tags: dict[str, str], name: str) -> dict[str, Any]:
    """A dict that takes as many tags as it needs: `units`, `units.1`, ..."""
    found: dict[str, Any] = _json(tags.get(name))
    number = 1
    while (part := tags.get(f"{name}.{number}")) is not None:
        found |= _json(part)
        number += 1
    return found


def _json(text: str | None, kind: type = dict) -> Any:
    try:
        found = json.loads(text) if text else kind()
    except ValueError:  # cut at MLflow's length of a tag
        found = kind()
    return found if isinstance(found, kind) else kind()


def _number(text: str | None) -> float | None:
    return float(text) if text and text != "null" else None
