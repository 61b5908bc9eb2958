"""The page of the trend: `trend.html`, in the look of the report."""

from dataclasses import dataclass
from typing import Any

from reports.figures.bars import Figure
from reports.html import document
from reports.results.format import listed, plural
from reports.results.titles import MODEL_ORDER, ORDER, mark, model_title
from reports.trend import changes, figures
from reports.trend import words as trend_words
from reports.trend.read import GATE, Kept
from reports.trend.series import Series, Split
from reports.trend.words import Told, cell_title


@dataclass(frozen=True)
class Trend:
    """All that the page and the text say."""

    kept: Kept
    metrics: list[str]
    series: list[Series]
    splits: list[Split]
    told: list[Told]
    missing: dict[tuple[str, str], str]

    @property
    def about(self) -> str:
        """How much was kept, and what is not in it."""
        parts = [plural(self.kept.benches, "bench", "benches")]
        parts += [plural(self.kept.gates, "gate")] * bool(self.kept.gates)
        text = listed(parts)
        lost = [
            plural(count, f"{status} cell")
            for status, count in sorted(self.kept.lost.items())
        ]
        return f"{text}; left out: {listed(lost)}" if lost else text


def render(trend: Trend) -> str:
    """The whole page."""
    charts: dict[str, Figure] = {}
    context = {
        "headline": trend_words.headline(trend.series),
        "span": trend_words.span(trend.series),
        "about": trend.about,
        "changes": [_row(one) for one in trend.told],
        "splits": [trend_words.split_words(one) for one in trend.splits],
        "notes": trend_words.notes(trend.series),
        "broken": trend.kept.broken,
        "workloads": _workloads(trend, charts),
        "needed": changes.needed(),
        "available": changes.available(),
        "gates": any(one.source == GATE for one in trend.series),
    }
    return document.render("trend.html", charts, context)


def _row(one: Told) -> dict[str, Any]:
    before, after = one.levels
    return {
        "cell": cell_title(one.series.cell),
        "gate": one.series.source == GATE,
        "metric": one.measure.title,
        "unit": one.measure.unit,
        "when": f"{one.first.when:%Y-%m-%d %H:%M}",
        "before": one.last.short,
        "after": one.first.short,
        "levels": f"{before} → {after}",
        "percent": one.percent,
        "direction": one.direction,
        "kind": one.kind,
        "p": one.chance,
    }


def _workloads(trend: Trend, charts: dict[str, Figure]) -> list[dict[str, Any]]:
    """Sections by workload, in them cells; puts figures into `charts`."""
    ordered = sorted(trend.series, key=_order)
    names = dict.fromkeys(one.workload for one in ordered)
    found = []
    for name in names:
        own = [one for one in ordered if one.workload == name]
        cells = dict.fromkeys(one.cell for one in own)
        found.append(
            {
                "anchor": name,
                "title": model_title(name),
                "cells": [_cell(trend, cell, charts) for cell in cells],
            }
        )
    return found


def _order(one: Series) -> tuple[int, str, int, str]:
    """As in the report: models by chapter, frameworks as ever."""
    model = [*MODEL_ORDER, one.workload].index(one.workload)
    framework = [*ORDER, one.framework].index(one.framework)
    return model, one.workload, framework, one.cell


def _cell(trend: Trend, cell: str, charts: dict[str, Figure]) -> dict[str, Any]:
    own = [one for one in trend.series if one.cell == cell]
    cards = []
    for metric in trend.metrics:
        found = [one for one in own if one.metric == metric]
        reason = trend.missing.get((cell, metric), "")
        if not found and not reason:
            continue
        unit = found[0].unit if found else ""
        measure = trend_words.measure(metric, unit)
        number = f"{len(charts)}"
        card = {"id": number, "title": measure.title, "reason": reason}
        if found:
            told = [one for one in trend.told if one.series in found]
            charts[number] = figures.figure(found, told, measure)
            card["caption"] = _caption(found, measure.unit)
        cards.append(card)
    title = cell_title(cell).partition(", ")[2]
    return {"title": title, "parts": _parts(trend, own), "cards": cards}


def _parts(trend: Trend, own: list[Series]) -> list[dict[str, str]]:
    """The legend of one cell: an entry for each of its environments."""
    splits = [one for one in trend.splits if one.cell == own[0].cell]
    days = {one.part: trend_words.day(one.when) for one in splits}
    words = {
        one.part: f"from {days[one.part]}: {trend_words.differs(one)}"
        for one in splits
    }
    shown = {one.part: one for one in reversed(own)}
    return [
        {
            "mark": mark(one.framework),
            "colour": figures.part_colour(one),
            "text": words.get(part, "first environment"),
        }
        for part, one in sorted(shown.items())
        if len(shown) > 1
    ]


def _caption(found: list[Series], unit: str) -> str:
    """Unit, number of points, and why nothing was looked for."""
    count = sum(len(one.points) for one in found)
    text = f"In {unit}: {plural(count, 'point')}"
    if len(found) > 1:
        text += f" in {len(found)} series"
    short = [one.note for one in found if one.note]
    if len(short) == len(found) and changes.available():
        text += f", {'too few to tell' if 'points' in short[0] else short[0]}"
    return f"{text}."
