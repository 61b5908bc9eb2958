"""Console output: lines, a status line, durations, time left."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from benchmarks.environment import env_vars

Clock = Callable[[], float]
BETWEEN_LINES = 30.0  # seconds, where there is no terminal to redraw
BETWEEN_DRAWS = 0.1
CLEAR = "\r\x1b[K"  # the line of a terminal


class Console:
    """Lines and a status line, on a terminal or in a file."""

    def __init__(
        self, stream: TextIO | None = None, clock: Clock = time.monotonic
    ) -> None:
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        # https://no-color.org
        self.color = self.live and not os.environ.get("NO_COLOR")
        self._clock = clock
        self._drawn = self._closed = False
        self._last = -BETWEEN_LINES

    def line(self, text: str = "") -> None:
        """Print a line."""
        self._clear()
        self._put(text + "\n")
        self._last = self._clock()

    def status(self, text: str) -> None:
        """Redraw the status line; print it now and then where it cannot be."""
        now = self._clock()
        if not self.live:
            if now - self._last >= BETWEEN_LINES:
                self.line("  " + text)
        elif now - self._last >= BETWEEN_DRAWS:
            self._put(f"{CLEAR}  {text[: max(columns() - 3, 1)]}")
            self._drawn, self._last = True, now

    def _clear(self) -> None:
        if self._drawn:
            self._put(CLEAR)
            self._drawn = False

    def _put(self, text: str) -> None:
        if self._closed:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError:
            self._closed = True  # pipe closed or disk full: measuring goes on


def columns() -> int:
    """Characters that fit beside each other; 80 without a terminal."""
    return shutil.get_terminal_size().columns


def stage(name: str, progress: dict[str, Any]) -> str:
    """The progress of a pass: its name, phase, epoch, share, loss."""
    words = [name]
    if progress.get("phase"):
        words.append(
            f"{progress['phase']} ({progress['at']} of {progress['of']})"
        )
    if progress.get("epochs"):
        words.append(f"epoch {progress['epoch']} of {progress['epochs']}")
    elif progress.get("stage") not in (None, name):
        words.append(str(progress["stage"]))
    if progress.get("steps"):
        words.append(f"{100 * progress['step'] // progress['steps']} %")
    if progress.get("loss") is not None:
        words.append(f"loss {progress['loss']:.4f}")
    return "  ".join(words)


def duration(seconds: float) -> str:
    """Seconds in words: `8 s`, `3 min 20 s`, `2 h 5 min`."""
    rounded = round(seconds)
    if rounded < 60:
        return f"{rounded} s"
    if rounded < 3600:
        return f"{rounded // 60} min {rounded % 60} s"
    return f"{rounded // 3600} h {rounded % 3600 // 60} min"


def outcome(entry: dict[str, Any]) -> str:
    """The outcome of a cell, in one line."""
    if entry["status"] != "finished":
        return f"{entry['status']}: {entry['reason']}"
    metrics = entry["metrics"]
    words = []
    accuracy = metrics.get("test_accuracy", {}).get("value")
    if accuracy is not None:
        words.append(f"test accuracy {accuracy:.4f}")
    throughput = metrics.get("training_examples_per_second", {}).get("value")
    if throughput is not None:
        workload = entry["cell"]["workload"]
        unit = "crops" if workload["crop_steps"] else "examples"
        unit = "symbols" if workload["bptt_steps"] else unit
        words.append(f"training {throughput:,.0f} {unit}/s")
    words.append(duration(entry["seconds"]))
    return "  ".join(words)


def spent(timings: dict[str, float], total: float) -> str:
    """Seconds spent, the largest part first."""
    ordered = sorted(timings.items(), key=lambda item: -item[1])
    parts = [f"{name} {round(s)}" for name, s in ordered if round(s)]
    return f"Time: {duration(total)} (seconds: {', '.join(parts)})"


def remaining(
    done: list[tuple[str, str, float]],
    ahead: list[tuple[str, str]],
    elapsed: float = 0.0,
) -> float | None:
    """Seconds left, estimated from the cells that are done; None at first.

    done: (workload, framework, seconds); ahead: (workload, framework), the
    first of them running since `elapsed` seconds. A cell is taken to last as
    long as the most similar finished ones did on average.
    """
    if not done:
        return None
    total = 0.0
    for workload, framework in ahead:
        similar = (
            [s for w, f, s in done if (w, f) == (workload, framework)]
            or [s for w, _, s in done if w == workload]
            or [s for _, _, s in done]
        )
        spent = 0.0 if total else elapsed
        total += max(sum(similar) / len(similar) - spent, 1.0)
    return total


def prepared(
    data: Mapping[str, dict[str, Any]], folder: Path, every: bool
) -> list[str]:
    """Which sets are synthetic, each reason once, and what to do about it.

    data: descriptions by the names of the published sets. every: begin with
    the source of each set.
    """
    causes: dict[str, list[str]] = {}
    for name, description in data.items():
        if description.get("cause"):
            causes.setdefault(description["cause"], []).append(name)
    lines = [f"{name}: {own['source']}" for name, own in data.items() if every]
    lines += [
        f"Synthetic data instead of {', '.join(names)}"
        f" ({len(names)} of {len(data)} data sets): {cause}."
        for cause, names in causes.items()
    ]
    if causes:
        lines.append(
            f"  To train on the published data: `make data` downloads them, or"
            f" put their files into {folder}/<data set> (docs/data.md)."
        )
    return lines


def banner(
    cells: list[dict[str, Any]], invocation: dict[str, Any], settings: Any
) -> list[str]:
    """The lines printed before the first cell: what runs, where, on what."""
    device = cells[0]["device"]
    lines = [
        f"Triptych: {len(cells)} cell{'s' * (len(cells) != 1)}, suite"
        f" {invocation['suite']}, on {device['name']} with"
        f" {device['threads']} threads"
    ]
    shown = {
        "workloads": [cell["workload"]["name"] for cell in cells],
        "frameworks": [cell["framework"]["name"] for cell in cells],
        "seeds": [str(cell["seed"]) for cell in cells],
        "data": [f"{settings.data.folder} ({settings.data.source})"],
        "records": [f"{settings.runs}/records"],
        "report": [
            f"{settings.report}/index.html, drawn anew after each workload"
        ],
    }
    for name, values in shown.items():
        lines.append(f"  {name:<11} {', '.join(dict.fromkeys(values))}")
    return lines + env_vars.overruled(device["threads"])
