"""`make bench`: measure the cells of a sweep, record and report them.

`python -m benchmarks.commands.bench suite=quick workload=cnn seed=1,2`. Exit
code: 0 all is well, 1 a cell failed, 2 a mistake to mend, 130 interrupted.
"""

import signal
import sys
from types import FrameType

from benchmarks.bench import sweep
from benchmarks.errors import UserError


def main(given: list[str] | None = None) -> int:
    """Run the sweep of a command line; returns the exit code."""
    for number in sweep.SIGNALS:
        signal.signal(number, _interrupt)
    try:
        return sweep.run(sys.argv[1:] if given is None else given)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted: no cell had begun.", file=sys.stderr)
        return 130


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
