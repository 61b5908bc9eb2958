"""Print a gate's verdict as Markdown, for a comment on a pull request.

    python -m benchmarks.commands.gate_comment reports/gate/gate.json

Standard library only: runs under an interpreter where nothing is installed.
Exit code: 0 printed, 2 the file is broken.
"""

import sys
from pathlib import Path

from benchmarks.commands.entry import command
from benchmarks.errors import UserError
from benchmarks.gate.render import comment
from benchmarks.records.verdict import Verdict


@command("Interrupted.")
def main(arguments: list[str]) -> int:
    """Print the comment of a gate.json; returns the exit code."""
    path = Path(arguments[0] if arguments else "reports/gate/gate.json")
    try:
        print(comment.render(Verdict.read(path)), end="")
    except FileNotFoundError:
        print(comment.absent("the gate left no verdict; see its log"), end="")
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error}") from error
    return 0


if __name__ == "__main__":
    sys.exit(main())
