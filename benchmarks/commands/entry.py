"""The wrapper of every command: signals, user errors, exit codes.

0: success. 1: the command ran and the answer is no (a cell failed, a
regression, a difference). 2: a mistake that the user can mend. 130:
interrupted.
"""

import functools
import signal
import sys
from collections.abc import Callable
from types import FrameType

from benchmarks.errors import UserError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Main = Callable[[list[str]], int]


def command(interrupted: str) -> Callable[[Main], Callable[..., int]]:
    """Decorate the main function of a command, which takes its arguments.

    interrupted: the message printed after Ctrl-C, SIGTERM or SIGHUP.
    """

    def decorate(main: Main) -> Callable[..., int]:
        @functools.wraps(main)
        def wrapped(arguments: list[str] | None = None) -> int:
            _raise_on_signals()
            try:
                return main(sys.argv[1:] if arguments is None else arguments)
            except UserError as error:
                print(error, file=sys.stderr)
                return 2
            except KeyboardInterrupt:
                print(f"\n{interrupted}", file=sys.stderr)
                return 130

        return wrapped

    return decorate


def _raise_on_signals() -> None:
    """Turn signals into KeyboardInterrupt; `nohup`'s ignored ones stay so."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
