"""`make bench`: measure the cells of a sweep, record and report them.

`python -m benchmarks.commands.bench suite=quick workload=cnn seed=1,2`. Exit
code: 0 all cells finished, 1 a cell failed, 2 a mistake, 130 interrupted.
"""

import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.commands.entry import command

BEGAN = time.time()
DRY_RUN = "--dry-run"


@command("Interrupted: no cell had begun.")
def main(arguments: list[str]) -> int:
    """Run the sweep of a command line; returns the exit code."""
    from benchmarks.bench import sweep  # Hydra and MLflow: seconds

    given = ["dry_run=true" if a == DRY_RUN else a for a in arguments]
    return sweep.run(given, _report, BEGAN)


def _report(*arguments: Any) -> Path:
    import reports  # pandas and Plotly: seconds

    return reports.build(*arguments)


if __name__ == "__main__":
    sys.exit(main())
