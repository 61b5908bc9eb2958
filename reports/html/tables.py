"""Tables of the page: cells ready to print, decimals in line."""

import re
from dataclasses import dataclass, field
from typing import Any

from reports.results.format import (
    MEASURES,
    NONE,
    Measure,
    between,
    decimals,
    fixed,
    plural,
)
from reports.results.rows import Comparison, Estimate, Row, Workload
from reports.results.titles import (
    SLIDE,
    colour,
    framework_title,
    mark,
    model_title,
)

PLACES = {
    "ratio": 2,
    "test_accuracy_fraction": 2,
    "test_bleu_points": 2,
    "test_chrf_points": 2,
    "test_bits_per_token": 3,
    "programs_count": 0,
    "padding_fraction": 1,
    "peak_share_fraction": 1,
}


@dataclass
class Notes:
    """Reasons for what is missing, numbered as they are met."""

    reasons: list[str] = field(default_factory=list)

    def number(self, reason: str) -> int:
        """The number of a reason, from 1."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        return self.reasons.index(reason) + 1


@dataclass
class Table:
    """What the templates print; `over` says what brackets range over."""

    columns: list[dict[str, str]]
    rows: list[dict[str, Any]]
    notes: list[str]
    over: list[str]


def measures(workload: Workload) -> Table:
    """One row per framework and mode, one column per measure."""
    notes, over = Notes(), []
    shown = [one for one in MEASURES if _wanted(one, workload)]
    columns: list[list[dict[str, Any]]] = []
    for measure in shown:
        found = [_estimate(row, measure, workload) for row in workload.rows]
        over += [one.over for one in found if one.low is not None]
        columns.append(_column(found, measure, notes))
    rows = [
        {**identity(row), "cells": list(cells)}
        for row, *cells in zip(workload.rows, *columns, strict=True)
    ]
    heads = [
        {"title": one.title, "unit": one.unit}
        for one in map(workload.told, shown)
    ]
    return Table(heads, rows, notes.reasons, merged(over))


def merged(over: list[str]) -> list[str]:
    """`over 4 seeds` and `over 5 seeds` said once: `over 4 to 5 seeds`."""
    counts: dict[str, set[int]] = {}
    for text in over:
        found = re.search(r"(?<=over )\d+(?= )", text)
        frame = text.replace(found[0], "{}", 1) if found else text
        counts.setdefault(frame, set()).update([int(found[0])] if found else [])
    merged = []
    for frame, some in counts.items():
        low, high = min(some, default=0), max(some, default=0)
        merged.append(
            frame.replace("{}", f"{low}" if low == high else f"{low} to {high}")
        )
    return merged


def comparisons(workloads: list[Workload]) -> list[dict[str, Any]]:
    """One row per implementation against the slide's program."""
    return [
        {
            **identity(one.row),
            "workload": model_title(workload.name),
            "data": workload.data,
            "synthetic": workload.synthetic,
            **_compared(one),
        }
        for workload in workloads
        for one in workload.comparisons
        if one.slide is not None
    ]


def identity(row: Row) -> dict[str, Any]:
    """How a row is named and marked."""
    lost = len(row.lost)
    seeds = plural(row.seeds, "seed")
    if lost:
        seeds = f"{row.seeds} of {row.seeds + lost} seeds"
    return {
        "title": row.title,
        "name": framework_title(row.framework),
        "rest": row.title.removeprefix(framework_title(row.framework)).strip(),
        "framework": row.framework,
        "colour": colour(row.framework),
        "mark": mark(row.framework),
        "seeds": seeds,
        "data": row.data,
        "synthetic": row.synthetic,
        "slide": row.framework == SLIDE,
    }


def _wanted(measure: Measure, workload: Workload) -> bool:
    if measure.some:
        return any(row.knows(measure.column) for row in workload.rows)
    return measure.column != "ratio" or workload.slide is not None


def _estimate(row: Row, measure: Measure, workload: Workload) -> Estimate:
    if measure.column != "ratio":
        return row.estimate(measure.column)
    if row.framework == SLIDE:
        return Estimate(1.0 if row.seeds else None, reason="no cell finished")
    one = next(c for c in workload.comparisons if c.row is row)
    if one.ratio is None:
        return Estimate(None, reason=one.reason)
    found = one.ratio
    over = f"ratio: geometric mean over {plural(found.count, 'pair')} by seed"
    over += ", 95 % t interval" if found.count > 1 else ""
    return Estimate(found.mean, found.low, found.high, found.count, over)


def _column(
    found: list[Estimate], measure: Measure, notes: Notes
) -> list[dict[str, Any]]:
    values = [_times(one.value, measure.factor) for one in found]
    places = PLACES.get(measure.column, decimals(values))
    return [_cell(one, measure, places, notes) for one in found]


def _cell(
    one: Estimate, measure: Measure, places: int, notes: Notes
) -> dict[str, Any]:
    if one.value is None:
        number = notes.number(one.reason)
        return {"text": NONE, "note": number, "tip": one.reason, "between": ""}
    low, high = (_times(end, measure.factor) for end in (one.low, one.high))
    text = fixed(_times(one.value, measure.factor), places)
    ends = between(low, high, places)
    note = notes.number(one.remark) if one.remark else None
    return {"text": text, "note": note, "tip": one.over, "between": ends}


def _compared(one: Comparison) -> dict[str, Any]:
    found: dict[str, Any] = {
        "pairs": [
            {"seed": seed, "text": fixed(100 * value, 2, sign=True)}
            for seed, value in one.pairs.items()
        ],
        "margin": None if one.margin is None else f"{100 * one.margin:g}",
        "ratio": NONE,
        "ratio_between": "",
        "difference": NONE,
        "difference_between": "",
        "verdict": one.reason,
        "kind": "none",
    }
    if one.ratio:
        found["ratio"] = fixed(one.ratio.mean, 2)
        found["ratio_between"] = between(one.ratio.low, one.ratio.high, 2)
    if one.verdict:
        mean, low, high = (
            _times(value, 100)
            for value in (
                one.verdict.difference.mean,
                one.verdict.difference.low,
                one.verdict.difference.high,
            )
        )
        found["difference"] = fixed(mean, 2, sign=True)
        found["difference_between"] = between(low, high, 2)
        found["verdict"] = one.verdict.words
        found["kind"] = one.verdict.kind
    return found


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
