"""Figures of a trend: one for each cell and metric."""

from collections.abc import Iterator
from typing import Any

from reports.figures.parts import AXIS, Figure, Trace, vertical
from reports.results.format import Measure, decimals, fixed, plural
from reports.results.titles import colour, mark
from reports.trend import changes
from reports.trend.read import BENCH
from reports.trend.series import Series
from reports.trend.words import Step

HEIGHT = 236  # pixels
SPAN = 0.02  # of the middle: an axis shows at least this much either way
ROOM = 0.22  # of the span, above it, for the words at a change
SPARE = ("var(--spare1)", "var(--spare0)", "var(--spare3)", "var(--spare2)")


def colour_of(series: Series) -> str:
    """An environment's color; the first of a cell has its framework's."""
    if not series.part:
        return colour(series.framework)
    return SPARE[(series.part - 1) % len(SPARE)]


def figure(series: list[Series], steps: list[Step], measure: Measure) -> Figure:
    """All series of one cell and metric, side by side, never joined."""
    values = [
        value * measure.factor
        for own in series
        for value in own.points["value"]
    ]
    low, high = _span(values)
    top = high + bool(steps) * ROOM * (high - low)
    y: dict[str, Any] = {"range": [low, top]}
    y |= {"zeroline": False, "nticks": 5, "tickformat": ",~r"}
    return {
        "data": [trace for own in series for trace in _traces(own, measure)],
        "layout": {
            "height": HEIGHT,
            "showlegend": False,
            "hovermode": "closest",
            "xaxis": {**AXIS, "type": "date", "showgrid": False},
            "yaxis": {**AXIS, **y},
            "shapes": [_line(step) for step in steps],
            "annotations": [_annotation(step) for step in steps],
        },
    }


def _traces(series: Series, measure: Measure) -> Iterator[Trace]:
    """The points of a series, and the levels between its changes."""
    points = series.points
    times = [when.isoformat() for when in points["when"]]
    values = [value * measure.factor for value in points["value"]]
    symbol = mark(series.framework).removesuffix("-open")
    symbol += "" if series.source == BENCH else "-open"
    yield {
        "type": "scatter",
        "mode": "lines+markers",
        "meta": "series",
        "name": f"{series.cell} {series.source} {series.fingerprint}",
        "x": times,
        "y": values,
        "text": _hover(series, values, measure.unit),
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": colour_of(series), "width": 1},
        "marker": {"color": colour_of(series), "size": 6, "symbol": symbol},
        "opacity": 0.75,
    }
    if not series.changes:
        return
    for first, last, level in changes.levels(values, series.changes):
        yield {
            "type": "scatter",
            "mode": "lines",
            "meta": "level",
            "x": [times[first], times[last]],
            "y": [level, level],
            "hoverinfo": "skip",
            "line": {"color": "var(--ink)", "width": 2},
        }


def _hover(series: Series, values: list[float], unit: str) -> list[str]:
    points, name = series.points, "seed" if series.source == BENCH else "pair"
    columns = (points[key] for key in ("when", "short", "origin", "count"))
    return [
        f"<b>{fixed(value, decimals([value], 4))} {unit}</b>"
        f"<br>{when:%Y-%m-%d %H:%M}, revision {short}"
        f"<br>{series.source} {origin}, {plural(int(count), name)}"
        for value, when, short, origin, count in zip(
            values, *columns, strict=True
        )
    ]


def _line(step: Step) -> dict[str, Any]:
    shape = vertical(None)
    moment = step.when
    line = shape["line"] | {"color": f"var(--{step.kind})"}
    return {**shape, "x0": moment, "x1": moment, "line": line}


def _annotation(step: Step) -> dict[str, Any]:
    points = step.series.points
    late = step.after.when > points["when"][len(points) // 2]
    return {
        "x": step.when,
        "xanchor": "right" if late else "left",
        "xshift": -6 if late else 6,
        "y": 1,
        "yref": "paper",
        "yanchor": "top",
        "text": f"<b>{step.percent}</b>",
        "hovertext": f"{step.after.short}: {step.direction}",
        "showarrow": False,
        "font": {"color": f"var(--{step.kind})", "size": 13},
    }


def _span(values: list[float]) -> tuple[float, float]:
    """At least so wide that noise does not look like a change."""
    low, high = min(values), max(values)
    middle, half = (low + high) / 2, (high - low) / 2
    half = max(1.12 * half, SPAN * abs(middle), 1e-12)
    return middle - half, middle + half
