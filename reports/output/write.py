"""All files of a report, each written under another name and renamed."""

import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.records.store import disk
from reports.html import page, parity
from reports.markdown import report as markdown
from reports.results import frame, grouping


def write(
    invocation: str | None, store: str | None, out: Path, runs: Path
) -> Path:
    """See `reports.build`."""
    bench = frame.load(invocation, store, runs)
    workloads = grouping.workloads(bench)
    entries = parity.read(out)
    html = page.render(bench, workloads, entries)
    words = markdown.report(bench, workloads, entries)
    with disk(out):
        out.mkdir(parents=True, exist_ok=True)
        cells = bench.cells
        replace(out / "results.csv", lambda p: cells.to_csv(p, index=False))
        replace(
            out / "results.parquet", lambda p: cells.to_parquet(p, index=False)
        )
        replace(out / "report.md", lambda p: p.write_text(words, "utf-8"))
        replace(out / "index.html", lambda p: p.write_text(html, "utf-8"))
    return out / "index.html"


def replace(path: Path, fill: Callable[[Path], object]) -> None:
    """A reader sees the old file or the new one, never half of one."""
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        fill(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
