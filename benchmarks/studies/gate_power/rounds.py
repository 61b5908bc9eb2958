"""Rounds: one fresh process of base and of head, with injected slowdowns.

A pair takes seconds to start, so one round gives a pair for every
injected size: the blocks of base, of head as it is and of head with
each slowdown alternate, in an order that is drawn for every cycle.
"""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median

from scipy.stats import theilslopes

from benchmarks.errors import UserError
from benchmarks.gate import pairs
from benchmarks.gate.checkout import environments
from benchmarks.gate.decide import orders
from benchmarks.gate.pairs import Blocks, Cell, Pair
from benchmarks.records.revision import ROOT, code
from benchmarks.records.verdict import Side
from benchmarks.studies.gate_power import injected_slowdown
from benchmarks.studies.gate_power.injected_slowdown import KIND
from benchmarks.studies.gate_power.pool import SIZES, Pool, Round, states

PROCESSES = 6  # of a calibration
CYCLES = 12
SHARES = (1 / 8, 1 / 4, 1 / 2, 1)  # of the largest count that is tried
LARGEST = 0.2  # slowdown that is tried
UNSTEADY = 0.03  # of a step: largest median deviation from the line
MAX_COUNT = 2.0**17  # products that are tried
SIDES = "AB"
OTHER = ("startup_seconds", "compile_seconds", "host_peak_bytes")


def two_sides() -> tuple[Side, Side]:
    """This tree, twice."""
    here, pythons = code(ROOT), environments.here(ROOT)
    head = Side(
        "head", ROOT, here["revision"], bool(here["dirty"]), pythons, "here"
    )
    return replace(head, name="base"), head


def opened(
    cell: Cell, files: Path, seed: int, how: Blocks, base_first: bool
) -> AbstractContextManager[Pair]:
    """A pair of workers whose steps can be slowed down."""
    return pairs.open_pair(
        two_sides(),
        (cell, cell),
        files,
        seed=seed,
        kinds=(KIND,),
        how=how,
        base_first=base_first,
        session=injected_slowdown.PATH,
    )


def measure(pool: Pool, how: Blocks, files: Path) -> Round:
    """The next round of a pool."""
    cell, seed = pool.head["cell"], pool.head["seed"]
    number = pool.rounds[-1]["number"] + 1 if pool.rounds else 0
    base_first = next(islice(orders(seed, " ".join(pool.names)), number, None))
    load = os.getloadavg()[0]
    began = time.monotonic()
    with opened(cell, files, seed + number, how, base_first) as pair:
        started = time.monotonic()
        blocks, sequence = alternate(
            pair, states(number), pool.head["counts"], how.cycles
        )
        ended = time.monotonic()
        base, head = pair.samples
        return {
            "number": number,
            "seed": seed + number,
            "order": pair.order,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "load": round(load, 2),
            "open_seconds": started - began,
            "blocks_seconds": ended - started,
            "steps": pair.steps[KIND],
            "sequence": sequence,
            "blocks": blocks,
            "metrics": {
                name: [base[name]["value"], head[name]["value"]]
                for name in OTHER
                if base.get(name, {}).get("value") and head[name]["value"]
            },
        }


def alternate(
    pair: Pair, chosen: Sequence[str], counts: dict[str, float], cycles: int
) -> tuple[dict[str, list[float]], list[str]]:
    """Seconds per step by state, block by block, and the drawn order.

    In a cycle, first all blocks of one side, then those of the other, each
    in a drawn order. The processes take turns as in the gate; the cost of a
    switch is discarded before the first block after it.
    """
    blocks: dict[str, list[float]] = {state: [] for state in chosen}
    sequence: list[str] = []
    first = pair.random.choice(SIDES)
    for _ in range(cycles):
        drawn = pair.random.sample(list(chosen), len(chosen))
        for state in sorted(drawn, key=lambda state: state[0] != first):
            side, size = SIDES.index(state[0]), state[1:]
            count = counts[size] if size != "0" else 0
            switched = not sequence or sequence[-1][0] != state[0]
            blocks[state].append(_block(pair, side, count, switched))
            sequence.append(state)
    return blocks, sequence


def _block(pair: Pair, side: int, count: float, switched: bool) -> float:
    """Seconds per step of a block with `count` products in each step."""
    pair.workers[side].ask("slow", count=count)
    return pair.block(side, KIND, switched)


def calibrate(
    cell: Cell, how: Blocks, files: Path, status: Callable[[str], None]
) -> dict[str, dict[str, float]]:
    """`costs` of products, and `counts` of them for each size.

    The costs are `fixed` and `each`, as fractions of a step. Measured in
    the blocks of the gate, in several fresh processes, once for a pool: an
    injected slowdown is the same code in every round. Raises UserError
    where the machine is too busy.
    """
    points: list[tuple[float, float]] = []
    for number in range(PROCESSES // 2):
        status(f"calibrating, processes {2 * number + 1} and {2 * number + 2}")
        with opened(cell, files, number, how, number % 2 == 0) as pair:
            for side in (0, 1):
                top = _largest(pair, side)
                tried = [float(round(top * share)) for share in SHARES]
                points += _slowdowns(pair, side, tried, CYCLES, CYCLES // 4)
    fixed, each = line(points)
    deviation = median(abs(y - fixed - each * x) for x, y in points)
    if each <= 0 or deviation > UNSTEADY:
        raise UserError(
            f"{cell['workload']['name']} {cell['framework']['name']}: a"
            f" slowdown cannot be calibrated: the cost of products of matrices"
            f" deviates by {100 * deviation:.1f} % of a step from a line."
            f" Expected an idle machine: end other programs and run again."
        )
    counts = {str(s): count(s, fixed, each) for s in SIZES if s > 0}
    return {"costs": {"fixed": fixed, "each": each}, "counts": counts}


def line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Intercept and slope of (count, slowdown), robust against outliers.

    Theil and Sen's median of all slopes: a process that was disturbed does
    not count. The intercept is not negative.
    """
    x, y = [point[0] for point in points], [point[1] for point in points]
    each, fixed, *_ = theilslopes(y, x)
    if fixed < 0:
        return 0.0, median(b / a for a, b in points)
    return float(fixed), float(each)


def count(size: float, fixed: float, each: float) -> float:
    """Products per step that slow it down by `size` per cent.

    Below the cost of a call, not every step makes one.
    """
    wanted, call = size / 100, fixed + each
    return wanted / call if wanted < call else (wanted - fixed) / each


def _largest(pair: Pair, side: int) -> float:
    """About how many products slow a step down by `LARGEST`."""
    number = 8.0
    while number < MAX_COUNT:
        gains = []
        for _ in range(2):  # noise alone is seldom so large twice
            ((_, gain),) = _slowdowns(pair, side, [number], 4, 0)
            gains.append(gain)
            if gain < 2 * LARGEST:
                break
        else:
            return max(8.0, number * LARGEST / min(gains))
        number *= 2
    return MAX_COUNT


def _slowdowns(
    pair: Pair, side: int, counts: list[float], cycles: int, rank: int
) -> list[tuple[float, float]]:
    """(count, slowdown) by the block at `rank` from the quickest."""
    blocks: dict[float, list[float]] = {count: [] for count in (0.0, *counts)}
    for _ in range(cycles):
        for count in pair.random.sample(list(blocks), len(blocks)):
            blocks[count].append(_block(pair, side, count, False))
    plain, *slowed = (sorted(times)[rank] for times in blocks.values())
    return [
        (count, seconds / plain - 1)
        for count, seconds in zip(counts, slowed, strict=True)
    ]
