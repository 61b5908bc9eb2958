"""The pool of rounds that the power of the gate is computed from.

One file per cell, environment and code: a head, then one JSON line per
round. Rounds are appended as they are measured; a line torn by a kill is
dropped, everything before it stays.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.errors import UserError
from benchmarks.records.revision import ROOT
from benchmarks.records.store import disk

ALWAYS = ("A0", "B0", "B3", "B5")
# Planted in base, 3 is an improvement: the rule treats both alike
IN_TURN = ("B1", "A3", "B2", "A5", "B10", "A3", "B20", "A5")
SIZES = (0, 1, 2, 3, 5, 10, 20, -3, -5)  # per cent; below 0: head is faster
MEASURING = ("pairs.py", "probe.py", "plant.py")

Round = dict[str, Any]


@dataclass(frozen=True)
class Pool:
    """What is known of one cell."""

    path: Path
    head: dict[str, Any]  # cell, environment, fingerprint, code, plants, ...
    rounds: list[Round]

    @property
    def names(self) -> tuple[str, str]:
        """Workload and framework."""
        cell = self.head["cell"]
        return cell["workload"]["name"], cell["framework"]["name"]

    def pairs(self, size: int) -> tuple[list[float], list[int]]:
        """Log-ratios of a planted size, and orders, in order of time."""
        found = [
            (ratio, int(one["order"]))
            for one in self.rounds
            if (ratio := log_ratio(one, size)) is not None
        ]
        return [ratio for ratio, _ in found], [order for _, order in found]

    def metric(self, name: str) -> tuple[list[float], list[int]]:
        """The same for another timed metric: A/A in every round."""
        found = [
            (math.log(values[1] / values[0]), int(one["order"]))
            for one in self.rounds
            if (values := one["metrics"].get(name))
        ]
        return [ratio for ratio, _ in found], [order for _, order in found]

    def achieved(self, size: int) -> list[float]:
        """Log-ratios of planted over unplanted blocks of one process."""
        found = (_achieved(one["blocks"], size) for one in self.rounds)
        return [ratio for ratio in found if ratio is not None]

    @property
    def pair_seconds(self) -> float:
        """What a pair of the gate takes: both started, both timed.

        As if inference were timed in every pair, and for as long as the
        training step.
        """
        return median(
            one["open_seconds"]
            + 2 * one["blocks_seconds"] * 2 / len(one["blocks"])
            for one in self.rounds
        )


def log_ratio(one: Round, size: int) -> float | None:
    """Head over base where head is `size` per cent slower.

    One number per process: the median of its blocks, as in the gate.
    """
    base = f"A{max(0, -size)}"
    head = f"B{max(0, size)}"
    return _log(one["blocks"], head, base)


def _achieved(blocks: dict[str, list[float]], size: int) -> float | None:
    if size < 0:
        return _log(blocks, "A0", f"A{-size}")
    return _log(blocks, f"B{size}", "B0")


def _log(
    blocks: dict[str, list[float]], above: str, below: str
) -> float | None:
    if above not in blocks or below not in blocks:
        return None
    return math.log(median(blocks[above]) / median(blocks[below]))


def states(number: int) -> list[str]:
    """What a round times: `A0` is base as it is, `B5` head 5 % slower."""
    # Two rounds with the same: base starts first in one of them
    return [*ALWAYS, IN_TURN[number // 2 % len(IN_TURN)]]


def digest(root: Path = ROOT) -> str:
    """Of the models and of what times them; other code, other pool."""
    total = hashlib.sha256()
    gate = root / "benchmarks" / "gate"
    files = [
        *sorted((root / "impls").rglob("*.py")),
        *(gate / name for name in MEASURING),
    ]
    for path in files:
        total.update(path.relative_to(root).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:8]


def place(folder: Path, cell: dict[str, Any], print_: str, code: str) -> Path:
    """Where the rounds of a cell belong: environment and code in the name."""
    names = cell["framework"]["name"], cell["workload"]["name"]
    return folder / f"{'-'.join(names)}-{print_}-{code}.jsonl"


def others(path: Path) -> list[Path]:
    """Pools of the same cell that are never joined with this one."""
    cell = "-".join(path.stem.split("-")[:-2])
    found = path.parent.glob(f"{cell}-*-*.jsonl")
    return sorted(one for one in found if one != path)


def newest(folder: Path) -> list[Path]:
    """The pool of every cell that was written last."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*-*-*-*.jsonl"), key=_written):
        found["-".join(path.stem.split("-")[:-2])] = path
    return [found[cell] for cell in sorted(found)]


def begin(path: Path, head: dict[str, Any]) -> None:
    """Make a pool, with everything that its rounds share."""
    with disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_line(head))


def append(path: Path, one: Round) -> None:
    """Add a round; what a kill has torn before it is cut off."""
    with disk(path.parent), path.open("r+b") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
        file.seek(0, os.SEEK_END)
        file.write(_line(one))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> Pool | None:
    """A pool, or None where there is none (or nothing but a torn head).

    Raises UserError for a line that is broken in the middle.
    """
    if not path.is_file():
        return None
    lines = list(_lines(path))
    return Pool(path, lines[0], lines[1:]) if lines else None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    # What follows the last line break was being written at a kill
    whole = path.read_bytes().rpartition(b"\n")[0]
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            yield json.loads(line)
        except ValueError:
            raise UserError(
                f"{path}: line {number} is not whole JSON. Expected one round"
                f" per line: delete that line, or the file, and go on."
            ) from None


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, allow_nan=False).encode() + b"\n"


def _written(path: Path) -> float:
    return path.stat().st_mtime
