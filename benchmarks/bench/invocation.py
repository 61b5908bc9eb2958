"""One invocation of the bench: its data, cells, records and report."""

import logging
import secrets
import shlex
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench import cells, console, forecast, run_cell, table
from benchmarks.bench.cells import Job
from benchmarks.bench.machine_peak import MachinePeaks
from benchmarks.bench.plan import plan_file
from benchmarks.config import fit
from benchmarks.data.pipeline import prepare
from benchmarks.errors import UserError
from benchmarks.records import store
from benchmarks.records.revision import code
from benchmarks.tracking import sync

START = ("worker_start", "import", "build")  # timings of starting a worker


class Invocation:
    """The state of one invocation, in the process that was started.

    settings: the composed configuration of the suite. command: as typed.
    report: builds the report. began: the times, in seconds since the epoch,
    at which `make` and then this process began.
    """

    def __init__(
        self,
        settings: Any,
        command: list[str],
        report: Callable[..., Path],
        began: tuple[float, float],
    ) -> None:
        now = datetime.now(UTC)
        self.id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
        self.settings = settings
        self.build_report = report
        self.runs = Path(settings.runs)
        self.records = self.runs / "records"
        self.log = self.runs / "logs" / f"{self.id}.log"
        self.console = console.Console()
        self.peaks = MachinePeaks()
        self.jobs: list[Job] = []
        self.pending: list[Job] = []  # those that have to run
        self.data: dict[str, dict[str, Any]] = {}
        self.entries: list[store.Record] = []  # shown by this invocation
        self.done: list[tuple[str, str, float]] = []
        self.tracking_down = False  # reported once
        self.report_failed = self.finished = False
        make, process = began
        self.began = make
        self.timings = defaultdict(float)
        self.timings["set-up"] = process - make
        self.timings["start"] = time.time() - process
        suite = settings.hydra.runtime.choices.suite
        self.about: dict[str, Any] = {
            "id": self.id,
            "suite": suite,
            "started": now.isoformat(timespec="seconds"),
            "seconds": None,
            "command": shlex.join(command),
            "order_seed": settings.order_seed,
        }
        # What each record repeats of it
        self.origin: dict[str, Any] = {
            "id": self.id,
            "suite": suite,
            "code": code(),
        }

    def prepare(self, jobs: list[Job]) -> None:
        """Print what will run, prepare its data, check models against it.

        Raises UserError for data that cannot be had, or do not fit.
        """
        self.jobs = jobs
        chosen = [job.cell for job in jobs]
        for line in console.banner(chosen, self.about, self.settings):
            self.console.line(line)
        folder = Path(self.settings.data.folder).expanduser()
        source, cache = self.settings.data.source, self.runs / "data"
        with self._timed("data"):
            for name in sorted({job.data for job in jobs}):
                self.data[name] = prepare(
                    name, folder, source, cache, self._progress
                )
            every = self.settings.prepare_only
            for line in console.prepared(self.data, folder, every):
                self._say(line)
            for job in jobs:
                fit.check_fit(job.cell["workload"], self.data[job.data])
        for job in jobs:
            job.key = store.key(
                job.cell,
                self.data[job.data]["digest"],
                self.origin["code"]["digest"],
                job.fingerprint,
            )

    def preview(self, jobs: Sequence[Job]) -> None:
        """Print the cells, which are recorded, and the time expected."""
        digest, rerun = self.origin["code"]["digest"], self.settings.rerun
        for line in forecast.lines(jobs, self.records, digest, rerun):
            self.console.line(line)

    def select(self) -> None:
        """Choose the cells that have to run; the recorded ones are kept."""
        recorded = {
            job.key: store.find(self.records, job.key)
            for job in self.jobs
            if not self.settings.rerun
        }
        self.entries += [entry for entry in recorded.values() if entry]
        if self.entries:
            self._say(
                f"{len(self.entries)} of {len(self.jobs)} cells are recorded"
                f" already and kept as they are (RERUN=1 repeats them)."
            )
        for job in self.jobs:
            if recorded.get(job.key):
                continue
            if not job.missing:
                self.pending.append(job)
            else:
                title = cells.title(job.cell)
                self._say(f"skipped: {title}: {job.missing}.")
                data = self.data[job.data]
                entry = run_cell.run(job, data, self.origin, self.records)
                self.entries.append(entry)
        self._describe()

    def run(self, number: int) -> str:
        """Measure a pending cell, record it, send it to MLflow."""
        jobs = self.pending[number:]
        job = jobs[0]
        at = f"cell {number + 1} of {len(self.pending)}"
        self.console.line(f"{at}  {cells.title(job.cell)}")
        began = time.monotonic()
        ahead = [cells.kind(job.cell) for job in jobs]

        def progress(name: str, news: dict[str, Any]) -> None:
            left = console.remaining(self.done, ahead, time.monotonic() - began)
            words = [console.stage(name, news)]
            if left is not None:
                words.append(f"about {console.duration(left)} to go")
            self.console.status("   ".join(words))

        data, cells_ahead = self.data[job.data], [j.cell for j in jobs]
        peak = self.peaks.known(cells_ahead)
        entry = run_cell.run(
            job, data, self.origin, self.records, progress, peak
        )
        self.peaks.add(cells_ahead, entry["metrics"])
        self._keep(entry)
        self._redraw(number)
        return str(entry["id"])

    def collect(self) -> None:
        """Take in the records of jobs in other processes."""
        have = {entry["id"] for entry in self.entries}
        for entry in store.all(self.records):
            if entry["invocation"] == self.id and entry["id"] not in have:
                self.console.line(cells.title(entry["cell"]))
                self._keep(entry)

    def stopped(self) -> None:
        """Print what remains of an invocation that was interrupted."""
        self._say(
            f"Stopped: {len(self.done)} of {len(self.pending)} cells measured"
            f" and kept. The same command goes on from here. (Ctrl-C again:"
            f" leave without a report.)"
        )

    def finish(self, finished: bool) -> None:
        """Close the invocation: its seconds, MLflow, the report.

        finished: whether it was not stopped.
        """
        self.finished = finished
        plan_file(self.runs, self.id).unlink(missing_ok=True)
        self._describe()
        page = None
        if self.entries:
            with self._timed("tracking"):
                self._sync(None)
            with self._timed("report"):
                page = self._report()
        self.report_failed = bool(self.entries) and page is None
        total = time.time() - self.began
        self.timings["other"] = max(0.0, total - sum(self.timings.values()))
        self.about["seconds"] = total
        self._describe()
        for line in table.closing(self.entries, self.console.color):
            self.console.line(line)
        self.console.line(console.spent(self.timings, total))
        if page:
            self.console.line(f"Report: {page}")

    def exit_code(self) -> int:
        """130: stopped; 1: a cell or the report failed; 0: neither."""
        if not self.finished:
            return 130
        states = {entry["status"] for entry in self.entries}
        failed = "failed" in states or states == {"skipped"}
        return int(failed or self.report_failed)

    def _keep(self, entry: store.Record) -> None:
        """Take in a record: print it, count its seconds, send it."""
        self.entries.append(entry)
        self.done.append((*cells.kind(entry["cell"]), entry["seconds"]))
        for name, seconds in entry["timings"].items():
            self.timings["workers" if name in START else name] += seconds
        self.console.line(f"  {console.outcome(entry)}")
        if entry["status"] == "failed":
            self.console.line(f"  logs: {self.records / entry['id']}")
        self._describe()
        with self._timed("tracking"):
            self._sync(self.id)

    def _describe(self) -> None:
        """Write what this invocation shows by now; survives kill -9."""
        if not self.entries:
            return  # nothing is measured, nothing to show
        content = {
            "records": [entry["id"] for entry in self.entries],
            "cells": [job.key for job in self.jobs],
            "finished": self.finished,
            "timings": self.timings,
            "machine_peaks": self.peaks.summary(),
        }
        store.write_invocation(self.records, self.about | content)

    def _sync(self, only: str | None) -> None:
        """Send records to MLflow; where it is down they wait."""
        if self.tracking_down:
            return
        uri = self.settings.tracking.uri
        try:
            sync.sync(self.records, uri, only, self._say)
        except Exception as error:
            self.tracking_down = True
            self._trouble("MLflow", "make sync", error)

    def _redraw(self, number: int) -> None:
        """Draw the report after a workload's last cell; no cell runs then."""
        here, *ahead = (
            cells.kind(job.cell)[0] for job in self.pending[number:]
        )
        if ahead and ahead[0] != here and not self.report_failed:
            with self._timed("report"):
                self.report_failed = self._report() is None

    def _report(self) -> Path | None:
        uri = self.settings.tracking.uri
        try:
            if self.tracking_down and uri:
                # The report reads a store: this machine's, then
                uri = None
                sync.sync(self.records, None, self.id, self._say)
            folder = Path(self.settings.report)
            return self.build_report(self.id, uri, folder, self.runs)
        except Exception as error:
            self._trouble("Report", "make report", error)
            return None

    def _trouble(self, what: str, again: str, error: Exception) -> None:
        """Print what failed after the measuring: no record is lost."""
        if isinstance(error, UserError):
            self._say(f"{what}: {error}")
            return
        logging.getLogger("triptych.bench").error(what, exc_info=error)
        self._say(
            f"{what}: {type(error).__name__}: {error}. The records are kept:"
            f" `{again}` tries again. Details: {self.log}"
        )

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.timings[name] += time.monotonic() - started

    def _progress(self, text: str) -> None:
        logging.getLogger("triptych.bench").info(text)
        self.console.status(text)

    def _say(self, text: str) -> None:
        logging.getLogger("triptych.bench").info(text)
        self.console.line(text)
