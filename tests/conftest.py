"""What holds for all tests."""

import signal

# A shell that starts the tests in the background makes them ignore Ctrl-C,
# and their children too: those that interrupt something would wait forever.
signal.signal(signal.SIGINT, signal.default_int_handler)
