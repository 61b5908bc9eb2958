"""A sweep with Hydra: compose the cells, check them all, launch them."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.errors import UserError

BEGAN = time.time()
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Launch = Callable[[list[list[str]]], Any]


class Halt(BaseException):
    """Ends the whole sweep: Hydra catches only what is an Exception."""


class Sweep:
    """The task function of Hydra: one call runs one cell.

    command: the command line, for the record. report: builds the report of
    an invocation. In a launcher's other process it has no invocation, and
    writes a record alone.
    """

    def __init__(self, command: list[str], report: Callable[..., Path]) -> None:
        self.command = command
        self.report: Callable[..., Path] | None = report
        self.invocation: Any = None
        self.code = 0

    def __getstate__(self) -> dict[str, Any]:
        # What a launcher pickles for its other processes
        return {**vars(self), "report": None, "invocation": None}

    def __call__(self, config: Any) -> str:
        """Run the cell that `config.place` names; returns its record's id."""
        from benchmarks.bench.plan import Plan

        place = config.place
        plan = Plan.read(Path(config.runs), place.invocation)
        if self.invocation is None:
            return run_job(plan, place.number, Path(config.runs))
        try:
            return str(self.invocation.run(plan, place.number))
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
        from benchmarks.bench import cells
        from benchmarks.bench.invocation import Invocation
        from benchmarks.environment import machine_lock

        jobs = cells.order(cells.collect(overrides, compose), master.order_seed)
        _check_folder(master.data)
        suite = master.hydra.runtime.choices.suite
        invocation = Invocation(master, suite, self.command, self.report)
        _log_to(invocation.log)
        if master.prepare_only:
            invocation.prepare(jobs)
            return
        with machine_lock.alone():
            make = float(os.environ.get("TRIPTYCH_BEGAN") or BEGAN)
            invocation.begin_at(min(make, BEGAN), BEGAN)
            invocation.prepare(jobs)
            self.invocation = invocation
            finished = _launched(invocation, launch)
            invocation.finish(finished)
        self.code = invocation.code(finished)


def run(given: list[str], report: Callable[..., Path]) -> int:
    """Run the sweep of a command line; returns the exit code.

    Raises UserError, also for what Hydra refuses.
    """
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from benchmarks.bench import sweeper
    from benchmarks.config import overrides, schema
    from benchmarks.environment import interpreters

    sweep = Sweep(given, report)
    if interpreters.accelerator() == "cuda":
        given = ["device=cuda", *given]  # as it was set up; given ones win
    sys.argv = [sys.argv[0], *overrides.arguments(given)]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise, do not print and exit
    schema.register()
    sweeper.register(sweep.run)
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


def run_job(plan: Any, number: int, runs: Path) -> str:
    """Run one cell of a plan and record it; returns the record's id."""
    from benchmarks.bench import run_cell

    job = plan.jobs[number]
    data, records = plan.data[job.data], runs / "records"
    record = run_cell.run(job, data, plan.about, records)
    return str(record["id"])


def _launched(invocation: Any, launch: Launch) -> bool:
    """Launch the cells; False where the user stopped them."""
    jobs = invocation.pending()
    place = f"place.invocation={invocation.id}"
    try:
        if jobs:
            invocation.write_plan(jobs)
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
    folder = Path(data.folder).expanduser()
    if data.source == "synthetic":
        return
    try:
        os.listdir(folder)
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
    from benchmarks.environment import files

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
