"""Where the training step of a cell spends its time, by operation.

    python -m benchmarks.commands.profile --workload cnn --framework torch

The step of the cell's main phase, as the speed pass takes it, under the
framework's own profiler. For the question that a report leaves open: why is
this one slower?
"""

import argparse
import re
import sys
import tempfile
from typing import Any

from benchmarks.config.compose import asked, prepared
from benchmarks.errors import UserError
from benchmarks.passes.measure import traced
from benchmarks.passes.process import FrameworkMissing, WorkerFailed

MOST = 15  # operations that are told; the others are one line
# What runs nothing itself: threads that wait for those that do
WAITING = re.compile(r"wait|^KernelAndDeviceFunc::Run$", re.IGNORECASE)


def main() -> int:
    """Print the operations of a step, the longest first.

    Returns 0; 1: the worker failed; 2: bad input; 130: interrupted.
    """
    options = _options()
    try:
        cell, config = asked(options)
        _check(cell)
        data = prepared(cell, config)
        with tempfile.TemporaryDirectory() as files:
            found = traced(cell, data, files, options.steps)
    except UserError as problem:
        print(problem, file=sys.stderr)
        return 2
    except (FrameworkMissing, WorkerFailed) as problem:
        print(problem.reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped: nothing is recorded.", file=sys.stderr)
        return 130
    print("\n".join(told(cell, found)))
    return 0


def told(cell: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """The lines of a terminal."""
    framework, workload = cell["framework"], cell["workload"]
    every = [one for one in found["operations"] if not _waits(one)]
    waited = sum(one["seconds"] for one in found["operations"] if _waits(one))
    total = sum(one["seconds"] for one in every)
    calls = sum(one["calls"] for one in every)
    what = f"{workload['batch']} examples"
    if workload.get("window"):
        what = f"{workload['batch']} streams, {workload['window']} symbols each"
    lines = [
        f"{workload['name']} {framework['name']} {framework['mode']}: "
        f"{1000 * found['seconds']:.2f} ms a step of {what} under the "
        f"profiler, {calls:,.0f} operations of "
        f"{1e6 * total / max(calls, 1):.1f} microseconds, and "
        f"{1000 * waited:.2f} ms in which threads waited",
        f"{'operation':44} {'calls a step':>12} {'ms a step':>10} {'share':>7}",
    ]
    rest = every[MOST:]
    if rest:
        named = f"{len(rest)} others"
        sums = {k: sum(one[k] for one in rest) for k in ("calls", "seconds")}
        every = [*every[:MOST], {"name": named, **sums}]
    return lines + [
        f"{one['name'][:44]:44} {one['calls']:12,.0f} "
        f"{1000 * one['seconds']:10.3f} {one['seconds'] / total:7.1%}"
        for one in every
    ]


def _waits(one: dict[str, Any]) -> bool:
    return bool(WAITING.search(one["name"]))


def _check(cell: dict[str, Any]) -> None:
    """Raise UserError for a cell whose steps cannot be looked at."""
    if cell["framework"]["name"] == "slide":
        raise UserError(
            "framework=slide: expected torch, tensorflow or jax. The book's"
            " program has no step of its own to look at."
        )
    if cell["device"]["name"] != "cpu":
        raise UserError(
            f"device={cell['device']['name']}: expected cpu. A GPU's kernels"
            " are not read here; take its maker's profiler."
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.profile", description=__doc__
    )
    parser.add_argument("--workload", required=True)
    parser.add_argument("--framework", required=True)
    parser.add_argument("--steps", type=_count, default=20)
    parser.add_argument(
        "overrides", nargs="*", help="such as framework.mode=eager"
    )
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
