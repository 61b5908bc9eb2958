"""The worker process: one session behind a pair of pipes.

Started by `benchmarks.passes.process`. A message to the worker is one JSON
line, `{"verb": ..., "arguments": {...}}`. It replies with one line, `{"answer":
...}` or `{"error": ...}`, after any number of `{"progress": ...}`. Standard
output and error are left to the libraries.

Only the standard library is imported here, so that a missing package is
reported through the pipe.
"""

import argparse
import ctypes
import json
import os
import queue
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any

Message = dict[str, Any]
# Keras imports them where they are installed, which takes as long as Keras
# itself. It is MLflow that brings them here.
UNNEEDED = ("matplotlib", "pandas", "sklearn")


def main() -> None:
    """Answer requests until the pipe closes or the parent dies."""
    options = _options()
    for name in UNNEEDED:  # as if it were not installed
        sys.modules[name] = None  # type: ignore[assignment]
    for descriptor in (options.requests, options.answers):
        os.set_inheritable(descriptor, False)
    messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(
        target=_listen, args=(options.requests, messages), daemon=True
    ).start()
    # `_listen` cannot run while a library holds the interpreter's lock: on
    # Linux, the kernel ends the process too (prctl 1 is PR_SET_PDEATHSIG)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    send, session = _sender(options.answers), None
    while True:
        message = messages.get()
        try:
            if session is None:
                session = _session(options, lambda p: send({"progress": p}))
            verb = getattr(session, message["verb"])
            send({"answer": verb(**message["arguments"])})
        except Exception as problem:
            traceback.print_exc()
            send({"error": _description(problem)})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.worker")
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--answers", type=int, required=True)
    parser.add_argument("--framework", required=True)
    # A package with the interface of `impls`; tests have one without framework
    parser.add_argument("--library", default="impls")
    # A file whose `start` makes the session, in place of this tree's own
    parser.add_argument("--session")
    return parser.parse_args()


def _session(
    options: argparse.Namespace, report: Callable[[Message], None]
) -> Any:
    if options.session is None:
        start = import_module("benchmarks.worker.session").start
    else:
        start = runpy.run_path(options.session)["start"]
    return start(options.framework, options.library, report)


def _listen(descriptor: int, messages: "queue.SimpleQueue[Message]") -> None:
    with os.fdopen(descriptor, "rb") as pipe:
        for line in pipe:
            messages.put(json.loads(line))
        # The parent has closed the pipe or is dead: nobody waits for an
        # answer, so the process ends at once
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)  # compilers it started included
        os._exit(1)


def _sender(descriptor: int) -> Callable[[Message], None]:
    pipe = os.fdopen(descriptor, "wb")

    def send(message: Message) -> None:
        # JSON has no NaN: an answer holds None and a reason instead
        pipe.write(json.dumps(message, allow_nan=False).encode() + b"\n")
        pipe.flush()

    return send


def _description(problem: Exception) -> Message:
    description = {"type": type(problem).__name__, "message": str(problem)}
    if isinstance(problem, ImportError):
        description["missing"] = problem.name or str(problem)
    return description


if __name__ == "__main__":
    main()
