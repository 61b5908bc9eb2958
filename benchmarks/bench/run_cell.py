"""Run one cell: its passes, and the record of what was measured.

Runs wherever Hydra's launcher puts it; writes a record and nothing else.
"""

import time
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench.cells import Job
from benchmarks.data import splits
from benchmarks.errors import UserError
from benchmarks.passes.measure import Measurement
from benchmarks.passes.process import FrameworkMissing, WorkerFailed
from benchmarks.records import store
from benchmarks.records.metric import Metric

Record = dict[str, Any]
Progress = Callable[[str, dict[str, Any]], None]  # pass, and its progress


def run(
    job: Job,
    data: dict[str, Any],
    invocation: Mapping[str, Any],
    records: Path,
    progress: Progress = lambda name, progress: None,
    peak: Metric | None = None,
) -> Record:
    """Measure a cell and record it, also where it fails; returns the record.

    data: the data description (`benchmarks.data.pipeline`). invocation: `id`,
    `suite` and `code` of the invocation. peak: that of the machine, measured
    unless it is given. Raises UserError where nothing can be written, and
    KeyboardInterrupt; then nothing is recorded.
    """
    with store.draft(records) as files:
        entry = _new(job, data, invocation)
        started = time.perf_counter()
        name = "start"
        try:
            if job.missing:
                raise FrameworkMissing(job.missing)
            with Measurement(
                job.cell, data, files, lambda p: progress(name, p), peak
            ) as measurement:
                for name, step in measurement.steps():
                    _add(entry, name, step(), measurement)
        except FrameworkMissing as missing:
            entry |= {"status": "skipped", "reason": missing.reason}
        except WorkerFailed as failed:
            entry |= {
                "status": "failed",
                "reason": f"{name}: {failed.reason}",
                "log_tail": failed.log_tail,
            }
        except UserError:
            raise
        except Exception as error:
            # A bug of this project fails the cell and not the suite
            entry |= {
                "status": "failed",
                "reason": f"{name}: {type(error).__name__}: {error}",
                "log_tail": traceback.format_exc(),
            }
            (files / "error.log").write_text(traceback.format_exc())
        entry["seconds"] = time.perf_counter() - started
        return _write(records, entry, files)


def _add(
    entry: Record, name: str, result: dict[str, Any], measurement: Measurement
) -> None:
    """Put the result of a step into the record."""
    entry["metrics"] |= result["metrics"]
    entry["curves"] |= result.get("curves") or {}
    entry["environment"] = measurement.environment()
    entry["pictures"] += result.get("pictures") or []
    timings = entry["timings"]
    for part, seconds in result["timings"].items():
        timings[part] = timings.get(part, 0.0) + seconds
    timings |= measurement.workers.timings
    if result.get("failure"):
        entry |= {"status": "failed", "reason": f"{name}: {result['failure']}"}


def _new(
    job: Job, data: dict[str, Any], invocation: Mapping[str, Any]
) -> Record:
    """The record of a cell of which nothing is measured yet."""
    cell = job.cell
    kept = ("name", "synthetic", "digest", "source", "notice")
    divided = splits.divide(cell["workload"], data, cell["seed"])
    about_data = {name: data[name] for name in kept}
    return {
        "key": job.key,
        "invocation": invocation["id"],
        "suite": invocation["suite"],
        "status": "finished",
        "reason": None,
        "cell": cell,
        "workload": cell["workload"]["name"],
        "framework": cell["framework"]["name"],
        "mode": cell["framework"]["mode"],
        "precision": cell["precision"],
        "device": cell["device"]["name"],
        "seed": cell["seed"],
        "data": about_data | {"sizes": splits.sizes(divided)},
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "environment": job.environment,
        "fingerprint": job.fingerprint,
        "code": invocation["code"],
        "metrics": {},
        "curves": {},
        "timings": {},
        "pictures": [],
        "log_tail": None,
    }


def _write(records: Path, entry: Record, files: Path) -> Record:
    started = time.perf_counter()
    place = store.write(records, entry, files)
    written = store.read(place)
    assert written is not None, f"{place} was removed as it was written"
    seconds = time.perf_counter() - started
    # Known after the record is written: reported, not recorded
    written["timings"] |= {"recording": seconds}
    return written
