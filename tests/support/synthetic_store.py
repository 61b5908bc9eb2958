"""One MLflow store for all tests of reports: filled once per process."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from benchmarks.records import store
from benchmarks.tracking import sync
from reports.results import frame
from tests.support import synthetic, synthetic_phases

SWEEP = "20261125T090000-aaaa"  # two batch sizes, two environments
REUSED = "20261126T090000-bbbb"  # one new cell beside one of the first bench
CHAPTER = "20261128T090000-dddd"  # workloads with phases
KILLED = "20261127T090000-cccc"  # never said what it shows


@cache
def filled() -> Path:
    """A folder `runs` with four benches; goes with the process."""
    place = Path(tempfile.mkdtemp(prefix="triptych-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    runs = place / "runs"
    records = runs / "records"
    ids = synthetic.fill(records, synthetic.bench())
    synthetic.fill(records, _sweep(), SWEEP)
    synthetic.fill(
        records,
        [_of("rnn", "torch", 5, REUSED)],
        REUSED,
        tuple(name for name in ids if name.startswith("rnn")),
    )
    store.write(records, _of("cnn", "torch", 1, KILLED))
    sync.sync(records)
    return runs


@cache
def chapter() -> Path:
    """A folder `runs` of its own with every workload that has phases."""
    place = Path(tempfile.mkdtemp(prefix="triptych-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    records = place / "runs" / "records"
    entries = [
        synthetic_phases.entry(workload, framework, seed)
        for workload in synthetic_phases.ABOUT
        for framework in ("torch", "jax")
        for seed in (1, 2, 3)
    ]
    synthetic_phases.fill(records, entries, CHAPTER)
    sync.sync(records)
    return place / "runs"


@cache
def bench(invocation: str = synthetic.INVOCATION) -> frame.Bench:
    """What a report reads of one bench."""
    return frame.load(invocation, runs=filled())


def _sweep() -> list:
    entries = []
    for batch in (100, 200):
        entry = _of("cnn", "torch", 1, SWEEP)
        entry["cell"]["workload"]["data"]["batch_size"] = batch
        entries.append({**entry, "key": f"{entry['key']}b{batch}"})
    for number, mark in enumerate(("1111aaaa", "2222bbbb")):
        entry = _of("cnn", "jax", 1 + number, SWEEP)
        entries.append({**entry, "fingerprint": mark})
    lost = synthetic.skipped("cnn", "jax", 3)
    data = {"name": "some_set", "synthetic": False, "digest": None}
    entries.append(lost | {"invocation": SWEEP, "data": data})
    return entries


def _of(workload: str, framework: str, seed: int, invocation: str) -> dict:
    entry = synthetic.entry(workload, framework, seed, invocation)
    return {**entry, "key": f"{entry['key']}{invocation[-4:]}"}
