"""Records and kept gates to what a trend needs: one metric, one cell, once."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench.cells import title
from benchmarks.environment.describe import PASSING
from benchmarks.errors import UserError
from benchmarks.records import store, verdicts

# Of a cell's configuration: what does not change what is measured
APART = ("seed", "passes", "patience_seconds")
BENCH, GATE = "bench", "gate"
RATE, STEP = "training_examples_per_second", "training_step_milliseconds"
DATA, DIGEST = "data", "data digest"


@dataclass(frozen=True)
class Measured:
    """One metric of one cell, once."""

    setting: str  # the cell without its seed, as JSON
    metric: str
    source: str
    around: dict[str, str]  # environment and data, flat
    fingerprint: str
    origin: str
    when: datetime
    value: float | None
    unit: str
    reason: str | None
    code: tuple[str | None, bool]
    values: int = 1


@dataclass
class Kept:
    """All that was kept; `lost` counts failed and skipped cells."""

    measured: list[Measured]
    benches: int
    gates: int
    lost: Counter[str]
    broken: list[str]  # files that could not be read, and why


def read(runs: Path, since: datetime | None = None) -> Kept:
    """Everything under a folder `runs` that is not older than `since`.

    Broken files are skipped and named in `broken`. Raises UserError where
    nothing is kept, or nothing that young.
    """
    with _heard() as broken:
        entries, gates = store.all(runs / "records"), verdicts.all(runs)
    if not entries and not gates:
        kept = f" ({'; '.join(broken)})" if broken else ""
        raise UserError(
            f"{runs} holds no record and no gate{kept}: there is no trend"
            f" yet. `make bench` measures and records."
        )
    entries = [one for one in entries if _young(one["started"], since)]
    gates = [one for one in gates if _young(one["started"], since)]
    if not entries and not gates:
        raise UserError(
            f"nothing under {runs} was measured since {since:%Y-%m-%d}:"
            f" give an earlier date, or none"
        )
    lost = Counter(one["status"] for one in entries)
    cells = [cell for gate in gates for cell in gate["cells"]]
    lost["failed"] += sum(bool(cell["failure"]) for cell in cells)
    del lost["finished"]
    done = [one for one in entries if one["status"] == "finished"]
    measured = [*_whole(done, _of_record, broken)]
    measured += _whole(gates, _of_gate, broken)
    calls = {one["invocation"] for one in entries}
    return Kept(measured, len(calls), len(gates), +lost, broken)


def parse_date(text: str) -> datetime:
    """`2026-11-24` or a moment, UTC unless it says otherwise."""
    try:
        return _moment(text)
    except ValueError:
        raise UserError(
            f"--since {text}: expected a date such as 2026-11-24"
        ) from None


def _whole(
    kept: list[dict[str, Any]],
    take: Callable[[dict[str, Any]], Iterator[Measured]],
    broken: list[str],
) -> Iterator[Measured]:
    """What each file says; one that lacks what a series needs is named."""
    for one in kept:
        try:
            yield from list(take(one))
        except (KeyError, TypeError, AttributeError) as error:
            broken.append(f"{one['id']} lacks or misstates {error}")


def _young(started: str, since: datetime | None) -> bool:
    return since is None or _moment(started) >= since


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _of_record(entry: store.Record) -> Iterator[Measured]:
    code, data = entry["code"], entry["data"]
    around = flat(entry["environment"])
    around[DATA] = str(data["name"]) + " (synthetic)" * data["synthetic"]
    around[DIGEST] = str(data["digest"])[:8]
    for name, metric in entry["metrics"].items():
        yield Measured(
            setting(entry["cell"]),
            name,
            BENCH,
            around,
            str(entry["fingerprint"]),
            entry["invocation"],
            _moment(entry["started"]),
            metric["value"],
            metric.get("unit", ""),
            metric.get("reason"),
            (code.get("revision"), bool(code.get("dirty"))),
        )


def _of_gate(gate: verdicts.Gate) -> Iterator[Measured]:
    """The head of every cell; its base is another tree's, measured late."""
    head = gate["head"]
    for cell in gate["cells"]:
        around = flat(cell["environments"].get("head", {}))
        mark = cell["fingerprints"].get("head")
        for one in cell["decisions"]:
            name, unit, value = one["metric"], one["unit"], one["head"]
            if name == STEP:  # as the bench says it
                batch = cell["cell"].get("workload", {}).get("batch")
                name, unit = RATE, "examples/s"
                value = 1000 * batch / value if batch and value else None
            yield Measured(
                setting(cell["cell"]),
                name,
                GATE,
                around,
                str(mark),
                gate["id"],
                _moment(gate["started"]),
                value,
                unit,
                one["reason"],
                (head.get("revision"), bool(head.get("dirty"))),
                max(one["pairs"], 1),
            )


def setting(cell: dict[str, Any]) -> str:
    """A cell without its seed and what does not change a result."""
    own = {name: value for name, value in cell.items() if name not in APART}
    own["framework"] = {**own["framework"], "python": None}
    title({**own, "seed": 0})  # a cell that has no name has no series
    return json.dumps(own, sort_keys=True)


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested dicts as dotted names; what passes (the load) left out."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if name in PASSING:
            continue
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = str(value)
    return found


class _Ear(logging.Handler):
    """Keeps what is warned of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage().removeprefix("ignored: "))


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What the readers of files warn of, to be said by who asked."""
    ear, logger = _Ear(), logging.getLogger("triptych.records")
    logger.addHandler(ear)
    try:
        yield ear.said
    finally:
        logger.removeHandler(ear)
