"""A sweep with Hydra: compose the cells, check them all, launch them."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import hydra
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from benchmarks.bench import cells, run_cell, sweeper
from benchmarks.bench.invocation import Invocation
from benchmarks.bench.plan import Plan
from benchmarks.config import overrides, schema
from benchmarks.environment import files, interpreters, machine_lock
from benchmarks.errors import UserError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Launch = Callable[[list[list[str]]], Any]


class Halt(BaseException):
    """Ends the whole sweep: Hydra catches only what is an Exception."""


class Sweep:
    """The task function of Hydra: one call runs one cell.

    command: the command line, for the record. report: builds the report of
    an invocation. began: when this process began. In a launcher's other
    process it has no invocation, and writes a record alone.
    """

    def __init__(
        self, command: list[str], report: Callable[..., Path], began: float
    ) -> None:
        self.command = command
        self.report = report
        self.began = began
        self.invocation: Invocation | None = None
        self.code = 0

    def __getstate__(self) -> dict[str, Any]:
        # What a launcher pickles for its other processes
        return {**vars(self), "report": None, "invocation": None}

    def __call__(self, config: Any) -> str:
        """Run the cell that `config.place` names; returns its record's id."""
        runs, place = Path(config.runs), config.place
        if self.invocation is None:
            plan = Plan.read(runs, place.invocation)
            job = plan.jobs[place.number]
            data, records = plan.data[job.data], runs / "records"
            return str(run_cell.run(job, data, plan.about, records)["id"])
        try:
            return self.invocation.run(place.number)
        except UserError as error:
            raise Halt(error) from error

    def run(
        self,
        overrides: list[list[str]],
        master: Any,
        compose: Callable[[list[str]], Any],
        launch: Launch,
    ) -> None:
        """Check all cells, then launch those that are not recorded yet.

        Called by the sweeper. Raises UserError before any cell runs.
        """
        jobs = cells.order(cells.collect(overrides, compose), master.order_seed)
        _check_folder(master.data)
        make = float(os.environ.get("TRIPTYCH_BEGAN") or self.began)
        began = (min(make, self.began), self.began)
        invocation = Invocation(master, self.command, self.report, began)
        if master.dry_run:
            invocation.preview(jobs)
            return
        _log_to(invocation.log)
        if master.prepare_only:
            invocation.prepare(jobs)
            return
        with machine_lock.alone():
            invocation.prepare(jobs)
            self.invocation = invocation
            invocation.finish(_launched(invocation, launch))
        self.code = invocation.exit_code()


def run(given: list[str], report: Callable[..., Path], began: float) -> int:
    """Run the sweep of a command line; returns the exit code.

    Raises UserError, also for what Hydra refuses.
    """
    sweep = Sweep(given, report, began)
    if interpreters.accelerator() == "cuda":
        given = ["device=cuda", *given]  # as it was set up; given ones win
    sys.argv = [sys.argv[0], *overrides.arguments(given)]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise, do not print and exit
    schema.register()
    sweeper.register()
    entry = hydra.main(
        version_base="1.3",
        config_path=str(overrides.CONF),
        config_name="config",
    )
    try:
        entry(sweep)()
    except (HydraException, OmegaConfBaseException) as error:
        raise overrides.explain(error) from error
    return sweep.code


def _launched(invocation: Invocation, launch: Launch) -> bool:
    """Launch the cells; False where the user stopped them."""
    invocation.select()
    jobs = invocation.pending
    place = f"place.invocation={invocation.id}"
    try:
        if jobs:
            plan = Plan(invocation.origin, invocation.data, jobs)
            plan.write(invocation.runs)
            outcomes = launch(
                [
                    [*job.overrides, place, f"place.number={number}"]
                    for number, job in enumerate(jobs)
                ]
            )
            for outcome in outcomes:
                _ = outcome.return_value  # raises what a job raised
        invocation.collect()
    except Halt as halt:
        raise halt.args[0] from None
    except KeyboardInterrupt:
        for number in SIGNALS:
            signal.signal(number, _leave)
        invocation.collect()
        invocation.stopped()
        return False
    return True


def _check_folder(data: Any) -> None:
    """Raise UserError for a data folder that was given and cannot be read."""
    if data.source == "synthetic":
        return
    try:
        os.listdir(Path(data.folder).expanduser())
    except FileNotFoundError:
        if data.folder == "data":
            return  # the default need not exist: data are downloaded then
        raise UserError(
            f"DATA={data.folder}: there is no such folder. Expected one"
            f" with data sets in it, or none to have them downloaded."
        ) from None
    except OSError as error:
        raise UserError(
            f"DATA={data.folder} cannot be read ({error.strerror})."
            f" Expected a folder with data sets in it."
        ) from error


def _log_to(path: Path) -> None:
    """Send the logs of libraries to a file."""
    with files.disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(
            filename=path,
            level=logging.INFO,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
    logging.captureWarnings(True)


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(130)
