"""What of a record goes into an MLflow run: plain values, no MLflow here.

Everything that a report shows is in a run's parameters, metrics and tags,
so a report needs nothing but the store.
"""

import json
from datetime import datetime
from typing import Any, NamedTuple

from benchmarks.records import checksums

Record = dict[str, Any]
TEXT = 5900  # characters of a parameter or tag; MLflow's bound is 6,000
WHOLE = ("environment", "missing", "units", "phases")  # JSON, not flattened
TAIL = 4000  # characters kept of a log's end
IDS = 100  # run ids in one tag
CALL = ("suite", "command", "started", "seconds", "finished", "phases")

STATUS = {"finished": "FINISHED", "failed": "FAILED", "skipped": "KILLED"}


class Point(NamedTuple):
    """One value of one metric."""

    name: str
    value: float
    step: int


def parameters(entry: Record) -> dict[str, str]:
    """The cell's configuration, flattened: `workload.batch` -> "200"."""
    return _flat(entry["cell"])


def points(entry: Record) -> list[Point]:
    """Every number of a record; what is null stands in the tags.

    `<metric>`, `<metric>_low`, `_high`, `_repeats`; `phase/<name>_seconds`;
    curves as `epoch/<name>` from step 1 and `step/<name>`, those of a
    phase of the training as `<phase>.epoch/<name>`, `<phase>.step/<name>`,
    `<phase>.gradient/<layer>`.
    """
    found = [Point("cell_seconds", float(entry["seconds"]), 0)]
    for name, metric in entry["metrics"].items():
        if metric["value"] is None:
            continue
        found.append(Point(name, float(metric["value"]), 0))
        for part in ("low", "high", "repeats"):
            if metric.get(part) is not None:
                found.append(Point(f"{name}_{part}", float(metric[part]), 0))
    for name, seconds in entry["phases"].items():
        found.append(Point(f"phase/{name}_seconds", float(seconds), 0))
    return found + _curves(entry["curves"])


def tags(entry: Record) -> dict[str, str]:
    """What is not a number: where, of which code and data, what failed."""
    found: dict[str, Any] = {
        name: entry[name]
        for name in ("key", "status", "reason", "fingerprint", "started")
    }
    found["call"] = entry["invocation"]
    found["seal"] = checksums.digest(entry)
    found |= {f"data.{name}": value for name, value in entry["data"].items()}
    found |= {f"code.{name}": value for name, value in entry["code"].items()}
    found["environment"] = entry["environment"]
    found["missing"] = {
        name: metric["reason"]
        for name, metric in entry["metrics"].items()
        if metric["value"] is None
    }
    found["units"] = {
        name: [metric["unit"], metric.get("over")]
        for name, metric in entry["metrics"].items()
        if metric["value"] is not None
    }
    found["log_tail"] = (entry["log_tail"] or "")[-TAIL:]
    found["order"] = list(entry["cell"]["workload"].get("phases") or {})
    found["pictures"] = entry.get("pictures") or []
    flat = {f"triptych.{name}": value for name, value in _flat(found).items()}
    return flat | _shown_by_mlflow(entry)


def dataset(entry: Record) -> dict[str, str] | None:
    """Name, digest (MLflow takes 36 characters) and source; None if none."""
    data = entry["data"]
    if not data.get("name") or not data.get("digest"):
        return None
    kind = "generated" if data.get("generated") else "published"
    return {
        "name": data["name"],
        "digest": data["digest"][:36],
        "source_type": kind,
        "source": data.get("source") or kind,
        "profile": json.dumps(data.get("sizes")),
    }


def run_name(entry: Record) -> str:
    """The key without its digits: what distinguishes cells for a reader."""
    return entry["key"].rsplit("-", 1)[0].replace("-", " ")


def times(entry: Record) -> tuple[int, int]:
    """Start and end in milliseconds since 1970."""
    start = milliseconds(entry["started"])
    return start, start + round(1000 * entry["seconds"])


def call_tags(call: dict[str, Any], runs: list[str]) -> dict[str, str]:
    """The tags of one call of the bench: the parent's. `runs`: all cells'."""
    told = {name: call.get(name) for name in CALL}
    planned = call.get("cells") or call["records"]  # keys, or how many
    told["planned"] = planned if isinstance(planned, int) else len(planned)
    told["records"] = len(runs)
    found = {f"triptych.{name}": value for name, value in _flat(told).items()}
    for number, start in enumerate(range(0, len(runs), IDS)):
        name = f"triptych.runs.{number:03}"
        found[name] = ",".join(runs[start : start + IDS])
    return found


def ended(call: dict[str, Any]) -> bool:
    """Whether a call of the bench went through to its end."""
    return bool(call.get("finished", call.get("seconds") is not None))


def call_points(call: dict[str, Any]) -> list[Point]:
    """Where the seconds of one call of the bench went, once it has ended."""
    if call.get("seconds") is None:
        return []
    seconds = {"bench_seconds": call["seconds"]}
    for name, value in (call.get("phases") or {}).items():
        seconds[f"phase/{name}_seconds"] = value
    return [Point(n, float(v), 0) for n, v in seconds.items() if v is not None]


def milliseconds(moment: str) -> int:
    """An ISO 8601 moment in milliseconds since 1970."""
    return round(1000 * datetime.fromisoformat(moment).timestamp())


def _curves(curves: dict[str, Any]) -> list[Point]:
    """Of epochs from 1; all others by their own list `step`."""
    found = []
    for kind, lists in curves.items():
        first = 1 if kind.rsplit(".", 1)[-1] == "epoch" else 0
        for name, values in lists.items():
            if name != "step":
                at = lists.get("step") or range(first, first + len(values))
                found += _curve(f"{kind}/{name}", values, at)
    return found


def _curve(name: str, values: list, steps: Any) -> list[Point]:
    pairs = zip(steps, values, strict=True)
    return [Point(name, float(v), int(s)) for s, v in pairs if v is not None]


def _shown_by_mlflow(entry: Record) -> dict[str, str]:
    """Tags that MLflow's own pages know."""
    found = {
        "mlflow.source.name": "triptych",
        "mlflow.source.type": "PROJECT",
    }
    if entry["code"].get("revision"):
        found["mlflow.source.git.commit"] = entry["code"]["revision"]
    if entry["reason"]:
        found["mlflow.note.content"] = entry["reason"]
    return found


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested dicts as dotted names; lists as JSON; null as nothing said."""
    found: dict[str, str] = {}
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and path not in WHOLE:
            found |= _flat(value, f"{path}.")
        elif isinstance(value, dict):
            found |= _whole(path, value)
        elif value is not None and value not in ("", []):
            text = value if isinstance(value, str) else json.dumps(value)
            found[path] = text if len(text) <= TEXT else text[:TEXT] + " ..."
    return found


def _whole(path: str, values: dict[str, Any]) -> dict[str, str]:
    """A dict as JSON: `path`, and `path.1` ... where one tag is too short."""
    parts: list[dict[str, Any]] = [{}]
    for name, value in values.items():
        if len(json.dumps({**parts[-1], name: value})) > TEXT and parts[-1]:
            parts.append({})
        parts[-1][name] = value
    texts = [json.dumps(part) for part in parts]
    return {
        f"{path}.{number}" if number else path: text
        if len(text) <= TEXT
        else text[:TEXT] + " ..."
        for number, text in enumerate(texts)
    }
