"""Names that records and published tables had until November 2026.

A record of schema 1 is translated into the present one. A present workload is
translated back, for a recorded key was made of the former names. Keys that
workloads have had only since then are completed, and left out, by `ADDED`.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from typing import Any

from omegaconf import MISSING

from benchmarks.config import former_keys
from benchmarks.config.workload import Workload as WorkloadSchema
from benchmarks.records import schema

Record = dict[str, Any]
Workload = dict[str, Any]
# Of a workload and of its phases: former -> present
KEYS = former_keys.FORMER | {
    "data": "data.name",
    "schedule": "schedule.name",
}
OBJECTIVES = {
    "classes": "cross_entropy",
    "binary": "binary_cross_entropy",
    "reconstruction": "mse",
}
COLUMNS = {"generated": "synthetic", "batch": "batch_size"}  # of results.csv
MODES = {("slide", "fit"): "tensorflow"}  # (framework, former) -> present
SAME = ("name", "model", "spec", "epochs", "margin", "main", "timed")
NOT_OF_PHASES = ("name", "margin", "main", "timed", "target_accuracy")
# Keys that a cell had only where their value was another, or only in phases
SILENT: dict[str, Any] = {
    "clip": None,
    "schedule": "constant",
    "buckets": [],
    "window": None,
    "decode": 0,
    "decoded": None,
    "beam": 1,
    "sample": 0,
    "sentences": [],
    "distances": 0,
    "tested": None,
}
# Keys that were added since, with what a workload without them has
ADDED: dict[str, Any] = {
    "label_smoothing": 0.0,
    "optimizer.weight_decay": 0.0,
    "schedule.warmup_steps": 0,
    "schedule.final_share": 0.0,
    "crop_steps": None,
    "data.crops": None,
    "measure.attention_parts": 0,
}
OF_PHASES = (
    *("classes", "per_class", "takes", "freeze", "framework"),
    *("gradient_norms", "watch", "fitted", "pictures"),
)
OF_WORKLOADS = ("data", "evaluation_batch", "validation", "target", "tested")


def present(record: Any) -> Any:
    """A record with the present names, whatever names it was written with."""
    if not isinstance(record, dict):
        return record
    named = str(record.get("framework")), str(record.get("mode"))
    mode = MODES.get(named)
    if mode:
        framework = record["cell"]["framework"] | {"mode": mode}
        cell = record["cell"] | {"framework": framework}
        record = record | {"mode": mode, "cell": cell}
    if record.get("schema") != 1:
        return _completed(record)
    kept = {k: v for k, v in record.items() if k != "phases"}
    data = {COLUMNS.get(k, k): v for k, v in record["data"].items()}
    workload = present_workload(record["cell"]["workload"])
    return kept | {
        "schema": schema.SCHEMA,
        "cell": record["cell"] | {"workload": workload},
        "data": data,
        "timings": record.get("phases") or {},
    }


def present_workload(
    former: Workload, base: Workload | None = None
) -> Workload:
    """A workload with the present names; `base` has what it leaves out."""
    workload = deepcopy(base or _defaults())
    for name, value in former.items():
        group, _, key = KEYS.get(name, name).partition(".")
        if key:
            workload[group][key] = value
        elif name != "phases":
            workload[group] = value
    workload["objective"] = OBJECTIVES[former["objective"]]
    if former.get("phases"):
        shared = {k: v for k, v in workload.items() if k not in NOT_OF_PHASES}
        workload["phases"] = {
            name: present_workload(phase, shared)
            for name, phase in former["phases"].items()
        }
    return workload


def former_cell(cell: Record) -> Record:
    """A present cell with the names of which its key was made in schema 1."""
    framework = cell["framework"]
    pair = framework["name"], framework["mode"]
    for (name, former), mode in MODES.items():
        if pair == (name, mode):
            framework = framework | {"mode": former}
    workload = dict(_former(cell["workload"]))
    return cell | {"workload": workload, "framework": framework}


def earlier_cell(cell: Record) -> Record:
    """A present cell without the added keys that have no effect in it."""
    workload = deepcopy(cell["workload"])
    for part, key, path in _added(workload):
        if part.get(key) == ADDED[path]:
            part.pop(key, None)
    return cell | {"workload": workload}


def _completed(record: Record) -> Record:
    """A record whose workload and phases have all added keys."""
    cell = record.get("cell")
    if not isinstance(cell, dict):
        return record  # the schema refuses it
    workload = deepcopy(cell["workload"])
    for part, key, path in _added(workload):
        part.setdefault(key, ADDED[path])
    return record | {"cell": cell | {"workload": workload}}


def _added(workload: Workload) -> Iterator[tuple[Workload, str, str]]:
    """(mapping, its key, path) of every added key, of phases as well."""
    for part in (workload, *workload.get("phases", {}).values()):
        for path in ADDED:
            group, _, key = path.rpartition(".")
            if not group or isinstance(part.get(group), dict):
                yield part[group] if group else part, key, path


def _former(workload: Workload, phase: bool = False) -> Iterator[tuple]:
    absent: tuple[str, ...] = OF_WORKLOADS if phase else ()
    if not phase and not workload.get("phases"):
        absent = OF_PHASES
    for name in SAME:
        if name in workload:
            yield name, workload[name]
    names = {value: name for name, value in OBJECTIVES.items()}
    yield "objective", names.get(workload["objective"], workload["objective"])
    if "takes" not in absent:
        yield from ((k, workload[k]) for k in ("takes", "freeze", "framework"))
    silent = dict(SILENT)
    if not workload["decoding"]["max_new_tokens"]:
        silent["decoded"] = workload["decoding"]["test_examples"]
    for name in (name for name in KEYS if name not in absent):
        group, _, key = KEYS[name].partition(".")
        value = workload[group][key] if key else workload[group]
        if name not in silent or value != silent[name]:
            yield name, value
    for part, key, path in _added({**workload, "phases": {}}):
        if part.get(key, ADDED[path]) != ADDED[path]:
            yield path, part[key]
    if workload.get("phases"):
        every = workload["phases"].items()
        yield "phases", {k: dict(_former(v, phase=True)) for k, v in every}


def _defaults() -> Workload:
    """The groups of a workload, each key with its default."""
    plain = asdict(WorkloadSchema())
    named = {path.partition(".")[0] for path in (*KEYS.values(), *ADDED)}
    return {"takes": {}, "freeze": []} | {
        name: {k: v for k, v in value.items() if v != MISSING}
        if isinstance(value, dict)
        else value
        for name, value in plain.items()
        if name in named
    }
