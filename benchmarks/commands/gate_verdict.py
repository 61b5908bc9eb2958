"""Print the verdict of the last gate and exit with its code.

    python -m benchmarks.commands.gate_verdict reports/gate

Exit code: 0 nothing regressed, 1 regressed or changed numerics, 2 not
measured or inconclusive. `make gate` exits with 2 in both of these cases,
as make does for every command that fails.
"""

import sys
from pathlib import Path

from benchmarks.commands.entry import command
from benchmarks.errors import UserError
from benchmarks.gate.render import terminal
from benchmarks.records.verdict import Verdict


@command("Interrupted.")
def main(arguments: list[str]) -> int:
    """Print the verdict in a folder; returns its exit code."""
    folder = Path(arguments[0] if arguments else "reports/gate")
    path = folder / "gate.json"
    try:
        verdict = Verdict.read(path)
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: run `make gate`") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error}") from error
    print("\n".join(terminal.lines(verdict, folder)))
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(main())
