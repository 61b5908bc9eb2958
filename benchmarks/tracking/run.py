"""A record's parameters, metrics and tags for MLflow's pages.

Plain values, no MLflow. Reports read `record.json`, the run's artifact.
"""

import json
from datetime import datetime
from typing import Any, NamedTuple

from benchmarks.environment import files

Record = dict[str, Any]
TEXT = 5900  # characters of a parameter or tag; MLflow's bound is 6,000
CHECKSUM = "triptych.checksum"  # of a cell's run: the digest of its record
SHOWN = ("suite", "command", "started", "seconds", "finished")

STATUS = {"finished": "FINISHED", "failed": "FAILED", "skipped": "KILLED"}


class Point(NamedTuple):
    """One value of one metric."""

    name: str
    value: float
    step: int


def parameters(entry: Record) -> dict[str, str]:
    """The cell's configuration, flattened: `workload.batch` -> "200"."""
    return _cut(flat(entry["cell"]))


def points(entry: Record) -> list[Point]:
    """Every number of a record; the reason of a null is a tag.

    `<metric>`, `<metric>_low`, `_high`, `_repeats`; `timing/<name>_seconds`;
    curves as `epoch/<name>` from step 1 and `step/<name>`, those of a
    phase of the training as `<phase>.epoch/<name>`, `<phase>.step/<name>`,
    `<phase>.gradient/<layer>`.
    """
    values = [Point("cell_seconds", float(entry["seconds"]), 0)]
    for name, metric in entry["metrics"].items():
        for part in ("value", "low", "high", "repeats"):
            own = name if part == "value" else f"{name}_{part}"
            if None not in (metric["value"], metric.get(part)):
                values.append(Point(own, float(metric[part]), 0))
    for name, seconds in entry["timings"].items():
        values.append(Point(f"timing/{name}_seconds", float(seconds), 0))
    return values + curve_points(entry)


def tags(entry: Record) -> dict[str, str]:
    """What is not a number: machine, code, data, and what failed."""
    names = ("key", "status", "reason", "fingerprint", "started")
    content = {name: entry[name] for name in names}
    content |= {name: entry[name] for name in ("data", "code", "environment")}
    content["missing"] = {
        name: metric["reason"]
        for name, metric in entry["metrics"].items()
        if metric["value"] is None
    }
    texts = {
        "triptych": content,
        "mlflow.source.name": "triptych",
        "mlflow.source.type": "PROJECT",
        "mlflow.source.git.commit": entry["code"].get("revision"),
        "mlflow.note.content": entry["reason"],
    }
    return _cut(flat(texts)) | {CHECKSUM: files.digest(entry)}


def dataset(entry: Record) -> dict[str, str] | None:
    """Name, digest (MLflow takes 36 characters) and source; None if none."""
    data = entry["data"]
    if not data["digest"]:
        return None
    kind = "synthetic" if data["synthetic"] else "published"
    texts = {
        "name": data["name"],
        "digest": data["digest"][:36],
        "source_type": kind,
        "source": data.get("source") or kind,
        "profile": json.dumps(data.get("sizes")),
    }
    return {name: storable(text) for name, text in texts.items()}


def times(started: str, seconds: float | None) -> tuple[int, int]:
    """Start (ISO 8601 as given) and end in milliseconds since 1970."""
    start = milliseconds(started)
    return start, start + round(1000 * (seconds or 0))


def invocation_tags(invocation: dict[str, Any], runs: int) -> dict[str, str]:
    """The tags of an invocation of the bench with so many runs of cells."""
    content = {name: invocation.get(name) for name in SHOWN}
    content |= {"planned": planned(invocation), "records": runs}
    return _cut(flat({"triptych": content}))


def planned(invocation: dict[str, Any]) -> int:
    """How many cells an invocation of the bench was to measure or show."""
    return len(invocation.get("cells") or invocation["records"])


def ended(invocation: dict[str, Any]) -> bool:
    """Whether an invocation of the bench went through to its end."""
    ended = invocation.get("seconds") is not None
    return bool(invocation.get("finished", ended))


def invocation_points(invocation: dict[str, Any]) -> list[Point]:
    """Where an invocation's seconds went, once it has ended."""
    if invocation.get("seconds") is None:
        return []
    seconds = {"bench_seconds": invocation["seconds"]}
    for name, value in (invocation.get("timings") or {}).items():
        seconds[f"timing/{name}_seconds"] = value
    return [Point(n, float(v), 0) for n, v in seconds.items() if v is not None]


def milliseconds(moment: str) -> int:
    """An ISO 8601 moment in milliseconds since 1970."""
    return round(1000 * datetime.fromisoformat(moment).timestamp())


def curve_points(entry: Record) -> list[Point]:
    """A record's curves: epochs from 1, all others by their list `step`."""
    points = []
    for kind, lists in entry["curves"].items():
        first = 1 if kind.rsplit(".", 1)[-1] == "epoch" else 0
        for name, curve in lists.items():
            if name != "step":
                at = lists.get("step") or range(first, first + len(curve))
                points += [
                    Point(f"{kind}/{name}", float(value), int(step))
                    for step, value in zip(at, curve, strict=True)
                    if value is not None
                ]
    return points


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested dicts as dotted names, lists as JSON; null and empty left out."""
    texts: dict[str, str] = {}
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            texts |= flat(value, f"{path}.")
        elif value is not None and value not in ("", []):
            is_text = isinstance(value, str)
            texts[path] = value if is_text else json.dumps(value)
    return texts


def storable(text: str) -> str:
    """A text that any store takes: at most TEXT characters, all Unicode.

    A byte of a path that is no UTF-8 is written as `\\udcff`, and NUL as
    `\\x00`, which no PostgreSQL takes.
    """
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    text = text.replace("\0", "\\x00")
    return text if len(text) <= TEXT else text[:TEXT] + " ..."


def _cut(texts: dict[str, str]) -> dict[str, str]:
    return {storable(name): storable(text) for name, text in texts.items()}
