"""What holds for all tests."""

import signal

import pytest

# A shell that starts the tests in the background makes them ignore Ctrl-C,
# and their children too: those that interrupt something would wait forever.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def handlers():
    """A command called by a test leaves no handler of signals behind."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
