"""Records and verdicts of the gate as values: one metric of one cell, once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from logging import getLogger
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.environment.describe import PASSING
from benchmarks.errors import UserError
from benchmarks.records import store, verdicts
from benchmarks.tracking.run import flat
from reports.results.format import RATE, listed, plural
from reports.results.grouping import setting

BENCH, GATE = "bench", "gate"
STEP = "training_step_milliseconds"
DATA, DIGEST, FINGERPRINT = "data", "data digest", "fingerprint"
MANY = 1_000_000  # warnings that are kept
Entry = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """Everything recorded; values: one row per metric, cell and origin.

    about: how much was recorded, and what is left out. broken: files that
    could not be read, and why.
    """

    values: pd.DataFrame
    about: str
    broken: list[str]


def read(runs: Path, since: str | None = None) -> Kept:
    """Everything under a folder `runs` that is not older than a date.

    Raises UserError where nothing is recorded, or nothing that recent, and
    for a date that is none.
    """
    handler, logger = BufferingHandler(MANY), getLogger("triptych.records")
    logger.addHandler(handler)
    try:
        entries, gates = store.all(runs / "records"), verdicts.all(runs)
    finally:
        logger.removeHandler(handler)
    messages = [warning.getMessage() for warning in handler.buffer]
    broken = [text.removeprefix("ignored: ") for text in messages]
    if not entries and not gates:
        skipped = f" ({'; '.join(broken)})" if broken else ""
        raise UserError(
            f"{runs} holds no record and no gate{skipped}: there is no trend"
            f" yet. `make bench` measures and records."
        )
    if since:
        first = _date(since)
        entries = [e for e in entries if _time(e["started"]) >= first]
        gates = [gate for gate in gates if _time(gate["started"]) >= first]
        if not entries and not gates:
            raise UserError(
                f"nothing under {runs} was measured since {first:%Y-%m-%d}:"
                f" expected an earlier date, or none"
            )
    finished = [entry for entry in entries if entry["status"] == "finished"]
    values: list[Entry] = []
    for entry in [*finished, *gates]:
        try:
            for record in [entry] if "cell" in entry else _heads(entry):
                values += _values(record)
        except (KeyError, TypeError, AttributeError) as error:
            broken.append(f"{entry['id']} lacks or misstates {error}")
    return Kept(pd.DataFrame(values), _about(entries, gates), broken)


def _about(entries: list[Entry], gates: list[Entry]) -> str:
    """`3 benches and 1 gate; left out: 1 failed cell`"""
    benches = len({entry["invocation"] for entry in entries})
    parts = [plural(benches, "bench", "benches")]
    parts += [plural(len(gates), "gate")] if gates else []
    lost = Counter(entry["status"] for entry in entries)
    lost["failed"] += sum(bool(c["failure"]) for g in gates for c in g["cells"])
    left_out = [
        plural(lost[status], f"{status} cell")
        for status in ("failed", "skipped")
        if lost[status]
    ]
    text = f"; left out: {listed(left_out)}" if left_out else ""
    return listed(parts) + text


def _date(text: str) -> datetime:
    try:
        return _time(text)
    except ValueError:
        raise UserError(
            f"--since {text}: expected a date such as 2026-11-24"
        ) from None


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _heads(gate: Entry) -> Iterator[Entry]:
    """The head of every cell as a record, whose data are not known.

    The base is an older revision measured late: it is no point of a series.
    """
    for result in gate["cells"]:
        cell, metrics = result["cell"], {}
        for decision in result["decisions"]:
            metric = decision | {"value": decision["head"]}
            name = decision["metric"]
            if name == STEP:  # in the unit of the bench
                name, metric["unit"] = RATE, "examples/s"
                batch = cell["workload"]["data"]["batch_size"]
                if metric["value"]:
                    metric["value"] = 1000 * batch / metric["value"]
            metrics[name] = metric
        yield {
            "invocation": gate["id"],
            "started": gate["started"],
            "code": gate["head"],
            "cell": cell,
            "environment": result["environments"].get("head", {}),
            "fingerprint": result["fingerprints"].get("head"),
            "metrics": metrics,
        }


def _values(record: Entry) -> Iterator[Entry]:
    """A row for each metric of a record.

    origin: the bench or gate. around: environment and data, flat. count: one
    seed, or the pairs of a gate.
    """
    cell, code, data = record["cell"], record["code"], record.get("data")
    around = {
        name: value
        for name, value in record["environment"].items()
        if name not in PASSING
    }
    if data:
        around[DATA] = data["name"] + " (synthetic)" * data["synthetic"]
        around[DIGEST] = str(data["digest"])[:8]
    around[FINGERPRINT] = str(record["fingerprint"])
    revision = (code.get("revision") or "unknown")[:8]
    for name, metric in record["metrics"].items():
        yield {
            "source": BENCH if data else GATE,
            "origin": record["invocation"],
            "when": _time(record["started"]),
            "revision": code.get("revision"),
            "short": revision + "*" * bool(code.get("dirty")),
            "fingerprint": around[FINGERPRINT],
            "digest": around.get(DIGEST),
            "around": flat(around),
            "workload": cell["workload"]["name"],
            "framework": cell["framework"]["name"],
            "setting": setting(flat(cell)),
            "metric": name,
            "unit": metric.get("unit", ""),
            "value": metric["value"],
            "reason": metric.get("reason"),
            "count": max(metric.get("pairs", 1), 1),
        }
