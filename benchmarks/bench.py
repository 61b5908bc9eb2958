"""One call of the bench: its lock, its data, its cells, its report."""

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

from benchmarks import attempt, display, jobs, recipe, record, tracking
from benchmarks.data import prepare
from benchmarks.errors import UserError
from benchmarks.jobs import Job

TIMED = {  # phases of a record -> where the seconds of a bench went
    "worker_start": "workers",
    "import": "workers",
    "build": "workers",
    "recording": "recording",
}


class Bench:
    """The state of one call; `job` runs a cell wherever it is launched."""

    def __init__(self, settings: Any, suite: str, command: list[str]) -> None:
        self.records = Path(settings.runs) / "records"
        self.settings = settings
        self.display = display.Display()
        self.jobs: list[Job] = []
        self.data: dict[str, dict[str, Any]] = {}
        self.entries: list[record.Record] = []  # shown by this call
        self.done: list[tuple[str, str, float]] = []
        self.phases: dict[str, float] = {}
        self.down = False  # MLflow does not answer: said once
        self.broken = False  # the report could not be made
        self._earlier = 0.0  # seconds before this object was made
        self._started = time.monotonic()
        self._todo: list[Job] = []
        now = datetime.now(UTC)
        self.invocation: dict[str, Any] = {
            "id": f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}",
            "suite": suite,
            "started": now.isoformat(timespec="seconds"),
            "seconds": None,
            "command": shlex.join(command),
            "order_seed": settings.order_seed,
        }
        self.code = record.code()

    def begin_at(self, make: float, process: float) -> None:
        """Count from when `make` began, and then this process."""
        self.spend("set-up", process - make)
        self.spend("start", time.time() - process)
        self._earlier = time.time() - make

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Count the seconds inside towards a phase of the bench."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.spend(phase, time.monotonic() - started)

    def spend(self, phase: str, seconds: float) -> None:
        """Count seconds towards a phase."""
        self.phases[phase] = self.phases.get(phase, 0.0) + seconds

    def prepare(self, planned: list[Job]) -> None:
        """Say what will run, prepare its data, find what is recorded.

        Raises UserError for data that is not to be had, or does not fit.
        """
        self.jobs = planned
        self._banner()
        with self.timed("data"):
            for name in sorted({job.data for job in planned}):
                self.data[name] = prepare(
                    name,
                    Path(self.settings.data.folder).expanduser(),
                    self.settings.data.source,
                    Path(self.settings.runs) / "data",
                    self._say,
                )
            for workload in _different(
                [job.cell["workload"] for job in planned]
            ):
                recipe.check_fit(workload, self.data[workload["data"]])
        for job in self.jobs:
            digest = self.data[job.data]["digest"]
            job.key = record.key(
                job.cell, digest, self.code["digest"], job.fingerprint
            )

    def pending(self) -> list[Job]:
        """The cells that have to run; the others are told and kept."""
        found = [
            (job, None if self.settings.rerun else self._recorded(job))
            for job in self.jobs
        ]
        kept = [entry for _, entry in found if entry]
        self.entries += kept
        if kept:
            self._say(
                f"{len(kept)} of {len(found)} cells are recorded already"
                f" and kept as they are (RERUN=1 measures them again)."
            )
        for job, entry in found:
            if not entry and job.missing:
                self._skip(job)
        self._describe()
        return [job for job, entry in found if not entry and not job.missing]

    def write_plan(self, todo: list[Job]) -> None:
        """What a job must know that is launched in another process."""
        self._todo = todo
        plan = {
            "about": self.about(),
            "data": self.data,
            "jobs": [asdict(job) for job in todo],
        }
        name = f"{self.invocation['id']}.json"
        path = Path(self.settings.runs) / "plans" / name
        with record.disk(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(plan))

    def run(self, number: int) -> record.Record:
        """Measure a cell of the plan, record it, send it to MLflow."""
        job = self._todo[number]
        heading = f"cell {number + 1} of {len(self._todo)}  {job.title}"
        entry = self._measured(job, heading)
        self.keep(entry)
        return entry

    def collect(self) -> None:
        """Take in what jobs in other processes have recorded."""
        have = {entry["id"] for entry in self.entries}
        for entry in record.all(self.records):
            ours = entry["invocation"] == self.invocation["id"]
            if ours and entry["id"] not in have:
                self.display.line(jobs.title(entry["cell"]))
                self.keep(entry)

    def stopped(self, planned: int) -> None:
        """Say what remains of a call that was interrupted."""
        self._say(
            f"Stopped: {len(self.done)} of {planned} cells are measured and"
            f" kept. The same command goes on from here. (Ctrl-C again"
            f" leaves without the report.)"
        )

    def keep(self, entry: record.Record) -> None:
        """Take a record that has been written into what this call shows."""
        self.entries.append(entry)
        cell = entry["workload"], entry["framework"]
        self.done.append((*cell, entry["seconds"]))
        for phase, seconds in entry["phases"].items():
            self.spend(TIMED.get(phase, phase), seconds)
        told = display.outcome(entry)
        self.display.line(f"  {told}")
        if entry["status"] == "failed":
            place = self.records / entry["id"]
            self.display.line(f"  logs: {place}")
        self._describe()
        with self.timed("tracking"):
            self.sync()

    def sync(self, everything: bool = False) -> None:
        """Send records to MLflow; where it is down they wait."""
        only = None if everything else self.invocation["id"]
        uri = self.settings.tracking.uri
        if self.down:
            return
        try:
            tracking.sync(self.records, uri, only, say=self._say)
        except Exception as error:
            self.down = True
            self._trouble("MLflow", "make sync", error)

    def finish(self, finished: bool) -> None:
        """Close the call: its seconds, MLflow, the report."""
        with self.timed("tracking"):
            self._describe(finished)
            self.sync(everything=True)
        with self.timed("report"):
            self._report()
        total = self._earlier + time.monotonic() - self._started
        self.spend("other", total - sum(self.phases.values()))
        self.invocation["seconds"] = total
        self._describe(finished)
        self.display.line(f"Time: {display.spent(self.phases, total)}")

    def code_of(self, finished: bool) -> int:
        """The exit code: 130 stopped, 1 a cell failed, 0 all is well."""
        states = [entry["status"] for entry in self.entries]
        bad = "failed" in states or set(states) == {"skipped"} or self.broken
        return 130 if not finished else int(bad)

    def _measured(self, job: Job, heading: str) -> record.Record:
        self.display.line(heading)

        def progress(name: str, told: dict[str, Any]) -> None:
            words = [heading, display.stage(name, told), *self._left()]
            self.display.status("   ".join(words))

        return attempt.attempt(
            job, self.data[job.data], self.about(), self.records, progress
        )

    def about(self) -> dict[str, Any]:
        """What a record says of the call that made it."""
        return {**self.invocation, "code": self.code}

    def _left(self) -> list[str]:
        ahead = [
            (job.cell["workload"]["name"], job.cell["framework"]["name"])
            for job in self.jobs[len(self.entries) :]
        ]
        seconds = display.remaining(self.done, ahead)
        if seconds is None:
            return []
        return [f"about {display.duration(seconds)} to go"]

    def _recorded(self, job: Job) -> record.Record | None:
        return record.find(self.records, job.key)

    def _skip(self, job: Job) -> None:
        data = self.data.get(job.data)
        entry = attempt.skip(job, data, self.about(), self.records)
        self.entries.append(entry)
        self.display.line(f"skipped: {job.title}: {job.missing}.")

    def _banner(self) -> None:
        cells = f"{len(self.jobs)} cell" + "s" * (len(self.jobs) != 1)
        lines = [
            f"Triptych: {cells} (suite {self.invocation['suite']}) on"
            f" {self.jobs[0].environment['cpu']},"
            f" {self.jobs[0].cell['device']['threads']} threads"
        ]
        for name in ("workload", "framework"):
            shown = dict.fromkeys(job.cell[name]["name"] for job in self.jobs)
            lines.append(f"  {name + 's':<11} {', '.join(shown)}")
        seeds = dict.fromkeys(str(job.cell["seed"]) for job in self.jobs)
        lines.append(f"  {'seeds':<11} {', '.join(seeds)}")
        lines.append(f"  {'data':<11} {self.settings.data.folder}")
        lines.append(f"  {'results':<11} {self.settings.runs}/records")
        for text in lines:
            self.display.line(text)

    def _describe(self, finished: bool = False) -> None:
        """Write down what this call shows by now; survives kill -9."""
        shown = [entry["id"] for entry in self.entries]
        cells = [job.key for job in self.jobs]
        record.write_invocation(
            self.records,
            self.invocation
            | {
                "records": shown,
                "cells": cells,
                "finished": finished,
                "phases": self.phases,
            },
        )

    def _report(self) -> None:
        import reports

        out = Path(self.settings.report)
        try:
            page = reports.build(
                self.invocation["id"],
                store=self.settings.tracking.uri,
                out=out,
            )
        except Exception as error:
            self.broken = True
            self._trouble("Report", "make report", error)
            return
        self.display.line(f"Report: {page}")

    def _trouble(self, what: str, again: str, error: Exception) -> None:
        """Say that something failed after the measuring: nothing is lost."""
        if isinstance(error, UserError):
            self._say(f"{what}: {error}")
            return
        logging.getLogger("triptych.bench").error(what, exc_info=error)
        self._say(
            f"{what}: {type(error).__name__}: {error}. The records are kept:"
            f" `{again}` tries again. Details: {self.settings.runs}/logs/"
            f"{self.invocation['id']}.log"
        )

    def _say(self, text: str) -> None:
        logging.getLogger("triptych.bench").info(text)
        self.display.line(text)


def _different(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
