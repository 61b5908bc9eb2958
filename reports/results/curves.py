"""What of a run is more than one number: its curves and its pictures."""

import io
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.tracking.run import curve_points

# What figures draw. Of a phase no single steps: they are in the record
CURVES = re.compile(
    r"(epoch|step)/.*"
    r"|\w+\.epoch/(train_loss|train_accuracy|test_accuracy)"
    r"|\w+\.gradient/.*"
    r"|(\w+\.)?(groups|control|bleu_by_length|distance|key_width)/.*"
)
Record = dict[str, Any]
Read = Callable[[str, str], bytes]  # record id, file name -> its bytes
COLUMNS = ["record", "curve", "step", "value"]


@dataclass(frozen=True)
class Pictures:
    """Arrays kept as pictures by name (`maps.kernel`), texts, and what is lost.

    texts: what a model wrote, by phase or workload. lost: why something that
    the record lists could not be read.
    """

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    texts: dict[str, Any] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)


def curves(records: list[Record]) -> pd.DataFrame:
    """One row per point: record, curve, step, value."""
    rows = [
        (record["id"], point.name, point.step, point.value)
        for record in records
        for point in curve_points(record)
        if CURVES.fullmatch(point.name)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(COLUMNS[:3])


def pictures(records: list[Record], read: Read) -> dict[str, Pictures]:
    """By record; of each workload and framework the lowest seed's."""
    first: dict[tuple[str, str], Record] = {}
    for record in sorted(records, key=lambda record: record["seed"]):
        if record.get("pictures"):
            cell = record["workload"], record["framework"]
            first.setdefault(cell, record)
    return {record["id"]: _pictures(record, read) for record in first.values()}


def _pictures(record: Record, read: Read) -> Pictures:
    pictures = Pictures()
    for path in record["pictures"]:
        text = path.endswith(".json")  # else it shares a picture's name
        name = path if text else Path(path).stem
        try:
            content = read(record["id"], path)
            if text:
                pictures.texts[Path(path).stem] = json.loads(content)
            else:
                pictures.arrays[name] = _array(content)
        except Exception as error:  # of the storage behind MLflow, whichever
            reason = " ".join(str(error).split())[:200]
            pictures.lost[name] = reason
            logging.getLogger(__name__).warning(
                "%s of %s cannot be read: %s", path, record["id"], reason
            )
    return pictures


def _array(content: bytes) -> np.ndarray:
    """Raises what NumPy raises for what is no array."""
    array: np.ndarray = np.load(io.BytesIO(content), allow_pickle=False)
    if not np.isfinite(array).all():
        raise ValueError("not all of its numbers are finite")
    return array
