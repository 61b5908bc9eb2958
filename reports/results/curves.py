"""What of a run is more than one number: its curves and its pictures."""

import json
import logging
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.tracking.store import RECORD, Store

# What figures draw. Of a phase no single steps: they are in the record
CURVES = re.compile(
    r"(epoch|step)/.*"
    r"|\w+\.epoch/(train_loss|train_accuracy|test_accuracy)"
    r"|\w+\.gradient/.*"
    r"|(\w+\.)?(groups|bleu_by_length|distance)/.*"
)
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


def curves(opened: Store, runs: list[Any]) -> pd.DataFrame:
    """One row per point: record, curve, step, value."""
    rows = []
    for run in runs:
        for name in filter(CURVES.fullmatch, run.data.metrics):
            points = opened.client.get_metric_history(run.info.run_id, name)
            record = run.data.tags[RECORD]
            rows += [(record, name, p.step, p.value) for p in points]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(COLUMNS[:3])


def pictures(opened: Store, runs: list[Any]) -> dict[str, Pictures]:
    """By record; of each workload and framework the lowest seed's.

    Where the store is local they are read where they lie, else fetched.
    """
    first: dict[tuple[str | None, ...], Any] = {}
    for run in runs:
        params = run.data.params
        place = params.get("workload.name"), params.get("framework.name")
        if "triptych.pictures" in run.data.tags:
            held = first.setdefault(place, run)
            if int(params["seed"]) < int(held.data.params["seed"]):
                first[place] = run
    return {
        run.data.tags[RECORD]: _pictures(opened, run) for run in first.values()
    }


def _pictures(opened: Store, run: Any) -> Pictures:
    found = Pictures()
    with tempfile.TemporaryDirectory() as scratch:
        for path in json.loads(run.data.tags["triptych.pictures"]):
            text = path.endswith(".json")  # else it shares a picture's name
            name = path if text else Path(path).stem
            try:
                file = _file(opened, run, path, scratch)
                if text:
                    found.texts[Path(path).stem] = json.loads(
                        Path(file).read_text("utf-8")
                    )
                else:
                    found.arrays[name] = _array(file)
            except (
                Exception
            ) as error:  # of any backend: it is told, not died of
                found.lost[name] = " ".join(str(error).split())[:200]
                logging.getLogger(__name__).warning(
                    "%s of %s cannot be read: %s",
                    path,
                    run.data.tags[RECORD],
                    found.lost[name],
                )
    return found


def _file(opened: Store, run: Any, path: str, scratch: str) -> str:
    """Where it lies here. Raises what the store raises."""
    place = None if opened.local else scratch
    return str(opened.client.download_artifacts(run.info.run_id, path, place))


def _array(file: str) -> np.ndarray:
    """Raises what NumPy raises for what is no array."""
    array: np.ndarray = np.load(file, allow_pickle=False)
    if not np.isfinite(array).all():
        raise ValueError("not all of its numbers are finite")
    return array
