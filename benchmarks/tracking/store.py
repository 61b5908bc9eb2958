"""One MLflow store, opened quietly: the only file that imports MLflow."""

import hashlib
import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from benchmarks.tracking import run as tracking_run

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

EXPERIMENT = "triptych"
# Else MLflow opens its pages for language-model traces
KIND = {"mlflow.experimentKind": "custom_model_development"}
RECORD = "triptych.record"
INVOCATION = "triptych.invocation"
DIGEST = "triptych.invocation_digest"  # of invocation.json as it was sent
SENT = "triptych.sent"
POINTS, TAGS = 800, 90  # of one batch; MLflow's bounds are 1,000 and 100
PAGE = 500
IDS = 100  # run ids in one query
LOGGERS = {
    "mlflow": logging.INFO,
    "alembic": logging.INFO,
    "sqlalchemy": logging.WARNING,
    "urllib3": logging.WARNING,
}


def default_uri(runs: Path) -> str:
    """The SQLite store of a folder `runs/`, absolute as MLflow needs it."""
    path = quote(str((runs / "mlflow.db").resolve()), safe="/ ")
    return f"sqlite:///{path}"


def open_client(uri: str, log: Path) -> "MlflowClient":
    """A client that sends nothing home, prints nothing, and waits briefly."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_CONFIGURE_LOGGING"] = "false"
    os.environ["MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING"] = "false"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    _log_to(log)
    prepare_sqlite(uri)
    from mlflow import MlflowClient  # a second, so only when it is needed

    return MlflowClient(uri)


class Store:
    """The runs of one experiment: cells under calls of the bench."""

    def __init__(self, uri: str, runs: Path, experiment: str = EXPERIMENT):
        self.uri = uri
        self.name = experiment
        self.client = open_client(uri, runs / "logs" / "mlflow.log")
        self.local = uri.startswith("sqlite:")
        self.artifacts = (runs / "artifacts").resolve().as_uri()
        self.experiment = self._experiment()
        self.calls: dict[str, str] = {}  # run ids by invocation

    def search(self, query: str = "") -> list["Run"]:
        """All runs that fit a query in MLflow's search syntax."""
        runs: list[Run] = []
        token = None
        while True:
            page = self.client.search_runs(
                [self.experiment], query, max_results=PAGE, page_token=token
            )
            runs += page
            token = page.token
            if not token:
                return runs

    def find(self, tag: str, value: str | None = None) -> dict[str, "Run"]:
        """Runs that bear a tag, by its value; only that value's if given."""
        runs = self.search(f"tags.`{tag}` = '{value}'" if value else "")
        return {r.data.tags[tag]: r for r in runs if tag in r.data.tags}

    def runs(self, ids: Iterable[str]) -> list["Run"]:
        """The runs with these ids, those that still exist, in any order."""
        names, runs = list(ids), []
        for start in range(0, len(names), IDS):
            listed = ", ".join(
                f"'{name}'" for name in names[start : start + IDS]
            )
            runs += self.search(f"attributes.run_id IN ({listed})")
        return runs

    def call(self, name: str, suite: str, started: str) -> str:
        """The run id of one call of the bench, made where it is missing."""
        if name in self.calls:
            return self.calls[name]
        found = self.find(INVOCATION, name).get(name)
        if found:
            self.calls[name] = str(found.info.run_id)
            return self.calls[name]
        tags = {INVOCATION: name, "mlflow.source.name": "triptych"}
        run = self.client.create_run(
            self.experiment,
            tracking_run.milliseconds(started),
            tags,
            f"{suite} {name}",
        )
        self.calls[name] = str(run.info.run_id)
        return self.calls[name]

    def send(
        self,
        entry: dict[str, Any],
        folder: Path,
        parent: str,
        run: "Run | None" = None,
    ) -> str:
        """Send one record, or the rest of one into the `run` begun for it.

        The same values at the same moments are stored once, so sending
        again completes a run and doubles nothing.
        """
        start, end = tracking_run.times(entry)
        tags = {RECORD: entry["id"], "mlflow.parentRunId": parent}
        name = tracking_run.run_name(entry)
        run_id = self.begin(tags, name, start, run)
        self.log(run_id, tracking_run.points(entry), end)
        self.describe(
            run_id, tracking_run.parameters(entry), tracking_run.tags(entry)
        )
        self._dataset(run_id, tracking_run.dataset(entry))
        pictures = entry.get("pictures") or []
        for name in ("record.json", *entry["logs"], *pictures):
            path, place = folder / name, str(Path(name).parent)
            if path.is_file():
                inside = None if place == "." else place
                self.client.log_artifact(run_id, str(path), inside)
        self.end(run_id, tracking_run.STATUS[entry["status"]], end)
        return run_id

    def begin(
        self,
        tags: dict[str, str],
        name: str,
        start: int,
        run: "Run | None" = None,
    ) -> str:
        """The id of a run: the one begun before, or a new one."""
        if run is None:
            run = self.client.create_run(self.experiment, start, tags, name)
        return str(run.info.run_id)

    def end(self, run_id: str, status: str, at: int) -> None:
        """All is sent: from now on a run is not sent again."""
        self.client.set_terminated(run_id, status, at)
        self.client.set_tag(run_id, SENT, "whole")

    def log(
        self, run_id: str, points: list[tracking_run.Point], at: int
    ) -> None:
        """Metrics, in as few batches as MLflow takes."""
        from mlflow.entities import Metric

        for start in range(0, len(points), POINTS):
            some = points[start : start + POINTS]
            metrics = [Metric(p.name, p.value, at, p.step) for p in some]
            self.client.log_batch(run_id, metrics)

    def describe(
        self, run_id: str, parameters: dict[str, str], tags: dict[str, str]
    ) -> None:
        """Parameters and tags, in batches."""
        from mlflow.entities import Param, RunTag

        pairs = [Param(name, value) for name, value in parameters.items()]
        for start in range(0, len(pairs), TAGS):
            some = pairs[start : start + TAGS]
            self.client.log_batch(run_id, params=some)
        words = [RunTag(name, value) for name, value in tags.items()]
        for start in range(0, len(words), TAGS):
            self.client.log_batch(run_id, tags=words[start : start + TAGS])

    def _dataset(self, run_id: str, words: dict[str, str] | None) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        if words is not None:
            role = InputTag("mlflow.data.context", "training and evaluation")
            inputs = [DatasetInput(Dataset(**words), [role])]
            self.client.log_inputs(run_id, inputs)

    def _experiment(self) -> str:
        """Our experiment's id, made where it is missing.

        On a server the artifacts lie where the server keeps them.
        """
        found = self.client.get_experiment_by_name(self.name)
        if found is None:
            place = self.artifacts if self.local else None
            made = self.client.create_experiment(self.name, place, tags=KIND)
            return str(made)
        if found.lifecycle_stage == "deleted":
            self.client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)


