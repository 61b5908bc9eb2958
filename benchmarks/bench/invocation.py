"""One call of the bench: its data, its cells, its records, its report."""

import json
import logging
import secrets
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench import cells, console, run_cell
from benchmarks.bench.cells import Job
from benchmarks.config import fit
from benchmarks.data import prepare
from benchmarks.errors import UserError
from benchmarks.records import store as record
from benchmarks.tracking import sync

WORKERS = ("worker_start", "import", "build")  # timings of starting a worker


class Bench:
    """The state of one call, in the process that was called."""

    def __init__(self, settings: Any, suite: str, command: list[str]) -> None:
        self.settings = settings
        self.runs = Path(settings.runs)
        self.records = self.runs / "records"
        self.display = console.Display()
        self.jobs: list[Job] = []
        self.todo: list[Job] = []  # those of them that are not recorded yet
        self.data: dict[str, dict[str, Any]] = {}
        self.entries: list[record.Record] = []  # shown by this call
        self.done: list[tuple[str, str, float]] = []
        self.timings: dict[str, float] = {}
        self.down = False  # MLflow does not answer: said once
        self.broken = False  # the report could not be made
        self._earlier = 0.0  # seconds before this object was made
        self._started = time.monotonic()
        now = datetime.now(UTC)
        self.invocation: dict[str, Any] = {
            "id": f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}",
            "suite": suite,
            "started": now.isoformat(timespec="seconds"),
            "seconds": None,
            "command": shlex.join(command),
            "order_seed": settings.order_seed,
        }
        self.log = self.runs / "logs" / f"{self.invocation['id']}.log"
        self.plan = self.runs / "plans" / f"{self.invocation['id']}.json"
        self.about = {**self.invocation, "code": record.code()}

    def begin_at(self, make: float, process: float) -> None:
        """Count from when `make` began, and then this process."""
        self._spend("set-up", process - make)
        self._spend("start", time.time() - process)
        self._earlier = time.time() - make

    def prepare(self, planned: list[Job]) -> None:
        """Say what will run, prepare its data, hold the models against it.

        Raises UserError for data that is not to be had, or does not fit.
        """
        self.jobs = planned
        told = [job.cell for job in planned]
        for line in console.banner(told, self.invocation, self.settings):
            self.display.line(line)
        folder = Path(self.settings.data.folder).expanduser()
        with self._timed("data"):
            for name in sorted({job.data for job in planned}):
                self.data[name] = prepare(
                    name,
                    folder,
                    self.settings.data.source,
                    self.runs / "data",
                    self._say,
                )
            for job in planned:
                fit.check_fit(job.cell["workload"], self.data[job.data])
        for job in planned:
            job.key = self._key(job)

    def pending(self) -> list[Job]:
        """The cells that have to run; the others are told and kept."""
        again = self.settings.rerun
        found = [
            (job, None if again else record.find(self.records, job.key))
            for job in self.jobs
        ]
        self.entries += [entry for _, entry in found if entry]
        if self.entries:
            self._say(
                f"{len(self.entries)} of {len(found)} cells are recorded"
                f" already and kept as they are (RERUN=1 repeats them)."
            )
        unknown = [job for job, entry in found if not entry]
        for job in unknown:
            if job.missing:
                data = self.data[job.data]
                self.entries.append(
                    run_cell.skip(job, data, self.about, self.records)
                )
                self._say(f"skipped: {job.title}: {job.missing}.")
        self._describe()
        self.todo = [job for job in unknown if not job.missing]
        return self.todo

    def write_plan(self, todo: list[Job]) -> None:
        """What a job must know that is launched in another process."""
        content = {
            "about": self.about,
            "data": self.data,
            "jobs": [asdict(job) for job in todo],
        }
        with record.disk(self.plan.parent):
            self.plan.parent.mkdir(parents=True, exist_ok=True)
            self.plan.write_text(json.dumps(content))

    def run(self, number: int) -> record.Record:
        """Measure a cell of the plan, record it, send it to MLflow."""
        job = self.todo[number]
        heading = f"cell {number + 1} of {len(self.todo)}  {job.title}"
        self.display.line(heading)
        began = time.monotonic()

        def progress(name: str, told: dict[str, Any]) -> None:
            left = self._left(number, time.monotonic() - began)
            self.display.status("   ".join([console.stage(name, told), *left]))

        data = self.data[job.data]
        entry = run_cell.attempt(job, data, self.about, self.records, progress)
        self._keep(entry)
        return entry

    def collect(self) -> None:
        """Take in what jobs in other processes have recorded."""
        have = {entry["id"] for entry in self.entries}
        for entry in record.all(self.records):
            ours = entry["invocation"] == self.invocation["id"]
            if ours and entry["id"] not in have:
                self.display.line(cells.title(entry["cell"]))
                self._keep(entry)

    def stopped(self) -> None:
        """Say what remains of a call that was interrupted."""
        self._say(
            f"Stopped: {len(self.done)} of {len(self.todo)} cells measured"
            f" and kept. The same command goes on from here. (Ctrl-C again:"
            f" leave without a report.)"
        )

    def finish(self, finished: bool) -> None:
        """Close the call: its seconds, MLflow, the report."""
        self.plan.unlink(missing_ok=True)
        self._describe(finished)
        page = None
        if self.entries:
            with self._timed("tracking"):
                self._sync(None)
            with self._timed("report"):
                page = self._report()
        total = self._earlier + time.monotonic() - self._started
        self._spend("other", max(0.0, total - sum(self.timings.values())))
        self.invocation["seconds"] = total
        self._describe(finished)
        for entry in self.entries:
            if entry["status"] != "finished":
                name = cells.title(entry["cell"])
                self.display.line(f"{name}: {console.outcome(entry)}")
        self.display.line(f"Time: {console.spent(self.timings, total)}")
        if page:
            self.display.line(f"Report: {page}")

    def code(self, finished: bool) -> int:
        """The exit code: 130 stopped, 1 a cell failed, 0 all is well."""
        states = [entry["status"] for entry in self.entries]
        bad = "failed" in states or set(states) == {"skipped"} or self.broken
        return int(bad) if finished else 130

    def _keep(self, entry: record.Record) -> None:
        self.entries.append(entry)
        cell = entry["workload"], entry["framework"]
        self.done.append((*cell, entry["seconds"]))
        for phase, seconds in entry["timings"].items():
            self._spend("workers" if phase in WORKERS else phase, seconds)
        self.display.line(f"  {console.outcome(entry)}")
        if entry["status"] == "failed":
            self.display.line(f"  logs: {self.records / entry['id']}")
        self._describe()
        with self._timed("tracking"):
            self._sync(self.invocation["id"])

    def _key(self, job: Job) -> str:
        # Where an interpreter lies decides nothing: the fingerprint has
        # its versions
        framework = job.cell["framework"] | {"python": None}
        return record.key(
            job.cell | {"framework": framework},
            self.data[job.data]["digest"],
            self.about["code"]["digest"],
            job.fingerprint,
        )

    def _left(self, number: int, elapsed: float) -> list[str]:
        ahead = [
            (job.cell["workload"]["name"], job.cell["framework"]["name"])
            for job in self.todo[number:]
        ]
        seconds = console.remaining(self.done, ahead, elapsed)
        if seconds is None:
            return []
        return [f"about {console.duration(seconds)} to go"]

    def _describe(self, finished: bool = False) -> None:
        """Write down what this call shows by now; survives kill -9."""
        if not self.entries:
            return  # a call that measured nothing has nothing to show
        record.write_invocation(
            self.records,
            self.invocation
            | {
                "records": [entry["id"] for entry in self.entries],
                "cells": [job.key for job in self.jobs],
                "finished": finished,
                "timings": self.timings,
            },
        )

    def _sync(self, only: str | None) -> None:
        """Send records to MLflow; where it is down they wait."""
        if self.down:
            return
        uri = self.settings.tracking.uri
        try:
            sync.sync(self.records, uri, only, self._say)
        except Exception as error:
            self.down = True
            self._trouble("MLflow", "make sync", error)

    def _report(self) -> Path | None:
        import reports

        store, ours = self.settings.tracking.uri, self.invocation["id"]
        try:
            if self.down and store:
                # The report is drawn from a store: this machine's, then
                store = None
                sync.sync(self.records, None, ours, self._say)
            return reports.build(
                ours, store, Path(self.settings.report), self.runs
            )
        except Exception as error:
            self.broken = True
            self._trouble("Report", "make report", error)
            return None

    def _trouble(self, what: str, again: str, error: Exception) -> None:
        """Say that something failed after the measuring: nothing is lost."""
        if isinstance(error, UserError):
            self._say(f"{what}: {error}")
            return
        logging.getLogger("triptych.bench").error(what, exc_info=error)
        self._say(
            f"{what}: {type(error).__name__}: {error}. The records are kept:"
            f" `{again}` tries again. Details: {self.log}"
        )

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self._spend(phase, time.monotonic() - started)

    def _spend(self, phase: str, seconds: float) -> None:
        self.timings[phase] = self.timings.get(phase, 0.0) + seconds

    def _say(self, text: str) -> None:
        logging.getLogger("triptych.bench").info(text)
        self.display.line(text)
