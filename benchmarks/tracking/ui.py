"""MLflow's own pages over the records, on this machine only."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType

from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.tracking.connect import EXPERIMENT, default_uri

HOST = "127.0.0.1"
START_SECONDS = 120.0


def ui(runs: Path, uri: str | None, port: int) -> None:
    """Serve MLflow's pages until Ctrl-C.

    Raises UserError when there is no store, the port is taken, or the
    server does not start.
    """
    uri = uri or default_uri(runs)
    if uri.startswith("http"):
        print(f"The records are on a server: open {uri}")
        return
    if uri == default_uri(runs) and not (runs / "mlflow.db").is_file():
        raise UserError(
            f"{runs / 'mlflow.db'} is not there: `make bench` makes it, and"
            f" `make sync` fills it from the records."
        )
    check_port(port)
    log = runs / "logs" / "mlflow-server.log"
    print("MLflow is starting ...", flush=True)
    server = _start(runs, uri, port, log)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        _wait(server, port, log)
        place = f"http://{HOST}:{port}/ (experiment {EXPERIMENT}"
        print(f"MLflow: {place}; Ctrl-C ends it)", flush=True)
        server.wait()
        raise UserError(f"MLflow's server has ended: see {log}.")
    finally:
        signal.signal(signal.SIGTERM, before)
        _end(server)


def check_port(port: int) -> None:
    """Raises UserError when nothing can listen on this port."""
    if not 1 <= port <= 65535:
        raise UserError(f"port {port}: expected a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            other = port + 1 if port < 65535 else 5000
            raise UserError(
                f"port {port} on {HOST} cannot be used ({error.strerror})."
                f" Choose another: make ui PORT={other}"
            ) from error


def _start(
    runs: Path, uri: str, port: int, log: Path
) -> subprocess.Popen[bytes]:
    """The server as a child process; its output goes to a log."""
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
    command += ["--backend-store-uri", uri, "--host", HOST]
    command += ["--default-artifact-root", (runs / "artifacts").as_uri()]
    command += ["--port", str(port)]
    environment = os.environ | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with files.disk(runs):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
    with open(log, "ab") as output:
        # A session of its own: Ctrl-C ends us, and we end all of it
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server's whole group: it has workers of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, number)
            server.wait(timeout=5)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the server answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(
                f"http://{HOST}:{port}/health", timeout=2
            ):
                return
        except OSError:
            time.sleep(0.2)
    lines = log.read_text(errors="replace").strip().splitlines()[-3:]
    last = "\n  ".join(lines)
    raise UserError(f"MLflow's server did not start ({log}):\n  {last}")
