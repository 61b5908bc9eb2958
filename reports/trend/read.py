"""Records and verdicts of the gate as values: one metric of one cell, once."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from logging import LogRecord, getLogger
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.bench.cells import title
from benchmarks.environment.describe import PASSING
from benchmarks.errors import UserError
from benchmarks.records import store, verdicts

# Keys of a cell's configuration that do not change its results
APART = ("seed", "passes", "patience_seconds")
BENCH, GATE = "bench", "gate"
RATE, STEP = "training_examples_per_second", "training_step_milliseconds"
DATA, DIGEST = "data", "data digest"
MANY = 1_000_000  # warnings that are kept
Entry = dict[str, Any]


@dataclass
class Kept:
    """Everything recorded; values: one row per metric, cell and origin.

    lost: how many cells failed or were skipped. broken: files that could not
    be read, and why.
    """

    values: pd.DataFrame
    benches: int
    gates: int
    lost: Counter[str]
    broken: list[str]


def read(runs: Path, since: datetime | None = None) -> Kept:
    """Everything under a folder `runs` that is not older than `since`.

    Raises UserError where nothing is recorded, or nothing that recent.
    """
    with _warnings() as warnings:
        entries, gates = store.all(runs / "records"), verdicts.all(runs)
    broken = [w.getMessage().removeprefix("ignored: ") for w in warnings]
    if not entries and not gates:
        skipped = f" ({'; '.join(broken)})" if broken else ""
        raise UserError(
            f"{runs} holds no record and no gate{skipped}: there is no trend"
            f" yet. `make bench` measures and records."
        )
    entries, gates = (
        [e for e in kept if not since or _time(e["started"]) >= since]
        for kept in (entries, gates)
    )
    if not entries and not gates:
        raise UserError(
            f"nothing under {runs} was measured since {since:%Y-%m-%d}:"
            f" expected an earlier date, or none"
        )
    lost = Counter(entry["status"] for entry in entries)
    lost.pop("finished", None)
    cells = [cell for gate in gates for cell in gate["cells"]]
    lost["failed"] += sum(bool(cell["failure"]) for cell in cells)
    finished = [entry for entry in entries if entry["status"] == "finished"]
    values: list[Entry] = []
    for entry in [*finished, *gates]:
        try:
            for own in [entry] if "cell" in entry else _records(entry):
                values += list(_values(own))
        except (KeyError, TypeError, AttributeError) as error:
            broken.append(f"{entry['id']} lacks or misstates {error}")
    benches = len({entry["invocation"] for entry in entries})
    frame = pd.DataFrame(values)
    return Kept(frame, benches, len(gates), +lost, broken)


def parse_date(text: str) -> datetime:
    """`2026-11-24` or a time, in UTC where it names no zone.

    Raises UserError for anything else.
    """
    try:
        return _time(text)
    except ValueError:
        raise UserError(
            f"--since {text}: expected a date such as 2026-11-24"
        ) from None


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested dicts as dotted names, without what varies, such as the load."""
    names: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            names |= flat(value, f"{prefix}{name}.")
        elif name not in PASSING:
            names[f"{prefix}{name}"] = str(value)
    return names


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _records(gate: Entry) -> Iterator[Entry]:
    """The head of every cell as a record, whose data are not known.

    The base is an older revision measured late: it is no point of a series.
    """
    for own in gate["cells"]:
        decisions = own["decisions"]
        metrics = {d["metric"]: d | {"value": d["head"]} for d in decisions}
        step = metrics.pop(STEP, None)
        if step:  # in the unit of the bench
            batch = own["cell"]["workload"]["data"]["batch_size"]
            value = step["value"] and 1000 * batch / step["value"]
            metrics[RATE] = step | {"value": value, "unit": "examples/s"}
        yield {
            "invocation": gate["id"],
            "started": gate["started"],
            "code": gate["head"],
            "cell": own["cell"],
            "environment": own["environments"].get("head", {}),
            "fingerprint": own["fingerprints"].get("head"),
            "metrics": metrics,
        }


def _values(record: Entry) -> Iterator[Entry]:
    """A row for each metric of a record.

    origin: the bench or gate. around: environment and data, flat. count: one
    seed, or the pairs of a gate.
    """
    code, data = record["code"], record.get("data")
    around = flat(record["environment"])
    if data:
        name = str(data["name"]) + " (synthetic)" * data["synthetic"]
        around |= {DATA: name, DIGEST: str(data["digest"])[:8]}
    revision = (code.get("revision") or "unknown")[:8]
    for metric, own in record["metrics"].items():
        yield {
            "source": BENCH if data else GATE,
            "origin": record["invocation"],
            "when": _time(record["started"]),
            "revision": code.get("revision"),
            "short": revision + "*" * bool(code.get("dirty")),
            "fingerprint": str(record["fingerprint"]),
            "digest": around.get(DIGEST, ""),
            "around": around,
            "setting": _setting(record["cell"]),
            "metric": metric,
            "unit": own.get("unit", ""),
            "value": own["value"],
            "reason": own.get("reason"),
            "count": max(own.get("pairs", 1), 1),
        }


def _setting(cell: Entry) -> str:
    """A cell without its seed and what does not change a result, as JSON.

    Raises KeyError for a cell without a name, which has no series.
    """
    own = {name: value for name, value in cell.items() if name not in APART}
    own["framework"] = {**own["framework"], "python": None}
    title({**own, "seed": 0})
    return json.dumps(own, sort_keys=True)


@contextmanager
def _warnings() -> Iterator[list[LogRecord]]:
    """The warnings of the readers of files."""
    handler, logger = BufferingHandler(MANY), getLogger("triptych.records")
    logger.addHandler(handler)
    try:
        yield handler.buffer
    finally:
        logger.removeHandler(handler)
