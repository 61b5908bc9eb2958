"""`make parity`: compare every implementation with the NumPy reference.

`python -m benchmarks.commands.parity --models cnn,rnn --precisions float64
--all-modes`. Exit code: 0 every difference is within its bound, 1 one is not,
2 a mistake of the user, 130 interrupted.
"""

import json
import math
import sys
import time
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import count, product
from operator import itemgetter
from pathlib import Path

import numpy as np

import impls
from benchmarks.commands.entry import Add, command
from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.parity import case, compare, schedule
from benchmarks.parity.case import CHECKS, fixture, variants
from benchmarks.parity.compare import Row, Run
from benchmarks.parity.schedule import PRECISIONS, Implementation, Log

OUT = Path("reports/latest/parity.json")
KEY = itemgetter("precision", "model", "check")
OF_MODEL = itemgetter("model", "precision")
MEASURE = "python -m benchmarks.commands.parity --measure-floors"


def _subset(possible: tuple[str, ...], text: str) -> list[str]:
    chosen = text.split(",")
    for name in chosen:
        if name not in possible:
            raise ArgumentTypeError(
                f"{name!r}: expected some of {','.join(possible)}"
            )
    return chosen


def _options(add: Add) -> None:
    for name, possible in (
        ("models", impls.MODELS),
        ("frameworks", impls.FRAMEWORKS),
        ("precisions", PRECISIONS),
    ):
        add(
            f"--{name}",
            type=partial(_subset, possible),
            default=list(possible),
            help=f"some of {','.join(possible)}",
        )
    add("--all-modes", action="store_true", help="even those slow to compile")
    add("--out", type=Path, default=OUT)
    add("--measure-floors", action="store_true", help="of float32; minutes")
    add("--seeds", type=int, default=3, help="of measured floors")


@command("Interrupted: nothing is written.", _options)
def main(options: Namespace) -> int:
    """Run the checks of `make parity`, or measure float32 floors."""
    if options.measure_floors:
        return measure(options.models, options.seeds)
    return check(options)


def check(options: Namespace) -> int:
    """Run the checks, print the largest differences, write `parity.json`."""
    started = time.perf_counter()
    if "float32" in options.precisions:
        _require_floors(options.models)
    implementations = schedule.implementations(
        options.models,
        options.frameworks,
        options.precisions,
        options.all_modes,
    )
    log = _numbered(len(implementations))
    rows = differences(schedule.run_all(implementations, log))
    if not rows:
        raise UserError("no framework is installed: nothing to compare")
    print("\n".join(table(rows)))
    try:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        files.write_json(options.out, rows)
    except OSError as error:
        raise UserError(f"{options.out}: cannot be written ({error})") from None
    seconds = time.perf_counter() - started
    print(f"\n{options.out}: written after {seconds:.0f} s")
    print(closing(rows))
    return 0 if all(map(_within, rows)) else 1


def differences(runs: dict[Implementation, Run]) -> list[Row]:
    """The rows of `parity.json`: per model, precision, check and pair."""
    groups: dict[tuple[str, str], dict[str, Run]] = {}
    for key, run in runs.items():
        group = groups.setdefault((key.model, key.precision), {})
        group[key.label] = run
    return [
        row
        for (model, precision), group in groups.items()
        for row in compare.rows(model, precision, group)
    ]


def table(rows: list[Row]) -> list[str]:
    """Lines with the row nearest to its bound, per model and check."""
    lines = []
    models = dict.fromkeys(row["model"] for row in rows)
    for precision in dict.fromkeys(row["precision"] for row in rows):
        lines += ["", f"{precision}: largest difference of each check"]
        for key in product([precision], models, CHECKS):
            group = [row for row in rows if KEY(row) == key]
            if group:
                lines.append(_largest(group))
    return [*lines, "", *_beyond([row for row in rows if not _within(row)])]


def _within(row: Row) -> bool:
    return bool(row["error"] <= row["bound"])


def _largest(rows: list[Row]) -> str:
    row = max(rows, key=lambda row: (not _within(row), row["error"]))
    pair = f"{row['left']}, {row['right']}: {row['array']}"
    return (
        f"{row['model']:14}{row['check']:20}{row['error']:8.1e} "
        f"{'<=' if _within(row) else '> '} {row['bound']:<8.1e}"
        + (pair if row["error"] else f"{len(rows)} pairs, all bits equal")
    )


