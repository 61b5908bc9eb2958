"""Pools of rounds, from which the power of the gate is computed.

One file per cell, environment and code: a head, then one JSON line per
round. Rounds are appended as they are measured; a line that is incomplete
after a kill is dropped, all before it stays.
"""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.records.revision import ROOT, code_digest

# States of a round: base (A) or head (B), and its slowdown in per cent
ALWAYS = ("A0", "B0", "B3", "B5")
# Injected into base, 3 is an improvement: the test is symmetric
IN_TURN = ("B1", "A3", "B2", "A5", "B10", "A3", "B20", "A5")
SIZES = (0, 1, 2, 3, 5, 10, 20, -3, -5)  # per cent; below 0: head is faster
MEASURING = (  # other code, other pool
    "impls",
    "benchmarks/gate/pairs.py",
    "benchmarks/gate/timer.py",
    "benchmarks/studies/gate_power/injected_slowdown.py",
)

Round = dict[str, Any]
Pair = tuple[float, int]  # log-ratio, order (1: base started first, or -1)


@dataclass(frozen=True)
class Pool:
    """The rounds of one cell."""

    path: Path
    head: dict[str, Any]  # cell, environment, fingerprint, code, counts, ...
    rounds: list[Round]

    @property
    def title(self) -> str:
        """Such as `rnn torch eager`."""
        return " ".join([*self.names, self.head["cell"]["framework"]["mode"]])

    @property
    def names(self) -> tuple[str, str]:
        """Workload and framework."""
        cell = self.head["cell"]
        return cell["workload"]["name"], cell["framework"]["name"]

    def pairs(self, size: int) -> list[Pair]:
        """Pairs with `size` per cent injected, in order of time."""
        return self._pairs(f"B{max(0, size)}", f"A{max(0, -size)}")

    def metrics(self) -> dict[str, list[Pair]]:
        """A/A pairs of the other timed metrics."""
        names = sorted({m for round_ in self.rounds for m in round_["metrics"]})
        return {name: self._pairs(f"B {name}", f"A {name}") for name in names}

    def achieved(self, size: int) -> list[float]:
        """Log-ratios of slowed over plain blocks of one process."""
        slowed, plain = (f"B{size}", "B0") if size >= 0 else ("A0", f"A{-size}")
        return [ratio for ratio, _ in self._pairs(slowed, plain)]

    def _pairs(self, above: str, below: str) -> list[Pair]:
        pairs = []
        for round_ in self.rounds:
            values = _values(round_)
            if above in values and below in values:
                ratio = math.log(values[above] / values[below])
                pairs.append((ratio, int(round_["order"])))
        return pairs

    @property
    def pair_seconds(self) -> float:
        """The time of a pair in the gate: start both, time both.

        With inference in every pair, for as long as the training step.
        """
        return median(
            round_["open_seconds"]
            + 2 * round_["blocks_seconds"] * 2 / len(round_["blocks"])
            for round_ in self.rounds
        )

    def append(self, round_: Round) -> None:
        """Add a round; an incomplete line before it is cut off."""
        with files.disk(self.path.parent), self.path.open("r+b") as file:
            file.truncate(file.read().rfind(b"\n") + 1)
            file.seek(0, os.SEEK_END)
            file.write(_line(round_))
            file.flush()
            os.fsync(file.fileno())
        self.rounds.append(round_)


def _values(round_: Round) -> dict[str, float]:
    """The median of every state, as in the gate, and the other metrics."""
    values = {state: median(b) for state, b in round_["blocks"].items()}
    for name, (base, head) in round_["metrics"].items():
        values |= {f"A {name}": base, f"B {name}": head}
    return values


def states(number: int) -> list[str]:
    """The states that a round times."""
    # Two rounds with the same: base starts first in one of them
    return [*ALWAYS, IN_TURN[number // 2 % len(IN_TURN)]]


def digest(root: Path = ROOT) -> str:
    """A digest of the models and of the code that times them."""
    return code_digest(root, MEASURING)[:8]


def place(
    folder: Path, cell: dict[str, Any], fingerprint: str, code: str
) -> Path:
    """The file of a cell: environment and code are in its name."""
    names = cell["framework"]["name"], cell["workload"]["name"]
    return folder / f"{'-'.join(names)}-{fingerprint}-{code}.jsonl"


def others(path: Path) -> list[Path]:
    """Pools of the same cell that are never merged with this one."""
    paths = path.parent.glob(f"{_cell(path)}-*-*.jsonl")
    return sorted(other for other in paths if other != path)


def newest(folder: Path) -> list[Path]:
    """The last written pool of every cell."""
    paths = sorted(
        folder.glob("*-*-*-*.jsonl"), key=lambda path: path.stat().st_mtime
    )
    by_cell = {_cell(path): path for path in paths}
    return [by_cell[cell] for cell in sorted(by_cell)]


def _cell(path: Path) -> str:
    return path.stem.rsplit("-", 2)[0]


def begin(path: Path, head: dict[str, Any]) -> Pool:
    """Make a pool with the data that its rounds share."""
    with files.disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_line(head))
    return Pool(path, head, [])


def read(path: Path) -> Pool | None:
    """A pool, or None where there is none (or an incomplete head alone).

    Raises UserError for a broken line before the last.
    """
    if not path.is_file():
        return None
    lines = []
    # The text after the last line break was being written at a kill
    complete = path.read_bytes().rpartition(b"\n")[0]
    for number, line in enumerate(complete.splitlines(), 1):
        try:
            lines.append(json.loads(line))
        except ValueError:
            raise UserError(
                f"{path}: line {number} is not whole JSON. Expected one round"
                f" per line: delete that line, or the file, and run again."
            ) from None
    return Pool(path, lines[0], lines[1:]) if lines else None


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, allow_nan=False).encode() + b"\n"
