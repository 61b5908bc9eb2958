"""`make parity`: every column of every model climbs the ladder.

`python -m benchmarks.commands.parity --models cnn,rnn --precisions float64
--all-modes`. Exit code: 0 all is within its bound, 1 a difference is not,
2 a mistake to mend, 130 interrupted.
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import impls
from benchmarks.errors import UserError
from benchmarks.parity import case, schedule
from benchmarks.parity import compare as differences
from benchmarks.parity.case import RUNGS, facts, variants
from benchmarks.parity.compare import Climb, Row
from benchmarks.parity.schedule import PRECISIONS, Place

OUT = Path("reports/latest/parity.json")
MEANING = {
    1: "names, shapes, bits",
    2: "scores",
    3: "loss, gradients",
    4: "optimiser steps",
    5: "training mode",
    6: "trajectory",
}


def main(given: list[str] | None = None) -> int:
    """The exit code of a command line."""
    options = _options(given)
    try:
        if options.measure_floors:
            return measure(options.models, options.seeds)
        return prove(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted: nothing was written.", file=sys.stderr)
        return 130


def prove(options: argparse.Namespace) -> int:
    """Climb, print the largest differences, write `parity.json`."""
    started = time.perf_counter()
    if "float32" in options.precisions:
        _need_floors(options.models)
    wanted = schedule.places(
        options.models,
        options.frameworks,
        options.precisions,
        options.all_modes,
    )
    found = schedule.gather(wanted, _say)
    rows = compare(found)
    if not rows:
        raise UserError("no framework is installed: nothing to compare")
    print("\n".join(table(rows)))
    write(rows, options.out)
    over = [row for row in rows if not row["error"] <= row["bound"]]
    verdict = f"{len(over)} beyond" if over else "all within"
    print(
        f"\n{len(rows)} comparisons, {verdict} their bounds, "
        f"{time.perf_counter() - started:.0f} s: {options.out}"
    )
    return 1 if over else 0


def compare(found: dict[Place, Climb]) -> list[Row]:
    """Rows of `parity.json`: model x rung x pair x precision."""
    groups = dict.fromkeys((each.model, each.precision) for each in found)
    return [
        row
        for model, precision in groups
        for row in differences.rows(
            model,
            precision,
            {
                place.column: climb
                for place, climb in found.items()
                if (place.model, place.precision) == (model, precision)
            },
        )
    ]


def table(rows: list[Row]) -> list[str]:
    """Lines: of every model and rung the row nearest to its bound."""
    lines = []
    for precision in dict.fromkeys(row["precision"] for row in rows):
        lines += ["", f"{precision}: largest difference of each rung"]
        for model in dict.fromkeys(row["model"] for row in rows):
            for rung in RUNGS:
                key = precision, model, rung
                lines += _line([row for row in rows if _key(row) == key])
    lines += ["", *(_beyond(r) for r in rows if not r["error"] <= r["bound"])]
    return lines


def _key(row: Row) -> tuple[str, str, int]:
    return row["precision"], row["model"], row["rung"]


def _line(rows: list[Row]) -> list[str]:
    if not rows:
        return []
    row = max(rows, key=lambda row: (row["error"] > row["bound"], row["error"]))
    holds = row["error"] <= row["bound"]
    where = f"{row['left']}, {row['right']}: {row['array']}"
    return [
        f"{row['model']:13}{row['rung']} {MEANING[row['rung']]:20}"
        f"{row['error']:8.1e} {'<=' if holds else '> '} {row['bound']:<8.1e}"
        + (where if row["error"] else f"{len(rows)} pairs, no bit differs")
    ]


def _beyond(row: Row) -> str:
    return (
        f"BEYOND: {row['model']} rung {row['rung']} {row['precision']}, "
        f"{row['left']} against {row['right']}, {row['array']}: "
        f"{row['error']:.2g}, bound {row['bound']:.2g}"
    )


def write(rows: list[Row], path: Path) -> None:
    """Put `parity.json` in its place, whole or not at all.

    Raises UserError where that is impossible.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(rows, indent=1, allow_nan=False))
        temporary.replace(path)
    except OSError as problem:
        raise UserError(f"{path}: cannot be written ({problem})") from None


def measure(models: Iterable[str], seeds: int) -> int:
    """Write the float32 floors of models into their `parity.json`.

    The largest difference of each rung over seeds, in every mode for the
    first of them.
    """
    worst: dict[str, dict[str, float]] = {n: {} for n in variants(models)}
    for seed in range(seeds):
        every = seed == 0
        wanted = schedule.places(models, precisions=["float32"], every=every)
        found = schedule.gather(wanted, _say, seed)
        failed = [climb.problem for climb in found.values() if climb.problem]
        if failed:
            raise UserError(f"floors need every column: {failed[0]}")
        for row in compare(found):
            most = worst[row["model"]]
            held = differences.part(row["rung"], row["array"])
            most[held] = max(most.get(held, 0), row["error"])
    for name, most in worst.items():
        _write_floors(name, most, seeds)
    return 0


def _write_floors(name: str, worst: dict[str, float], seeds: int) -> None:
    least = float(np.finfo(np.float32).eps)
    floors = {
        held: _rounded_up(max(error, least))
        for held, error in worst.items()
        if held
    }
    print(f"{name}: {floors}")
    told = (
        f"python -m benchmarks.commands.parity --measure-floors"
        f" --seeds {seeds}, {datetime.now(UTC):%Y-%m-%d}"
    )
    model, _, variant = name.partition(" ")
    content = facts(model) | {"measured": told}
    if variant:
        content.setdefault("variant_floors", {})[variant] = floors
    else:
        content["floors"] = floors
    path = case.IMPLS / model / "parity.json"
    path.write_text(json.dumps(content, indent=2) + "\n")


def _rounded_up(value: float) -> float:
    """To two digits."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / unit) * unit:.1e}")


def _need_floors(models: Iterable[str]) -> None:
    """Raise UserError naming models without float32 floors."""
    lacking = [
        model
        for model in models
        for name in variants([model])
        for held in differences.parts(name)
        if differences.bound(name, held, "float32") is None
    ]
    if lacking:
        names = ",".join(dict.fromkeys(lacking))
        raise UserError(
            f"{names}: no float32 floors in impls/<model>/parity.json; "
            f"measure them: python -m benchmarks.commands.parity"
            f" --measure-floors --models {names}"
        )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.parity"
    )
    for name, possible in (
        ("models", impls.MODELS),
        ("frameworks", impls.FRAMEWORKS),
        ("precisions", PRECISIONS),
    ):
        parser.add_argument(
            f"--{name}",
            type=_some_of(possible),
            default=list(possible),
            help=f"some of {','.join(possible)}",
        )
    add = parser.add_argument
    add("--all-modes", action="store_true", help="also those slow to compile")
    add("--out", type=Path, default=OUT)
    add("--measure-floors", action="store_true", help="of float32; minutes")
    add("--seeds", type=int, default=3, help="of measured floors")
    return parser.parse_args(given)


def _some_of(possible: tuple[str, ...]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        for word in chosen:
            if word not in possible:
                raise argparse.ArgumentTypeError(
                    f"{word!r}: expected some of {','.join(possible)}"
                )
        return chosen

    return parse


if __name__ == "__main__":
    sys.exit(main())
