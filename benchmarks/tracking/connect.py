"""MLflow stores: their addresses, and a client that is opened quietly.

The only module that opens MLflow.
"""

import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from benchmarks.environment import files
from benchmarks.errors import UserError

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "triptych"
PATIENCE = 60.0  # seconds to wait for another sync
BACKENDS = ("mlflow", "sqlalchemy", "requests", "urllib3", "sqlite3")
SCHEMES = ("http", "https", "sqlite", "postgresql", "mysql", "mssql")
# Of an older version, of a newer one, and of one between
OTHER_TABLES = re.compile(
    "out-of-date database schema|Can't locate revision"
    "|table \\S+ already exists|no such (table|column)"
)
LOGGERS = {
    "mlflow": logging.INFO,
    "alembic": logging.INFO,
    "sqlalchemy": logging.WARNING,
    "urllib3": logging.WARNING,
}


class TrackingDown(UserError):
    """The store does not answer; every record is kept."""


def default_uri(runs: Path) -> str:
    """The SQLite store of a folder `runs/`, absolute as MLflow needs it."""
    path = quote(str((runs / "mlflow.db").resolve()), safe="/ ")
    return f"sqlite:///{path}"


class OtherMLflow(TrackingDown):
    """The tables of a SQLite store are not those of this MLflow."""


@contextmanager
def connected(
    runs: Path, uri: str | None, say: Callable[[str], None]
) -> Iterator[str]:
    """The address of a store to write to, by one process at a time.

    uri: MLflow's address, the SQLite store under `runs` by default. A store
    of another folder or of another MLflow is set aside first. Raises
    TrackingDown where the store does not answer, or another sync does not
    end; UserError for an address that is none.
    """
    uri = uri or default_uri(runs)
    if uri.split(":")[0].split("+")[0] not in SCHEMES:
        raise UserError(
            f"tracking address {uri!r}: expected http://host:port of an"
            f" MLflow server, or sqlite:////absolute/path.db"
        )
    runs.mkdir(parents=True, exist_ok=True)
    try:
        with files.disk(runs), files.locked(runs / ".sync.lock", PATIENCE):
            if why := unusable(uri, runs):
                aside = f"mlflow-set-aside-{time.strftime('%Y%m%dT%H%M%S')}.db"
                (runs / "mlflow.db").rename(runs / aside)
                say(
                    f"{runs / 'mlflow.db'} was {why}: kept as {aside}; the"
                    f" records fill a new one"
                )
            yield uri
    except TimeoutError:
        raise TrackingDown(
            f"another sync of {runs} has not ended in {PATIENCE:.0f} s. The"
            f" records are kept: `make sync` sends them later."
        ) from None
    except Exception as error:
        if not type(error).__module__.startswith(BACKENDS):
            raise
        logging.getLogger("mlflow").exception("sync to %s failed", uri)
        text = (
            f"the MLflow store {uri} does not answer ({reason(error)})."
            f" The records are kept: `make sync` sends them later."
        )
        if uri.startswith("sqlite:"):
            text += " If it stays so, move the file away: a new one is filled."
        raise TrackingDown(text) from error


def open_client(uri: str, log: Path) -> "MlflowClient":
    """A client that sends nothing home, prints nothing, and waits briefly.

    Raises OtherMLflow for a SQLite store that this MLflow cannot use.
    """
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

    try:
        return MlflowClient(uri)
    except Exception as error:
        if not uri.startswith("sqlite:") or not OTHER_TABLES.search(str(error)):
            raise
        _forget(uri)
        raise OtherMLflow(
            f"the MLflow store {uri} is of another version of MLflow"
            f" ({reason(error).partition('. ')[0]}). The records are kept:"
            f" `make sync` sets aside a store under runs/ and fills a new one;"
            f" for another, choose a new file, or run `mlflow db upgrade` on"
            f" a copy."
        ) from error


def _forget(uri: str) -> None:
    """Close what MLflow keeps open; else it stays open after a renaming."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    if engine := SqlAlchemyStore._engine_map.pop(uri, None):
        engine.dispose()


def unusable(uri: str, runs: Path) -> str | None:
    """Why the store under `runs` must be filled anew; None: it need not be.

    The runs of a folder that has moved name artifacts by absolute paths that
    are gone. Records are the truth: a new store is filled from them.
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
    if row and row[0] != (runs / "artifacts").resolve().as_uri():
        return "of another folder or not whole"
    try:
        open_client(uri, runs / "logs" / "mlflow.log")
    except OtherMLflow:
        return "of another version of MLflow"
    return None


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


def _log_to(path: Path) -> None:
    """Send the messages of MLflow and its helpers to a file."""
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


def refused(error: Exception) -> bool:
    """Whether a store answers, and refuses what it was sent."""
    code = getattr(error, "error_code", "")
    return code == "INVALID_PARAMETER_VALUE" or isinstance(error, UnicodeError)


def reason(error: Exception) -> str:
    """The heart of an error's long text."""
    text = " ".join(str(error).split()) or type(error).__name__
    matched = re.search(r"\[Errno -?\d+\] ([^'\"()]+)", text)
    return matched[1].strip() if matched else text[:240]
