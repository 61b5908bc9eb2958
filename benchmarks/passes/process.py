"""The parent's side of a worker: start it, ask it, and outlive it."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.environment.env_vars import inherited

ROOT = Path(__file__).parents[2]
PATIENCE = 600.0  # seconds without a sign of life

Progress = Callable[[dict[str, Any]], None]


class WorkerFailed(Exception):
    """A worker died, hung, or raised: `reason` in words, and `log_tail`."""

    def __init__(self, reason: str, log_tail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.log_tail = log_tail


class FrameworkMissing(WorkerFailed):
    """The framework is not installed under the worker's interpreter."""


class Worker:
    """A fresh process that answers verbs; a context manager.

    `framework`: a file of `impls/frameworks`, or `slide`. `python`: the
    interpreter, this one by default. `log`: where its standard output and
    error go. `scratch`: where its folder for arrays is made, and removed.
    `environment`: variables set before it starts. `limit`: seconds that it
    may stay silent, unless a request says otherwise. `root`: the tree whose
    code it runs, this one by default. `session`: a file whose `start` makes
    what answers the verbs, instead of that tree's own.

    It never outlives the thread that entered it, however that ends.
    """

    def __init__(
        self,
        framework: str,
        python: str | None = None,
        log: Path | str = os.devnull,
        scratch: Path | str | None = None,
        environment: Mapping[str, str] | None = None,
        limit: float = PATIENCE,
        library: str = "impls",
        root: Path = ROOT,
        session: Path | None = None,
    ) -> None:
        self.framework = framework
        self.python = python or sys.executable
        self.log = Path(log)
        self.environment = dict(environment or {})
        self.limit = limit
        self.library = library
        self.root = root
        self.session = session
        self.start_seconds = 0.0  # from nothing to its first answer
        self._where = scratch
        self._process: subprocess.Popen[bytes] | None = None
        self._running = False
        self._unread = b""

    def __enter__(self) -> "Worker":
        started = time.perf_counter()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self._where:
            Path(self._where).mkdir(parents=True, exist_ok=True)
        self._folder = TemporaryDirectory(prefix="worker-", dir=self._where)
        self.scratch = Path(self._folder.name)
        try:
            self._start()
            self.ask("hello")
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        self.start_seconds = time.perf_counter() - started
        return self

    def __exit__(self, *problem: object) -> None:
        self.kill()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """Its number, also that of its group of processes."""
        assert self._process is not None, "not started: use `with`"
        return self._process.pid

    def ask(
        self,
        verb: str,
        limit: float | None = None,
        on_progress: Progress | None = None,
        **arguments: Any,
    ) -> Any:
        """The answer to a verb; waits as long as progress comes in time.

        `limit`: seconds that may pass without a line from the worker.
        Raises FrameworkMissing, or WorkerFailed if it died, stayed silent
        (then it is killed) or raised (then it can be asked again).
        """
        self.begin(verb, **arguments)
        return self.finish(verb, limit, on_progress)

    def begin(self, verb: str, **arguments: Any) -> None:
        """Send a request; `finish` waits for its answer. Two workers that
        have begun work side by side."""
        if not self._running:
            raise WorkerFailed(f"is not running: asked for {verb!r}")
        with self._or_killed():
            self._send({"verb": verb, "arguments": arguments})

    def finish(
        self,
        verb: str,
        limit: float | None = None,
        on_progress: Progress | None = None,
    ) -> Any:
        """The answer to what `begin` has sent; raises as `ask`."""
        seconds = self.limit if limit is None else limit
        with self._or_killed():
            while "progress" in (message := self._receive(verb, seconds)):
                if on_progress:
                    on_progress(message["progress"])
        if "error" in message:
            raise self._raised(verb, message["error"])
        return message["answer"]

    @contextmanager
    def _or_killed(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            # Also at Ctrl-C: what it answers from now on would be taken
            # for the answer to the next request
            self.kill()
            raise

    def kill(self) -> None:
        """End the process and all that it started; harmless twice."""
        if not self._running:
            return
        self._running = False
        # It ends at this already, were its number not known yet
        self._requests.close()
        self._answers.close()
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of its log."""
        if not self.log.is_file():
            return ""
        text = self.log.read_bytes()[-65536:].decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])

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
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    command,
                    cwd=self.root,
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(child_reads, child_writes),
                    # Ctrl-C in the terminal is the parent's to handle
                    start_new_session=True,
                )
        except OSError as problem:
            if problem.filename != self.python:
                raise
            raise FrameworkMissing(
                f"interpreter {self.python!r} cannot be started "
                f"({problem.strerror}): set framework.python to a Python "
                f"that has {self.framework}"
            ) from None
        finally:
            os.close(child_reads)
            os.close(child_writes)

    def _program(self) -> list[str]:
        if self.session is None:
            return ["-m", "benchmarks.worker"]
        # This tree's worker by its path: `-c` leaves the folder it runs
        # in, the other tree's root, first on the path of modules
        run = (
            "import runpy, sys; del sys.argv[0]; "
            "runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        worker = str(ROOT / "benchmarks" / "worker" / "__main__.py")
        return ["-c", run, worker, "--session", str(self.session)]

    def _environment(self) -> dict[str, str]:
        # Compilers' caches of its own, so that compiling takes what it
        # takes a new user, and two workers never meet
        caches = {
            "TORCHINDUCTOR_CACHE_DIR": str(self.scratch / "inductor"),
            "TRITON_CACHE_DIR": str(self.scratch / "triton"),
        }
        return inherited() | caches | self.environment

    def _send(self, message: dict[str, Any]) -> None:
        line = json.dumps(message, allow_nan=False).encode() + b"\n"
        try:
            while line:
                line = line[self._requests.write(line) or 0 :]
        except BrokenPipeError:
            raise self._dead() from None

    def _receive(self, verb: str, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(0, deadline - time.monotonic())):
                    reason = f"no answer within {seconds:g} s to {verb!r}"
                    raise WorkerFailed(reason, self.log_tail())
                if not (chunk := self._answers.read(65536)):
                    raise self._dead()
                self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        return dict(json.loads(line))

    def _dead(self) -> WorkerFailed:
        assert self._process is not None
        try:
            code = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            return WorkerFailed("closed its pipe", self.log_tail())
        return WorkerFailed(_ending(code), self.log_tail())

    def _raised(self, verb: str, error: dict[str, str]) -> WorkerFailed:
        # A framework is imported by `build`, NumPy by `hello`
        if "missing" in error and verb in ("hello", "build"):
            own = (f"{self.library}.", "benchmarks.")
            if not f"{error['missing']}.".startswith(own):
                return FrameworkMissing(self._advice(error["message"]))
        reason = f"raised {error['type']}: {error['message']}"
        return WorkerFailed(reason, self.log_tail())

    def _advice(self, problem: str) -> str:
        extra = "tensorflow" if self.framework == "slide" else self.framework
        return (
            f"{self.framework} cannot be imported by {self.python} "
            f"({problem}). Install it: make setup, or "
            f"{self.python} -m pip install -c constraints.txt '.[{extra}]'"
        )


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended by itself with exit code {code}"
    if -code == signal.SIGKILL:
        return "killed (signal 9): most often the system ran out of memory"
    return f"killed (signal {-code}: {signal.strsignal(-code)})"
