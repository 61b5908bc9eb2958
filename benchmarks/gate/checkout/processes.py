"""Child processes that end with this one, and blocks safe from signals."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    stdin: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and capture its output.

    However this call ends, the program and its children have ended; Ctrl-C
    does not reach them before this process. Raises OSError.
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
        start_new_session=True,  # a group of its own, to be killed as one
    ) as process:
        try:
            output, errors = process.communicate(stdin)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            # Its pipes close when the last of the group has ended
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=5)
            raise
    return subprocess.CompletedProcess(
        command, process.returncode, output, errors
    )


@contextmanager
def shielded() -> Iterator[None]:
    """Delay signals until the end of the block; for the main thread only."""
    delayed: list[int] = []
    handlers = {
        number: signal.signal(number, lambda which, _: delayed.append(which))
        for number in SIGNALS
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
        for which in dict.fromkeys(delayed):
            signal.raise_signal(which)
