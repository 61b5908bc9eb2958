"""The child process: one Runner behind a pipe.

Started by `benchmarks.passes.process`. A request is one JSON line, `{"verb":
..., "arguments": {...}}`; so is an answer: `{"answer": ...}`, `{"error": ...}`,
and before either any number of `{"progress": ...}`. Standard output and
error belong to the libraries, which print there.

Only the standard library is imported here, so that whatever an interpreter
lacks is told through the pipe.
"""

import argparse
import ctypes
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

Message = dict[str, Any]


def main() -> None:
    """Answer requests until the pipe closes or the parent dies."""
    options = _options()
    for descriptor in (options.requests, options.answers):
        os.set_inheritable(descriptor, False)
    requests: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(
        target=_listen, args=(options.requests, requests), daemon=True
    ).start()
    _die_with_parent()
    serve(iter(requests.get, None), options, _sender(options.answers))


def serve(
    requests: Iterator[Message],
    options: argparse.Namespace,
    send: Callable[[Message], None],
) -> None:
    """Perform request after request on one session."""
    session = None
    for request in requests:
        try:
            if session is None:
                session = _session(options, lambda p: send({"progress": p}))
            verb = getattr(session, request["verb"])
            send({"answer": verb(**request["arguments"])})
        except Exception as problem:
            traceback.print_exc()
            send({"error": _told(problem)})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.worker")
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--answers", type=int, required=True)
    parser.add_argument("--framework", required=True)
    # A package shaped like `impls`; tests bring one that needs no framework
    parser.add_argument("--library", default="impls")
    # A file whose `start` makes the session, instead of this tree's own
    parser.add_argument("--session")
    return parser.parse_args()


def _session(
    options: argparse.Namespace, say: Callable[[Message], None]
) -> Any:
    if options.session is None:
        sessions = import_module("benchmarks.worker.session")
    else:
        found = spec_from_file_location("session", options.session)
        assert found is not None and found.loader is not None
        sessions = module_from_spec(found)
        found.loader.exec_module(sessions)
    return sessions.start(options.framework, options.library, say)


def _listen(descriptor: int, requests: "queue.SimpleQueue[Message]") -> None:
    with os.fdopen(descriptor, "rb") as pipe:
        for line in pipe:
            requests.put(json.loads(line))
        # The parent closed the pipe or is dead: nobody waits for the
        # answer, so this ends the process in the middle of whatever it does
        _end()


def _end() -> None:
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # compilers it started included
    os._exit(1)


def _die_with_parent() -> None:
    # A thread cannot run while a library holds the interpreter's lock: on
    # Linux the kernel is asked as well (prctl 1 is PR_SET_PDEATHSIG)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _sender(descriptor: int) -> Callable[[Message], None]:
    pipe = os.fdopen(descriptor, "wb")

    def send(message: Message) -> None:
        # JSON has no NaN: whoever answers says None, and why
        pipe.write(json.dumps(message, allow_nan=False).encode() + b"\n")
        pipe.flush()

    return send


def _told(problem: Exception) -> Message:
    told = {"type": type(problem).__name__, "message": str(problem)}
    if isinstance(problem, ImportError):
        told["missing"] = problem.name or str(problem)
    return told


if __name__ == "__main__":
    main()