def _beyond(rows: list[Row]) -> list[str]:
    """Of each model: which implementation is to blame, and where it began.

    The comparisons of the first check that fails; the others follow from it.
    """
    lines = []
    for model, precision in dict.fromkeys(map(OF_MODEL, rows)):
        own = [row for row in rows if OF_MODEL(row) == (model, precision)]
        first = min((row["check"] for row in own), key=CHECKS.index)
        sides = [{row["left"], row["right"]} for row in own]
        blamed = set.intersection(*sides)
        if len(blamed) == 1:
            who = f"{blamed.pop()} differs from all others"
        else:
            who = f"{', '.join(sorted(set.union(*sides)))} differ"
        lines.append(
            f"{model}, {precision}: {who}, first in {first}"
            f" ({len(own)} comparisons are beyond their bounds)"
        )
        lines += [
            f"BEYOND: {_described(row)}" for row in own if row["check"] == first
        ]
    return lines


def _described(row: Row) -> str:
    return (
        f"{row['model']}, {row['check']}, {row['precision']}: "
        f"{row['left']} against {row['right']}, {row['array']}: "
        f"{row['error']:.2g}, bound {row['bound']:.2g}"
    )


def closing(rows: list[Row]) -> str:
    """One line: how many are within their bounds, of what, and the largest.

    The largest in relation to its bound, which is 0 where bits are compared.
    """
    beyond = sum(not _within(row) for row in rows)
    largest = max(
        rows,
        key=lambda row: (not _within(row), row["error"] / (row["bound"] or 1)),
    )
    return (
        f"{len(rows)} comparisons, {beyond or 'all'}"
        f" {'beyond' if beyond else 'within'} their bounds, of"
        f" {_covered(rows)}; the largest difference: {_described(largest)}"
    )


def _covered(rows: list[Row]) -> str:
    """`every model, framework and check`, or how many of them."""
    left = {row["left"].partition("-")[0] for row in rows}
    groups = {
        "models": ({row["model"] for row in rows}, variants()),
        "frameworks": (left, impls.FRAMEWORKS),
        "checks": ({row["check"] for row in rows}, CHECKS),
    }
    if all(len(covered) == len(every) for covered, every in groups.values()):
        return "every model, framework and check"
    return ", ".join(
        f"{len(covered)} of {len(every)} {name}"
        for name, (covered, every) in groups.items()
    )


def measure(models: Iterable[str], seeds: int) -> int:
    """Write the float32 floors of models into their `parity.json`.

    The largest difference by each criterion over all seeds. The first seed
    runs in every mode.
    """
    worst: dict[str, dict[str, float]] = {n: {} for n in variants(models)}
    for seed in range(seeds):
        implementations = schedule.implementations(
            models, precisions=["float32"], every=seed == 0
        )
        runs = schedule.run_all(implementations, _log, seed)
        problems = [run.problem for run in runs.values() if run.problem]
        if problems:
            raise UserError(f"floors need every implementation: {problems[0]}")
        for row in differences(runs):
            floors = worst[row["model"]]
            name = compare.criterion(row["check"], row["array"])
            floors[name] = max(floors.get(name, 0), row["error"])
    for model, floors in worst.items():
        _write_floors(model, floors, seeds)
    return 0


def _write_floors(name: str, worst: dict[str, float], seeds: int) -> None:
    epsilon = float(np.finfo(np.float32).eps)
    floors = {
        criterion: _rounded_up(max(error, epsilon))
        for criterion, error in worst.items()
        if criterion
    }
    print(f"{name}: {floors}")
    measured = f"{MEASURE} --seeds {seeds}, {datetime.now(UTC):%Y-%m-%d}"
    model, _, variant = name.partition(" ")
    content = fixture(model) | {"measured": measured}
    if variant:
        content.setdefault("variant_floors", {})[variant] = floors
    else:
        content["floors"] = floors
    path = case.IMPLS / model / "parity.json"
    path.write_text(json.dumps(content, indent=2) + "\n")


def _rounded_up(value: float) -> float:
    """Rounded up to two digits."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / unit) * unit:.1e}")


def _require_floors(models: Iterable[str]) -> None:
    """Raise UserError naming models without float32 floors."""
    lacking = [
        model
        for model in models
        for name in variants([model])
        for criterion in compare.criteria(name)
        if compare.bound(name, criterion, "float32") is None
    ]
    if lacking:
        names = ",".join(dict.fromkeys(lacking))
        raise UserError(
            f"{names}: no float32 floors in impls/<model>/parity.json; "
            f"measure them: {MEASURE} --models {names}"
        )


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _numbered(total: int) -> Log:
    """A log that numbers its lines: `[3/143] cnn jax-jit float64: 7.1 s`."""
    numbers = count(1)
    return lambda line: _log(f"[{next(numbers)}/{total}] {line}")


if __name__ == "__main__":
    sys.exit(main())
