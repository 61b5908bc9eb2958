"""The table at the end of a bench: frameworks beside each other."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

from benchmarks.bench import console
from benchmarks.bench.cells import title

Entry = dict[str, Any]

RATE = "training_examples_per_second"
ACCURACY = "test_accuracy"
HEADS = (
    *("workload", "implementation", "training/s", "95 % +-"),
    *("of best", "accuracy"),
)
INTERVAL = HEADS.index("95 % +-")  # left out where the terminal is too narrow
NOTE = (
    "training/s: examples, or symbols of a stream. 95 % +-: over blocks of"
    " one\nprocess. of best: of the fastest one's. accuracy: on the test split."
)
NONE = "-"
BOLD, RED, PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[0m"


def closing(entries: Sequence[Entry], color: bool) -> list[str]:
    """Lines at the end of a bench: what did not finish, and the table."""
    unfinished = [
        f"{title(entry['cell'])}: {console.outcome(entry)}"
        for entry in entries
        if entry["status"] != "finished"
    ]
    return [*unfinished, *table(entries, console.columns(), color)]


def table(
    entries: Sequence[Entry], columns: int = 80, color: bool = False
) -> list[str]:
    """Lines of the table; [] where nothing was timed or trained.

    One row per workload and implementation, seeds averaged; the interval is
    that of a single seed. The fastest one of a workload is bold, a cell
    without a result red.
    """
    workloads: dict[str, dict[str, list[Entry]]] = {}
    for entry in entries:
        rows = workloads.setdefault(entry["workload"], {})
        rows.setdefault(_implementation(entry), []).append(entry)
    lines: list[tuple[list[str], str]] = []
    for workload, rows in sorted(workloads.items()):
        rates = {name: _mean(own, RATE) for name, own in rows.items()}
        fastest = max(filter(None, rates.values()), default=None)
        shown = workload
        for name, own in sorted(rows.items(), key=lambda row: _rank(row[0])):
            lines.append(_line(shown, name, own, rates[name], fastest))
            shown = ""
    if all(style == RED for _, style in lines):
        return []
    body = [[*HEADS], *(row for row, _ in lines)]
    text = _aligned(body, columns)
    styles = ["", *(style * color for _, style in lines)]
    return [
        "",
        *(
            f"{style}{line}{PLAIN}" if style else line
            for style, line in zip(styles, text, strict=True)
        ),
        *NOTE.splitlines(),
        "",
    ]


def _implementation(entry: Entry) -> str:
    """Framework and mode; precision and device where they are not usual."""
    words = [entry["framework"], entry["mode"]]
    words += [entry["precision"]] * (entry["precision"] != "float32")
    words += [entry["device"]] * (entry["device"] != "cpu")
    return " ".join(words)


def _rank(name: str) -> tuple[int, str]:
    order = ("torch", "tensorflow", "jax")
    first = name.split()[0]
    return order.index(first) if first in order else len(order), name


def _values(entries: list[Entry], metric: str) -> list[dict[str, Any]]:
    metrics = [
        entry["metrics"].get(metric) or {}
        for entry in entries
        if entry["status"] == "finished"
    ]
    return [m for m in metrics if m.get("value") is not None]


def _mean(entries: list[Entry], metric: str) -> float | None:
    values = [m["value"] for m in _values(entries, metric)]
    return mean(values) if values else None


def _line(
    workload: str,
    name: str,
    entries: list[Entry],
    rate: float | None,
    fastest: float | None,
) -> tuple[list[str], str]:
    """The cells of a row, and its style."""
    states = {entry["status"] for entry in entries} - {"finished"}
    if states:
        return [workload, name, *sorted(states)[:1], "", "", ""], RED
    accuracy = _mean(entries, ACCURACY)
    cells = [
        workload,
        name,
        f"{rate:,.0f}" if rate else NONE,
        _interval(_values(entries, RATE)),
        f"{rate / fastest:.2f}" if rate and fastest else NONE,
        f"{100 * accuracy:.2f} %" if accuracy is not None else NONE,
    ]
    return cells, BOLD if rate and rate == fastest else ""


def _interval(rates: list[dict[str, Any]]) -> str:
    """The longer side of an interval, in % of the value."""
    if len(rates) > 1:
        return f"{len(rates)} seeds"
    if not rates or rates[0].get("low") is None:
        return NONE
    value, low, high = (rates[0][name] for name in ("value", "low", "high"))
    return f"{100 * max(high - value, value - low) / value:.1f} %"


def _aligned(rows: list[list[str]], columns: int) -> list[str]:
    """Rows in columns: words to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) > columns:
        rows = [row[:INTERVAL] + row[INTERVAL + 1 :] for row in rows]
        del widths[INTERVAL]
    return [
        "  ".join(
            cell.rjust(width) if number > 1 else cell.ljust(width)
            for number, (cell, width) in enumerate(
                zip(row, widths, strict=True)
            )
        ).rstrip()
        for row in rows
    ]
