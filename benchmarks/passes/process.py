"""A worker process, seen from its parent: start, ask, time out, end."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.environment.env_vars import inherited

ROOT = Path(__file__).parents[2]
SILENCE_LIMIT = 600.0  # seconds without a message
LONGEST = 200  # letters of a log in a reason

Progress = Callable[[dict[str, Any]], None]


def ignore(progress: dict[str, Any]) -> None:
    """Report no progress."""


class WorkerFailed(Exception):
    """A worker died, hung or raised: `reason` in words, and `log_tail`."""

    def __init__(self, reason: str, log_tail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.log_tail = log_tail


class FrameworkMissing(WorkerFailed):
    """The framework is not installed under the worker's interpreter."""


@dataclass(eq=False)
class Worker:
    """A fresh process that answers verbs; a context manager.

    It never outlives the thread that entered it, however that ends.
    """

    framework: str  # a file of `impls/frameworks`, or `slide`
    python: str = sys.executable
    log: Path | None = None  # its output; its arrays are beside it meanwhile
    environment: Mapping[str, str] = field(default_factory=dict)
    limit: float = SILENCE_LIMIT  # seconds that it may stay silent
    library: str = "impls"  # or a package in place of it
    root: Path = ROOT  # the tree whose code it runs
    # A file whose `start` makes the session, in place of that tree's own
    session: Path | None = None
    label: str = ""  # begins the reason of each failure

    def __post_init__(self) -> None:
        self.start_seconds = 0.0  # from nothing to its first answer
        self._process: subprocess.Popen[bytes] | None = None
        self._running = False
        self._unread = b""
        self._log_start = 0

    def __enter__(self) -> "Worker":
        started = time.perf_counter()
        place = self.log and self.log.parent
        if place:
            place.mkdir(parents=True, exist_ok=True)
        self._folder = TemporaryDirectory(prefix="worker-", dir=place)
        self.scratch = Path(self._folder.name)
        try:
            self._start()
            self.ask("hello")
        except BaseException:
            self.__exit__()
            raise
        self.start_seconds = time.perf_counter() - started
        return self

    def __exit__(self, *problem: object) -> None:
        self.kill()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its process group."""
        assert self._process is not None, "not started: use `with`"
        return self._process.pid

    def ask(
        self,
        verb: str,
        on_progress: Progress = ignore,
        **arguments: Any,
    ) -> Any:
        """The answer to a verb, a method of `benchmarks.worker.session`.

        Raises FrameworkMissing, or WorkerFailed if it died, stayed silent
        (then it is killed) or raised (then it can be asked again).
        """
        self.begin(verb, **arguments)
        return self.finish(verb, on_progress)

    def begin(self, verb: str, **arguments: Any) -> None:
        """Send a request; `finish` waits for its answer.

        Workers that have each begun a request compute at the same time.
        """
        if not self._running:
            raise self._failed(f"is not running: asked for {verb!r}")
        with self._or_killed():
            self._send({"verb": verb, "arguments": arguments})

    def finish(self, verb: str, on_progress: Progress = ignore) -> Any:
        """The answer to the request of `begin`; raises as `ask`."""
        with self._or_killed():
            while "progress" in (message := self._receive(verb)):
                on_progress(message["progress"])
        if "error" in message:
            raise self._raised(verb, message["error"])
        return message["answer"]

    @contextmanager
    def _or_killed(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            # At Ctrl-C, too: a late answer would be taken for the answer to
            # the next request
            self.kill()
            raise

    def kill(self) -> None:
        """End the process and all that it started; harmless twice."""
        if not self._running:
            return
        self._running = False
        # Closing its pipes ends it even before its process id is stored
        self._requests.close()
        self._answers.close()
        self.stop()
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """End the process from another thread; `finish` raises in its own."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def log_tail(self) -> str:
        """The last lines of its log."""
        if self.log is None or not self.log.is_file():
            return ""
        text = self.log.read_bytes()[-65536:].decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-20:])

    def _start(self) -> None:
        child_reads, requests = os.pipe()
        answers, child_writes = os.pipe()
        self._requests = os.fdopen(requests, "wb", buffering=0)
        self._answers = os.fdopen(answers, "rb", buffering=0)
        self._running = True
        command = [
            *(self.python, "-u", *self._program()),
            *("--requests", str(child_reads), "--answers", str(child_writes)),
            *("--framework", self.framework, "--library", self.library),
        ]
        # Compilers' caches of its own: compiling takes as long as it takes a
        # new user, and no two workers share them. Temporary files go with it
        caches = {
            "TMPDIR": str(self.scratch),
            "TORCHINDUCTOR_CACHE_DIR": str(self.scratch / "inductor"),
            "TRITON_CACHE_DIR": str(self.scratch / "triton"),
        }
        try:
            with Path(self.log or os.devnull).open("ab") as log:
                self._log_start = log.tell()
                self._process = subprocess.Popen(
                    command,
                    cwd=self.root,
                    env=inherited() | caches | dict(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(child_reads, child_writes),
                    # Ctrl-C in the terminal reaches the parent alone
                    start_new_session=True,
                )
        except OSError as problem:
            if problem.filename != self.python:
                raise
            raise self._failed(
                f"interpreter {self.python!r} cannot be started "
                f"({problem.strerror}): set framework.python to a Python "
                f"that has {self.framework}",
                FrameworkMissing,
            ) from None
        finally:
            os.close(child_reads)
            os.close(child_writes)

    def _program(self) -> list[str]:
        if self.session is None:
            return ["-m", "benchmarks.worker"]
        # This tree's worker by its path; `-c` keeps the working folder, the
        # other tree's root, first on the path of modules
        run = (
            "import runpy, sys; del sys.argv[0]; "
            "runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        worker = str(ROOT / "benchmarks" / "worker" / "__main__.py")
        return ["-c", run, worker, "--session", str(self.session)]

    def _send(self, message: dict[str, Any]) -> None:
        line = json.dumps(message, allow_nan=False).encode() + b"\n"
        try:
            while line:
                line = line[self._requests.write(line) or 0 :]
        except BrokenPipeError:
            raise self._dead() from None

    def _receive(self, verb: str) -> dict[str, Any]:
        deadline = time.monotonic() + self.limit
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(0, deadline - time.monotonic())):
                    raise self._failed(
                        f"no answer within {self.limit:g} s to {verb!r}"
                    )
                if not (chunk := self._answers.read(65536)):
                    raise self._dead()
                self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        return dict(json.loads(line))

    def _failed(
        self, reason: str, kind: type[WorkerFailed] = WorkerFailed
    ) -> WorkerFailed:
        prefix = f"{self.label}: " if self.label else ""
        return kind(prefix + reason, self.log_tail())

    def _dead(self) -> WorkerFailed:
        assert self._process is not None
        try:
            code = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            return self._failed("closed its pipe")
        reason = _exit_reason(code)
        if code != -signal.SIGKILL and (line := self._last_line()):
            reason += f"; its log ends: {line[:LONGEST]}"
        return self._failed(reason)

    def _last_line(self) -> str:
        """The last line that this process has written to its log."""
        if self.log is None or not self.log.is_file():
            return ""
        written = self.log.read_bytes()[self._log_start :][-65536:]
        text = written.decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else ""

    def _raised(self, verb: str, error: dict[str, str]) -> WorkerFailed:
        # `build` imports the framework, `hello` imports NumPy
        own = (f"{self.library}.", "benchmarks.")
        if (
            verb in ("hello", "build")
            and "missing" in error
            and not f"{error['missing']}.".startswith(own)
        ):
            name = self.framework
            extra = name
            if name == "slide":  # Keras, and the backend it computes with
                extra = self.environment.get("KERAS_BACKEND", "tensorflow")
            return self._failed(
                f"{name} cannot be imported by {self.python} "
                f"({error['message']}). Install it: make setup, or "
                f"{self.python} -m pip install -c constraints.txt '.[{extra}]'",
                FrameworkMissing,
            )
        return self._failed(f"raised {error['type']}: {error['message']}")


def _exit_reason(code: int) -> str:
    if code >= 0:
        return f"ended by itself with exit code {code}"
    if -code == signal.SIGKILL:
        return "killed (signal 9): most often the system ran out of memory"
    return f"killed (signal {-code}: {signal.strsignal(-code)})"