def set_aside_if_moved(uri: str, runs: Path) -> Path | None:
    """Rename a store whose folder has moved; returns its new name.

    Its runs name artifacts by absolute paths that are gone. Records are
    the truth: a new store is filled from them.
    """
    database = runs / "mlflow.db"
    if uri != default_uri(runs) or not database.is_file():
        return None
    if database.stat().st_size == 0:  # begun a moment before a death
        return None
    try:
        with closing(sqlite3.connect(database)) as connection:
            query = "SELECT artifact_location FROM experiments"
            query += " WHERE name LIKE ?"  # the benches' and the gates'
            row = connection.execute(query, (f"{EXPERIMENT}%",)).fetchone()
    except sqlite3.DatabaseError:
        row = ("a store that cannot be read",)
    if row is None or row[0] == (runs / "artifacts").resolve().as_uri():
        return None
    aside = runs / f"mlflow-moved-{time.strftime('%Y%m%dT%H%M%S')}.db"
    database.rename(aside)
    return aside


def prepare_sqlite(uri: str) -> None:
    """Make a SQLite store where there is none; whole or not at all.

    MLflow makes its tables in dozens of steps, and a store that a death
    left half made cannot be opened again. So they are made under another
    name. Raises sqlite3's errors at once; MLflow would try for minutes.
    """
    if not uri.startswith("sqlite:///"):
        return
    path = Path(unquote(uri.removeprefix("sqlite:///")))
    if path.is_file() and path.stat().st_size:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")
        return
    half = path.with_name(f".half-{path.name}")
    for old in path.parent.glob(half.name + "*"):  # its journal too
        old.unlink()
    with closing(sqlite3.connect(half)) as connection:
        connection.execute("PRAGMA user_version = 0")
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    name = quote(str(half), safe="/ ")
    artifacts = (path.parent / "artifacts").as_uri()
    SqlAlchemyStore(f"sqlite:///{name}", artifacts).engine.dispose()
    half.replace(path)


def digest(call: dict[str, Any]) -> str:
    """Changes whenever a call of the bench has more to say."""
    text = json.dumps(call, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _log_to(path: Path) -> None:
    """What MLflow and its helpers have to say goes to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    for name, level in LOGGERS.items():
        logger = logging.getLogger(name)
        for old in list(logger.handlers):
            logger.removeHandler(old)
            old.close()
        handler = logging.FileHandler(path, delay=True)
        handler.setFormatter(logging.Formatter(form))
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(level)
