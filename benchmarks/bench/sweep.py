"""A sweep with Hydra: one job is one cell."""

import json
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
_bench: Any = None  # the Bench of this process, while it runs
_code = 0
_given: list[str] = []  # as typed, for the record


class Halt(BaseException):
    """Ends the whole sweep: Hydra catches only what is an Exception."""


def run(given: list[str]) -> int:
    """Let Hydra compose and launch; its errors come back in our words."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from benchmarks.bench import sweeper
    from benchmarks.config import overrides as refuse
    from benchmarks.config import schema
    from benchmarks.environment import interpreters

    _given[:] = given
    if interpreters.accelerator() == "cuda":
        given = ["device=cuda", *given]  # what was set up; given ones win
    sys.argv = [sys.argv[0], *refuse.arguments(given)]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise, do not print and exit
    schema.register()
    sweeper.register(sweep)
    conf = str(refuse.CONF)
    entry = hydra.main(
        version_base="1.3", config_path=conf, config_name="config"
    )
    try:
        entry(job)()
    except (HydraException, OmegaConfBaseException) as error:
        raise refuse.explain(error) from error
    return _code


def sweep(
    overrides: list[list[str]],
    master: Any,
    compose: Callable[[list[str]], Any],
    launch: Callable[[list[list[str]]], Any],
) -> None:
    """Check all cells, then launch those that are not recorded yet.

    Called by the sweeper. Raises UserError before anything has begun.
    """
    from benchmarks.bench import cells as jobs
    from benchmarks.bench.invocation import Bench
    from benchmarks.environment import machine_lock

    global _bench, _code
    cells = jobs.order(jobs.collect(overrides, compose), master.order_seed)
    _check_folder(master.data)
    bench = Bench(master, master.hydra.runtime.choices.suite, _given)
    _log_to(bench.log)
    if master.prepare_only:
        bench.prepare(cells)
        return
    with machine_lock.alone():
        make = float(os.environ.get("TRIPTYCH_BEGAN") or BEGAN)
        bench.begin_at(min(make, BEGAN), BEGAN)
        bench.prepare(cells)
        try:
            _bench = bench
            finished = _launched(bench, bench.pending(), launch)
        finally:
            _bench = None
        bench.finish(finished)
    _code = bench.code(finished)


def _launched(bench: Any, todo: list[Any], launch: Callable[..., Any]) -> bool:
    """Launch the cells; False where the user stopped them."""
    place = f"place.invocation={bench.invocation['id']}"
    listed = [
        [*job.overrides, place, f"place.number={number}"]
        for number, job in enumerate(todo)
    ]
    try:
        if listed:
            bench.write_plan(todo)
            for outcome in launch(listed):
                _ = outcome.return_value  # raises what a job raised
        bench.collect()
    except Halt as halt:
        raise halt.args[0] from None
    except KeyboardInterrupt:
        for number in SIGNALS:
            signal.signal(number, _leave)
        bench.collect()
        bench.stopped()
        return False
    return True


def job(config: Any) -> str:
    """Run one cell, here or where a launcher brought it; its record's id."""
    place = config.place
    try:
        if _bench is not None:
            return str(_bench.run(place.number)["id"])
    except UserError as error:
        raise Halt(error) from error
    from benchmarks.bench import cells as jobs
    from benchmarks.bench import run_cell

    plan = Path(config.runs) / "plans" / f"{place.invocation}.json"
    told = json.loads(plan.read_text())
    chosen = jobs.Job(**told["jobs"][place.number])
    data, about = told["data"][chosen.data], told["about"]
    records = Path(config.runs) / "records"
    return str(run_cell.attempt(chosen, data, about, records)["id"])


def _check_folder(data: Any) -> None:
    """Refuse a data folder that was named and cannot be read."""
    folder = Path(data.folder).expanduser()
    if data.source == "synthetic":
        return
    try:
        os.listdir(folder)
    except FileNotFoundError:
        if data.folder == "data":
            return  # the default need not exist: data are fetched then
        raise UserError(
            f"DATA={data.folder}: there is no such folder. Expected one"
            f" with data sets in it, or none to have them fetched."
        ) from None
    except OSError as error:
        raise UserError(
            f"DATA={data.folder} cannot be read ({error.strerror})."
            f" Expected a folder with data sets in it."
        ) from error


def _log_to(path: Path) -> None:
    """What libraries have to say goes to a file, not between the lines."""
    from benchmarks.records import store

    with store.disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(
            filename=path,
            level=logging.INFO,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
    logging.captureWarnings(True)


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(130)
