"""The machine's peak over an invocation: measured at its beginning and end.

A matrix product in the framework and precision of a cell. The first and the
last cell of a kind measure it; those between take the first one's.
"""

from collections.abc import Sequence
from typing import Any

from benchmarks.environment.env_vars import backend
from benchmarks.passes.measure import PEAK
from benchmarks.records.metric import Metric

Cell = dict[str, Any]


class MachinePeaks:
    """What the cells of an invocation have measured by now."""

    def __init__(self) -> None:
        self._measured: dict[str, list[Metric]] = {}

    def known(self, ahead: Sequence[Cell]) -> Metric | None:
        """The peak for the first of the cells ahead; None: it measures it."""
        kind = _kind(ahead[0])
        return self._measured[kind][0] if self._is_between(ahead) else None

    def add(self, ahead: Sequence[Cell], metrics: dict[str, Metric]) -> None:
        """Take in what the first of the cells ahead has measured."""
        peak = metrics.get(PEAK)
        if peak and peak["value"] and not self._is_between(ahead):
            self._measured.setdefault(_kind(ahead[0]), []).append(peak)

    def summary(self) -> list[dict[str, Any]]:
        """For each kind: the first and last GFLOP/s, and the drift."""
        rows = []
        for kind, peaks in sorted(self._measured.items()):
            first, last = peaks[0]["value"], peaks[-1]["value"]
            drift = last / first - 1 if len(peaks) > 1 else None
            rows.append(
                {"of": kind, "first": first, "last": last, "drift": drift}
            )
        return rows

    def _is_between(self, ahead: Sequence[Cell]) -> bool:
        """Whether a cell of its kind has measured, and one will again."""
        first, *later = ahead
        timed = [_kind(cell) for cell in later if "speed" in cell["passes"]]
        return _kind(first) in self._measured and _kind(first) in timed


def _kind(cell: Cell) -> str:
    """Library, precision and device; the slide's program has its backend's."""
    library = backend(cell["framework"])
    return " ".join([library, cell["precision"], cell["device"]["name"]])
