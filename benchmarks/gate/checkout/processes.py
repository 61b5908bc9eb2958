"""Other programs, that end with us and never hear Ctrl-C before us."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AFTERMATH = 5.0  # seconds for what was killed to be gone


def run(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    given: str = "",
    limit: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and take what it prints.

    `given`: its standard input. `limit`: seconds. However this is left,
    the program has ended, and so has what it started. Raises as
    `subprocess.run`.
    """
    with subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,  # a group of its own, to be ended as one
    ) as process:
        try:
            printed, told = process.communicate(given, timeout=limit)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            # Its pipes close when the last of the group is gone
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=AFTERMATH)
            raise
    return subprocess.CompletedProcess(
        command, process.returncode, printed, told
    )


@contextmanager
def shielded() -> Iterator[None]:
    """Let no signal end the block halfway; it is raised after it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals never interrupt another thread
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda which, _: came.append(which))
        for number in SIGNALS
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        for which in dict.fromkeys(came):
            signal.raise_signal(which)
