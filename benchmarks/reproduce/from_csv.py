"""Published sets of which only `results.csv` is left: a cell from a row.

A row holds what was measured, not the whole configuration. But its key has
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
from benchmarks.reproduce import former_names

Record = dict[str, Any]
FILE = "results.csv"
NEEDED = (
    *("workload", "framework", "mode", "precision", "device", "seed"),
    *("data", "synthetic", "status", "batch_size", "epochs", "threads"),
    *("test_accuracy_fraction", "cell_seconds", "key", "record"),
    *("fingerprint", "code_revision", "code_digest", "data_digest"),
)
CELL = ("workload", "framework", "mode", "precision", "device")
SAME = (*CELL, "data_digest", "batch_size", "epochs", "threads")  # of seeds
QUALITY = re.compile(r"(\w+_(?:accuracy|loss))_(fraction|nats)")
TIMING = re.compile(r"(?:phase|timing)_(.+)_seconds")  # formerly phase_
UNIT = re.compile(r".*_(seconds|milliseconds|bytes|count|fraction|per_second)")


def read(folder: Path) -> list[Record]:
    """A record of each row, without curves and, as yet, without `cell`.

    The row is kept as `row`. Raises UserError for a broken file.
    """
    path = folder / FILE
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
    except FileNotFoundError:
        raise UserError(
            f"{folder}: no manifest.json and no {FILE}. Expected a published"
            f" set: python -m benchmarks.commands.report publish NAME"
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    names = former_names.COLUMNS
    rows = [{names.get(k, k): v for k, v in row.items()} for row in rows]
    missing = [name for name in NEEDED if any(name not in row for row in rows)]
    if missing:
        raise UserError(
            f"{path}: no column {', '.join(missing)}. Expected the table"
            f" that `make bench` writes."
        )
    entries = []
    for number, row in enumerate(rows, 2):
        try:
            entries.append(_entry(row))
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(f"{path}, line {number}: {error}") from error
    return entries


def rebuild(entry: Record) -> tuple[Record, str]:
    """The row's cell, and how certain it is that it is the recorded one."""
    row = entry["row"]
    named = row["framework"], row["mode"]
    mode = former_names.MODES.get(named, row["mode"])
    words = [
        *(f"{name}={row[name]}" for name in CELL if name != "mode"),
        f"framework.mode={mode}",
        f"device.threads={row['threads']}",
        f"seed={row['seed']}",
    ]
    sizes = [
        f"workload.epochs={row['epochs']}",
        f"workload.data.batch_size={row['batch_size']}",
    ]
    nearest = None
    for suite in overrides.groups()["suite"]:
        try:
            cell, _ = compose(f"suite={suite}", *words)
        except UserError:  # a suite of other models: sizes this one has not
            continue
        names = dict, former_names.earlier_cell, former_names.former_cell
        if entry["key"] in [key(name(cell), entry) for name in names]:
            return cell, f"conf/ with suite={suite}: its key is the recorded"
        workload = cell["workload"]
        same = str(workload["epochs"]) == row["epochs"]
        if same and str(workload["data"]["batch_size"]) == row["batch_size"]:
            nearest = nearest or cell
    return nearest or compose(*words, *sizes)[0], (
        "conf/ with the recorded epochs, batch size and threads; its key"
        " differs, so more of conf/ has changed since"
    )


def key(cell: Record, entry: Record) -> str:
    """The key of a record, were this its cell."""
    data, code = entry["data"]["digest"], entry["code"].get("digest")
    return store.key(cell, data, code, entry["fingerprint"])


def _entry(row: dict[str, str]) -> Record:
    return {name: row[name] for name in (*CELL, "key", "status")} | {
        "id": row["record"],
        "row": row,
        "seed": int(row["seed"]),
        "reason": row.get("reason") or None,
        "seconds": float(row["cell_seconds"] or 0),
        "fingerprint": row["fingerprint"] or None,
        "environment": {"cpu": row.get("cpu")},
        "code": {
            "revision": row["code_revision"],
            "digest": row["code_digest"],
            "dirty": row.get("code_dirty") == "true",
        },
        "data": {
            "name": row["data"],
            "digest": row["data_digest"] or None,
            "synthetic": row["synthetic"].lower() == "true",
        },
        "metrics": _metrics(row),
        "curves": {},
        "timings": {
            matched[1]: float(value)
            for name, value in row.items()
            if value and (matched := TIMING.fullmatch(name))
        },
    }


def _metrics(row: dict[str, str]) -> Record:
    metrics = {}
    for column, value in row.items():
        if not value or f"{column}_repeats" not in row:
            continue
        quality, unit = QUALITY.fullmatch(column), UNIT.fullmatch(column)
        metric: Record = {"value": float(value)}
        metric["unit"] = unit[1].replace("_", " ") if unit else ""
        for part in ("low", "high", "repeats"):
            text = row.get(f"{column}_{part}")
            metric[part] = float(text) if text else None
        metrics[quality[1] if quality else column] = metric
    return metrics
