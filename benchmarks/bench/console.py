"""What a waiting person sees: lines that stay, and one that lives."""

import shutil
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

Clock = Callable[[], float]
BETWEEN_LINES = 30.0  # seconds, where there is no terminal to redraw
BETWEEN_DRAWS = 0.1


class Display:
    """Lines on a terminal, or in a file that somebody reads later."""

    def __init__(
        self, stream: TextIO | None = None, clock: Clock = time.monotonic
    ) -> None:
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self._clock = clock
        self._drawn = self._deserted = False
        self._last = -BETWEEN_LINES

    def line(self, text: str = "") -> None:
        """A line that stays."""
        self._clear()
        self._put(text + "\n")
        self._last = self._clock()

    def status(self, text: str) -> None:
        """What happens now: redrawn in place, or said now and then."""
        now = self._clock()
        if not self.live:
            if now - self._last >= BETWEEN_LINES:
                self.line("  " + text)
        elif now - self._last >= BETWEEN_DRAWS:
            columns = shutil.get_terminal_size().columns
            self._put("\r\x1b[K  " + text[: max(columns - 3, 1)])
            self._drawn, self._last = True, now

    def _clear(self) -> None:
        if self._drawn:
            self._put("\r\x1b[K")
            self._drawn = False

    def _put(self, text: str) -> None:
        if self._deserted:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except BrokenPipeError:
            self._deserted = True  # nobody reads on; the cells go on


def stage(name: str, told: dict[str, Any]) -> str:
    """A worker's progress in words: pass, epoch, share, loss."""
    words = [name]
    if told.get("phase"):
        words.append(f"{told['phase']} ({told['at']} of {told['of']})")
    if told.get("epochs"):
        words.append(f"epoch {told['epoch']} of {told['epochs']}")
    elif told.get("stage") not in (None, name):
        words.append(str(told["stage"]))
    if told.get("steps"):
        words.append(f"{100 * told['step'] // told['steps']} %")
    if told.get("loss") is not None:
        words.append(f"loss {told['loss']:.4f}")
    return "  ".join(words)


def duration(seconds: float) -> str:
    """Seconds as a person says them: `8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def outcome(entry: dict[str, Any]) -> str:
    """What came of a cell, in one line."""
    if entry["status"] != "finished":
        return f"{entry['status']}: {entry['reason']}"
    metrics = entry["metrics"]
    words = []
    accuracy = metrics.get("test_accuracy", {}).get("value")
    if accuracy is not None:
        words.append(f"test accuracy {accuracy:.4f}")
    rate = metrics.get("training_examples_per_second", {}).get("value")
    if rate is not None:
        stream = entry["cell"]["workload"]["bptt_steps"]
        unit = "symbols" if stream else "examples"
        words.append(f"training {rate:,.0f} {unit}/s")
    words.append(duration(entry["seconds"]))
    return "  ".join(words)


def spent(timings: dict[str, float], total: float) -> str:
    """Where the seconds went, the largest first."""
    parts = sorted(timings.items(), key=lambda item: -item[1])
    told = [f"{name} {seconds:.0f}" for name, seconds in parts if seconds > 0.5]
    return f"{duration(total)} (seconds: {', '.join(told)})"


def remaining(
    done: list[tuple[str, str, float]],
    ahead: list[tuple[str, str]],
    elapsed: float = 0.0,
) -> float | None:
    """Seconds still to go, from the cells that are done; None at first.

    done: (workload, framework, seconds); ahead: (workload, framework), the
    first of them running since `elapsed` seconds. A cell takes what the
    likest of the done ones took on average.
    """
    if not done:
        return None
    total = 0.0
    for workload, framework in ahead:
        like = (
            [s for w, f, s in done if (w, f) == (workload, framework)]
            or [s for w, _, s in done if w == workload]
            or [s for _, _, s in done]
        )
        spent = 0.0 if total else elapsed
        total += max(sum(like) / len(like) - spent, 1.0)
    return total


def banner(
    cells: list[dict[str, Any]], invocation: dict[str, Any], settings: Any
) -> list[str]:
    """What is about to happen, in a few lines."""
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
        "results": [f"{settings.runs}/records, {settings.report}"],
    }
    for name, values in shown.items():
        lines.append(f"  {name:<11} {', '.join(dict.fromkeys(values))}")
    return lines
