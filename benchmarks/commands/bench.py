"""`make bench`: measure the cells of a sweep, record and report them.

`python -m benchmarks.commands.bench suite=quick workload=cnn seed=1,2`. Two
options are its own: `--dry-run`, and `--data FOLDER`, as it is called. Exit
code: 0 all cells finished, 1 a cell failed, 2 a mistake, 130 interrupted.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.commands.entry import command
from benchmarks.errors import UserError

BEGAN = time.time()
DRY_RUN, DATA = "--dry-run", "--data"


@command("Interrupted: no cell had begun.")
def main(arguments: list[str]) -> int:
    """Run the sweep of a command line; returns the exit code."""
    from benchmarks.bench import sweep  # Hydra and MLflow: seconds

    return sweep.run(list(_overrides(iter(arguments))), _report, BEGAN)


def _overrides(words: Iterator[str]) -> Iterator[str]:
    """The command line as overrides, its own two options among them."""
    from benchmarks.config.overrides import data_folder

    for word in words:
        if word == DRY_RUN:
            yield "dry_run=true"
        elif word == DATA:
            folder = next(words, None)
            if folder is None:
                raise UserError(f"{DATA}: expected a folder behind it.")
            yield from data_folder(folder)
        else:
            yield word


def _report(*arguments: Any) -> Path:
    import reports  # pandas and Plotly: seconds

    return reports.build(*arguments)


if __name__ == "__main__":
    sys.exit(main())
