"""What a bench would do: its cells, which are recorded, how long it takes."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bench import cells
from benchmarks.bench.cells import Job
from benchmarks.bench.console import duration
from benchmarks.records import store

RECORDED = "recorded: kept as it is"
UNKNOWN = "time not known: none like it is recorded"


def lines(
    jobs: Sequence[Job], records: Path, code_digest: str, rerun: bool
) -> list[str]:
    """One line per cell in the order they would run in, and a sum.

    A time is the median of the recorded cells that differ in their seed
    alone. Data are not prepared: a cell counts as recorded if its data are
    those of its record.
    """
    entries = [e for e in store.all(records) if e["status"] == "finished"]
    text, expected, unknown, kept = [], 0.0, 0, 0
    for job in jobs:
        alike = [e for e in entries if _seedless(e["cell"]) == _seedless(job)]
        if job.missing:
            state = f"skipped: {job.missing}"
        elif not rerun and any(_is(job, e, code_digest) for e in alike):
            state, kept = RECORDED, kept + 1
        elif alike:
            seconds = median(e["seconds"] for e in alike)
            state, expected = f"about {duration(seconds)}", expected + seconds
        else:
            state, unknown = UNKNOWN, unknown + 1
        text.append(f"{cells.title(job.cell)}: {state}")
    return [*text, _total(len(jobs), kept, expected, unknown)]


def _is(job: Job, entry: store.Record, code_digest: str) -> bool:
    """Whether a record is that of a cell, measured by this code."""
    digest = entry["data"]["digest"]
    key = store.key(job.cell, digest, code_digest, job.fingerprint)
    return key == entry["key"]


def _seedless(cell: Any) -> dict[str, Any]:
    content = cell.cell if isinstance(cell, Job) else cell
    framework = content["framework"] | {"python": None}
    return dict(store.plain(content | {"framework": framework, "seed": None}))


def _total(count: int, kept: int, expected: float, unknown: int) -> str:
    words = [f"{count} cell{'s' * (count != 1)}, {kept} recorded"]
    if expected or not unknown:
        words.append(f"about {duration(expected)}")
    if unknown:
        words.append(f"{unknown} of which the time is not known")
    return ", ".join(words) + ". Nothing was measured."
