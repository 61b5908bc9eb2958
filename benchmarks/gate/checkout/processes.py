"""Child processes that end with this one, and blocks safe from signals."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.environment.env_vars import inherited

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


def answer(python: str, root: Path, script: str, question: Any) -> Any:
    """The JSON that a Python script prints last; it runs a tree's own code.

    `question`: its standard input, as JSON. Raises OSError, and ValueError
    with the last line of its standard error.
    """
    command = [python, "-c", script]
    done = run(command, root, inherited(), json.dumps(question))
    try:
        return json.loads((done.stdout.splitlines() or [""])[-1])
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ValueError(last[0]) from None


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
