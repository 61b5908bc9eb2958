"""Published sets of which only `results.csv` is left: a cell from a row.

A row says what was measured, not the whole configuration. But its key has
digits over all that decides a result: where the configuration of this
tree's `conf/` gives the same key, it is the recorded one.
"""

import csv
import re
from pathlib import Path
from typing import Any

from benchmarks.config import overrides
from benchmarks.config.compose import compose
from benchmarks.errors import UserError
from benchmarks.records import store

Record = dict[str, Any]
FILE = "results.csv"
NEEDED = (
    *("workload", "framework", "mode", "precision", "device", "seed"),
    *("data", "synthetic", "status", "batch", "epochs", "threads"),
    *("test_accuracy_fraction", "cell_seconds", "key", "record"),
    *("fingerprint", "code_revision", "code_digest", "data_digest"),
)
FORMER = {"generated": "synthetic"}  # former key: its name since
SAME = ("workload", "framework", "mode", "precision", "device", "data_digest")
PARTS = ("low", "high", "repeats")
QUALITY = re.compile(r"(\w+_(?:accuracy|loss))_(fraction|nats)")
UNITS = {
    "seconds": "seconds",
    "milliseconds": "milliseconds",
    "bytes": "bytes",
    "count": "count",
    "fraction": "fraction",
    "per_second": "per second",
}


def read(folder: Path) -> list[Record]:
    """A record of each row, without curves and, as yet, without `cell`.

    The row stands under `row`. Raises UserError for a broken file.
    """
    path = folder / FILE
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            columns = [FORMER.get(n, n) for n in reader.fieldnames or ()]
            reader.fieldnames = columns
            lacking = [n for n in NEEDED if n not in columns]
            rows = list(reader)
    except FileNotFoundError:
        raise UserError(
            f"{folder}: no manifest.json and no {FILE}. Expected a published"
            f" set: python -m reports publish NAME makes one."
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if lacking:
        raise UserError(
            f"{path}: no column {', '.join(lacking)}. Expected the table"
            f" that `make bench` writes."
        )
    found = []
    for number, row in enumerate(rows, 2):
        try:
            found.append(_entry(row))
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(f"{path}, line {number}: {error}") from error
    return found


def alike(one: Record, other: Record) -> bool:
    """Whether two rows differ in nothing but the seed."""
    row, another = one["row"], other["row"]
    names = (*SAME, "batch", "epochs", "threads")
    return all(row[n] == another[n] for n in names)


def rebuild(entry: Record) -> tuple[Record, str]:
    """The row's cell, and in words how sure that it is the recorded one."""
    row = entry["row"]
    words = [
        *(f"{name}={row[name]}" for name in ("workload", "framework")),
        *(f"{name}={row[name]}" for name in ("device", "precision", "seed")),
        f"framework.mode={row['mode']}",
        f"device.threads={row['threads']}",
    ]
    likest = None
    for suite in overrides.groups()["suite"]:
        try:
            cell, _ = compose(f"suite={suite}", *words)
        except UserError:  # a suite of other models: sizes this one has not
            continue
        cell["framework"]["python"] = None
        if key(cell, entry) == entry["key"]:
            return cell, f"conf/ with suite={suite}: its key is the recorded"
        workload = cell["workload"]
        if all(str(workload[n]) == row[n] for n in ("epochs", "batch")):
            likest = likest or cell
    if likest is None:
        told = [f"workload.{name}={row[name]}" for name in ("epochs", "batch")]
        likest, _ = compose(*words, *told)
        likest["framework"]["python"] = None
    return likest, (
        "conf/ with the recorded epochs, batch and threads; its key is"
        " another, so more of conf/ has changed since"
    )


def key(cell: Record, entry: Record) -> str:
    """The key of a row, were this its cell."""
    data, code = entry["data"]["digest"], entry["code"]["digest"]
    return store.key(cell, data, code, entry["fingerprint"])


def _entry(row: dict[str, str]) -> Record:
    names = ("workload", "framework", "mode", "precision", "device")
    return {name: row[name] for name in (*names, "key", "status")} | {
        "id": row["record"],
        "row": row,
        "seed": int(row["seed"]),
        "reason": row.get("reason") or None,
        "seconds": float(row["cell_seconds"] or 0),
        "fingerprint": row["fingerprint"] or None,
        "environment": {"cpu": row.get("cpu")},
        "code": {"revision": row["code_revision"], "digest": row["code_digest"]}
        | {"dirty": row.get("code_dirty") == "true"},
        "data": {"name": row["data"], "digest": row["data_digest"] or None}
        | {"synthetic": row["synthetic"].lower() == "true"},
        "metrics": _metrics(row),
        "curves": {},
        "phases": {
            name.removeprefix("phase_").removesuffix("_seconds"): float(value)
            for name, value in row.items()
            if name.startswith("phase_") and value
        },
    }


def _metrics(row: dict[str, str]) -> Record:
    found = {}
    for column, value in row.items():
        if f"{column}_repeats" not in row or not value:
            continue
        quality = QUALITY.fullmatch(column)
        name = quality[1] if quality else column
        ends = [unit for unit in UNITS if column.endswith(f"_{unit}")]
        metric: Record = {"value": float(value)}
        metric["unit"] = UNITS[max(ends, key=len)] if ends else ""
        for part in PARTS:
            text = row.get(f"{column}_{part}")
            metric[part] = float(text) if text else None
        found[name] = metric
    return found
