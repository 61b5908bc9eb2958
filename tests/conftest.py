"""What holds for all tests."""

import os
import signal
from tempfile import TemporaryDirectory

import pytest

from benchmarks.environment import env_vars
from benchmarks.parity.schedule import UNOPTIMIZED

# A shell that starts the tests in the background makes them ignore Ctrl-C,
# and their children too: those that interrupt something would wait forever.
signal.signal(signal.SIGINT, signal.default_int_handler)

CACHE = "JAX_COMPILATION_CACHE_DIR"
COMPILE_ONCE = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def pytest_configure(config):
    """Compile each JAX program once, quickly, for all processes of a run.

    Workers inherit the folder, and so do the processes of pytest-xdist. The
    results of a program have the same bits, read or compiled. The parity
    checks in float32 run what XLA optimizes.
    """
    if CACHE not in os.environ:
        folder = TemporaryDirectory(prefix="jax-programs-")
        config.add_cleanup(folder.cleanup)
        config.add_cleanup(lambda: os.environ.pop(CACHE))
        os.environ[CACHE] = folder.name
    # A bench keeps it from its workers
    kept = (name for name in env_vars.DROPPED if name != CACHE)
    env_vars.DROPPED = tuple(kept)
    os.environ |= COMPILE_ONCE
    os.environ.setdefault("XLA_FLAGS", UNOPTIMIZED)


@pytest.fixture(autouse=True)
def handlers():
    """A command called by a test leaves no handler of signals behind."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
