"""What a record must look like; refused by the name of the key."""

import math
from pathlib import Path
from typing import Any

import numpy as np

SCHEMA = 2
STATUSES = ("finished", "failed", "skipped")
TEXT = (str,)
NUMBER = (int, float)
OPTIONAL_TEXT = (str, type(None))

KEYS: dict[str, tuple[type, ...]] = {
    "schema": (int,),
    "id": TEXT,
    "key": TEXT,
    "invocation": TEXT,
    "suite": TEXT,
    "status": TEXT,
    "reason": OPTIONAL_TEXT,
    "cell": (dict,),
    "workload": TEXT,
    "framework": TEXT,
    "mode": TEXT,
    "precision": TEXT,
    "device": TEXT,
    "seed": (int,),
    "data": (dict,),
    "started": TEXT,
    "seconds": NUMBER,
    "environment": (dict,),
    "fingerprint": OPTIONAL_TEXT,
    "code": (dict,),
    "metrics": (dict,),
    "curves": (dict,),
    "timings": (dict,),
    "logs": (list,),
    "log_tail": OPTIONAL_TEXT,
}
DATA: dict[str, tuple[type, ...]] = {
    "name": TEXT,
    "synthetic": (bool,),
    "digest": OPTIONAL_TEXT,
}


def check(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record as given, or raise.

    Raises ValueError naming the key, what came and what was expected.
    """
    _types(record, KEYS, "")
    if record["schema"] != SCHEMA:
        raise _wrong("schema", record["schema"], f"{SCHEMA}")
    if record["status"] not in STATUSES:
        raise _wrong("status", record["status"], " | ".join(STATUSES))
    if record["status"] != "finished" and not record["reason"]:
        raise _wrong("reason", record["reason"], "why it is not finished")
    if record["status"] != "skipped":
        _types(record["data"], DATA, "data.")
    for name, metric in record["metrics"].items():
        _metric(name, metric)
    for kind, curves in record["curves"].items():
        _curves(f"curves.{kind}", curves)
    for name, seconds in record["timings"].items():
        if not _is_number(seconds):
            raise _wrong(f"timings.{name}", seconds, "seconds")
    return record


def plain(value: Any, path: str = "") -> Any:
    """The same in JSON's types: NumPy, tuples and paths turned plain.

    A number that is not finite becomes null: JSON has no other word.
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
    expected = "text, a number, a list or a dict"
    raise _wrong(path.lstrip("."), value, expected)


def explain_missing(metrics: dict[str, Any]) -> dict[str, Any]:
    """Metrics whose value is not finite: null, with that as the reason.

    A training that diverges is a result, not an error of its record.
    """
    explained = {}
    for name, metric in metrics.items():
        value = metric.get("value") if isinstance(metric, dict) else None
        if isinstance(value, (float, np.floating)) and not np.isfinite(value):
            metric = {"value": None, "reason": f"came out as {value}"}
        explained[name] = metric
    return explained


def _types(
    values: dict[str, Any], keys: dict[str, tuple[type, ...]], prefix: str
) -> None:
    for key, types in keys.items():
        expected = " or ".join(kind.__name__ for kind in types)
        if key not in values:
            raise ValueError(f"record has no {prefix}{key}: need {expected}")
        value = values[key]
        if isinstance(value, bool) and bool not in types:
            raise _wrong(prefix + key, value, expected)
        if not isinstance(value, types):
            raise _wrong(prefix + key, value, expected)


def _metric(name: str, metric: Any) -> None:
    path = f"metrics.{name}"
    if not isinstance(metric, dict) or "value" not in metric:
        raise _wrong(path, metric, "{'value': ..., 'unit': ...}")
    if metric["value"] is None:
        if not metric.get("reason"):
            raise _wrong(f"{path}.reason", metric.get("reason"), "why null")
        return
    if not _is_number(metric["value"]):
        raise _wrong(f"{path}.value", metric["value"], "a number or null")
    if not isinstance(metric.get("unit"), str):
        raise _wrong(f"{path}.unit", metric.get("unit"), "the unit's name")
    low, high = metric.get("low"), metric.get("high")
    if (low is None) != (high is None):
        raise _wrong(f"{path}.low, .high", (low, high), "both or neither")
    if low is not None and not (_is_number(low) and _is_number(high)):
        raise _wrong(f"{path}.low, .high", (low, high), "numbers")
    if low is not None and low > high:
        raise _wrong(f"{path}.low, .high", (low, high), "low <= high")
    repeats = metric.get("repeats", 1)
    if not isinstance(repeats, int) or repeats < 1:
        raise _wrong(f"{path}.repeats", repeats, "a count from 1")


def _curves(path: str, curves: Any) -> None:
    if not isinstance(curves, dict):
        raise _wrong(path, curves, "{name: [numbers]}")
    for name, values in curves.items():
        if not isinstance(values, list):
            raise _wrong(f"{path}.{name}", values, "a list of numbers")
        for value in values:
            if value is not None and not _is_number(value):
                raise _wrong(f"{path}.{name}", value, "numbers or null")


def _is_number(value: Any) -> bool:
    return isinstance(value, NUMBER) and not isinstance(value, bool)


def _wrong(key: str, came: Any, expected: str) -> ValueError:
    shown = repr(came)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return ValueError(f"record's {key} is {shown}: expected {expected}")
