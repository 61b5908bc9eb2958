"""Verdicts of the gate into MLflow: one run per cell under one per gate.

In an experiment of its own. `make sync` sends what is missing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.records import verdict, verdicts
from benchmarks.records.verdict import Verdict
from benchmarks.tracking import run as content
from benchmarks.tracking.connect import connected
from benchmarks.tracking.run import Point
from benchmarks.tracking.store import SENT, Store

EXPERIMENT = "triptych-gate"
GATE = "triptych.gate"  # of a gate's run: its id
CELL = "triptych.gate_cell"  # of a cell's run: the gate's id and a number
NUMBERS = (
    *("ratio", "low", "high", "pairs", "base", "head"),
    *("floor", "noise", "p"),
)
WORST = (  # first: what a cell is called by if anything in it is
    verdict.REGRESSED,
    verdict.CHANGED,
    verdict.INCONCLUSIVE,
    verdict.IMPROVED,
    verdict.UNCHANGED,
    verdict.NOT_MEASURED,
)
Gate = dict[str, Any]  # a Verdict, plain, with its `id`
Say = Callable[[str], None]


def keep(
    content: Verdict,
    runs: Path = Path("runs"),
    uri: str | None = None,
    say: Say = print,
) -> Path:
    """Write a verdict to its file, then send it to MLflow; returns the file.

    `uri`: MLflow's address, the SQLite store under `runs` by default; where
    it does not answer, that is printed once and nothing is lost. Raises
    UserError where the disk is full or forbidden.
    """
    path = verdicts.write(content, runs)
    try:
        sync(runs, uri, path.stem, say)
    except Exception as error:  # the verdict does not depend on a store
        say(f"MLflow: {error}\nThe gate is kept in {path}; `make sync` later.")
    return path


def sync(
    runs: Path = Path("runs"),
    uri: str | None = None,
    only: str | None = None,
    say: Say = print,
) -> int:
    """Send every gate that the store has not got, or `only` that one.

    Returns how many cells were sent. Raises TrackingDown when the store
    does not answer, UserError for an address that is none.
    """
    gates = [gate for gate in verdicts.all(runs) if only in (None, gate["id"])]
    if not gates:
        return 0
    number = 0
    with connected(runs, uri, say) as address:
        store = Store(address, runs, EXPERIMENT)
        begun = store.find(GATE, only), store.find(CELL)
        for gate in gates:
            number += _send(store, gate, *begun)
    return number


def outcome(cell: dict[str, Any]) -> str:
    """The worst outcome of a cell's metrics and numerics."""
    if cell["failure"]:
        return verdict.NOT_MEASURED
    numerics = cell["numerics"] or {}
    parts = (*cell["decisions"], numerics, numerics.get("accuracy") or {})
    outcomes = {part.get("outcome") for part in parts}
    return next((o for o in WORST if o in outcomes), verdict.NOT_MEASURED)


def points(cell: dict[str, Any]) -> list[Point]:
    """Every number of one cell: `<metric>_ratio`, `_low`, `_base`, ..."""
    values = [Point("cell_seconds", float(cell["seconds"]), 0)]
    numerics = cell["numerics"] or {}
    for decision in (*cell["decisions"], numerics.get("accuracy")):
        if decision is None or decision["outcome"] == verdict.NOT_MEASURED:
            continue
        values += [
            Point(f"{decision['metric']}_{part}", float(decision[part]), 0)
            for part in NUMBERS
            if decision.get(part) is not None
        ]
    if (largest := numerics.get("largest")) is not None:
        values.append(Point("numerics_largest", float(largest), 0))
    return values


def tags(gate: Gate, cell: dict[str, Any]) -> dict[str, str]:
    """What is no number: both revisions and fingerprints, outcomes."""
    texts = {**_sides(gate), "cell": cell["title"], "outcome": outcome(cell)}
    for side, value in cell["fingerprints"].items():
        texts[f"fingerprint.{side}"] = value
    for decision in cell["decisions"]:
        texts[f"outcome.{decision['metric']}"] = decision["outcome"]
        texts[f"reason.{decision['metric']}"] = decision["reason"]
    texts["outcome.numerics"] = (cell["numerics"] or {}).get("outcome")
    texts["failure"] = cell["failure"]
    return _texts(texts)


def _send(
    store: Store, gate: Gate, gates: dict[str, Any], cells: dict[str, Any]
) -> int:
    """Send one gate, or the rest of it; returns how many cells."""
    run = gates.get(gate["id"])
    if run is not None and SENT in run.data.tags:
        return 0
    start, end = content.times(gate["started"], gate["seconds"])
    parent = store.begin({GATE: gate["id"]}, gate["id"], start, run)
    number = 0
    for position, cell in enumerate(gate["cells"], 1):
        key = f"{gate['id']}/{position:03}"
        own = cells.get(key)
        if own is not None and SENT in own.data.tags:
            continue
        named = {CELL: key, "mlflow.parentRunId": parent}
        run_id = store.begin(named, cell["title"], start, own)
        store.log(run_id, points(cell), end)
        store.describe(run_id, content.parameters(cell), tags(gate, cell))
        store.end(run_id, "FAILED" if cell["failure"] else "FINISHED", end)
        number += 1
    words = _texts({**_sides(gate), "cells": str(len(gate["cells"]))})
    store.log(parent, [Point("gate_seconds", float(gate["seconds"]), 0)], end)
    store.describe(parent, {}, words)
    store.client.log_dict(parent, gate, "gate.json")
    store.end(parent, "FINISHED", end)
    return number


def _sides(gate: Gate) -> dict[str, Any]:
    """Of both trees: the label, the revision, whether dirty."""
    return {
        f"{side}.{key}": value
        for side in ("base", "head")
        for key, value in gate[side].items()
        if isinstance(value, (str, bool))
    }


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {
        f"triptych.{key}": content.storable(str(value))
        for key, value in values.items()
        if value not in (None, "")
    }
