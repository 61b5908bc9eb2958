"""The wrapper of every command: arguments, signals, errors, exit codes.

0: success. 1: the command ran and the answer is no (a cell failed, a
regression, a difference). 2: a mistake that the user can mend. 130:
interrupted.
"""

import functools
import getpass
import os
import signal
import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bench.console import CLEAR
from benchmarks.errors import UserError
from benchmarks.passes.process import WorkerFailed

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Add = Callable[..., object]  # ArgumentParser.add_argument
Main = Callable[[Any], int]


def command(
    interrupted: str, options: Callable[[Add], None] | None = None
) -> Callable[[Main], Callable[..., int]]:
    """Decorate the main function of a command.

    interrupted: the message printed after Ctrl-C, SIGTERM or SIGHUP.
    options: adds the options that main takes as a Namespace; without them
    main takes the plain list of arguments.
    """

    def decorate(main: Main) -> Callable[..., int]:
        @functools.wraps(main)
        def wrapped(arguments: list[str] | None = None) -> int:
            given: Any = sys.argv[1:] if arguments is None else arguments
            _raise_on_signals()
            _name_user()
            if hasattr(sys.stdout, "reconfigure"):
                # A letter that the terminal's encoding lacks ends nothing
                sys.stdout.reconfigure(errors="backslashreplace")
            try:
                if options:
                    parser = _parser(main)
                    options(parser.add_argument)
                    given = parser.parse_intermixed_args(given)
                return main(given)
            except UserError as error:
                _print_error(str(error))
                return 2
            except WorkerFailed as failed:
                _print_error(failed.reason)
                return 1
            except KeyboardInterrupt:
                print(f"\n{interrupted}", file=sys.stderr)
                return 130

        return wrapped

    return decorate


def _print_error(message: str) -> None:
    if sys.stdout.isatty():
        print(CLEAR, end="", flush=True)  # of the status line
    print(message, file=sys.stderr)


def _parser(main: Main) -> ArgumentParser:
    """A parser named and described as the module of `main`."""
    module = sys.modules[main.__module__]
    name = Path(module.__file__ or "").stem
    prog = f"python -m benchmarks.commands.{name}"
    return ArgumentParser(
        prog,
        description=module.__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )


def _name_user() -> None:
    """A home and a name where neither HOME nor a passwd entry has them.

    As in a container started with a bare user number: libraries ask for both.
    """
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = tempfile.gettempdir()
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["USER"] = f"user-{os.getuid()}"


def _raise_on_signals() -> None:
    """Turn signals into KeyboardInterrupt; `nohup`'s ignored ones stay so."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
