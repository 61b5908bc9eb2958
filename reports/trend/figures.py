"""Plotly figures of a trend: one of each cell and metric."""

from collections.abc import Iterator
from typing import Any

from reports.figures.bars import Figure
from reports.results.format import Measure, decimals, fixed, plural
from reports.results.titles import colour, mark
from reports.trend import changes
from reports.trend.read import BENCH
from reports.trend.series import Point, Series
from reports.trend.words import Told

HEIGHT = 236  # pixels
SPAN = 0.02  # of the middle: an axis shows at least this much either way
ROOM = 0.22  # of the span, above it, for the words at a change
SPARE = ["var(--spare1)", "var(--spare0)", "var(--spare3)", "var(--spare2)"]


def part_colour(series: Series) -> str:
    """An environment's colour; the first of a cell has its framework's."""
    if not series.part:
        return colour(series.framework)
    return SPARE[(series.part - 1) % len(SPARE)]


def figure(found: list[Series], told: list[Told], measure: Measure) -> Figure:
    """All series of one cell and metric, side by side, never joined."""
    traces = [trace for one in found for trace in _traces(one, measure)]
    values = [p.value * measure.factor for one in found for p in one.points]
    low, high = _span(values)
    return {
        "data": traces,
        "layout": {
            "height": HEIGHT,
            "showlegend": False,
            "hovermode": "closest",
            "xaxis": {
                "type": "date",
                "fixedrange": True,
                "showgrid": False,
                "automargin": True,
            },
            "yaxis": {
                "range": [low, high + bool(told) * ROOM * (high - low)],
                "fixedrange": True,
                "automargin": True,
                "zeroline": False,
                "gridcolor": "var(--grid)",
                "nticks": 5,
                "tickformat": ",~r",
            },
            "shapes": [_line(one) for one in told],
            "annotations": [_words(one) for one in told],
        },
    }


def _traces(one: Series, measure: Measure) -> Iterator[dict[str, Any]]:
    """The points of a series, and the levels between its changes."""
    times = [point.when.isoformat() for point in one.points]
    values = [point.value * measure.factor for point in one.points]
    open_mark = "" if one.source == BENCH else "-open"
    yield {
        "type": "scatter",
        "mode": "lines+markers",
        "meta": "series",
        "name": f"{one.cell} {one.source} {one.where[0]}",
        "x": times,
        "y": values,
        "text": [_hover(point, one, measure) for point in one.points],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": part_colour(one), "width": 1},
        "marker": {
            "color": part_colour(one),
            "size": 6,
            "symbol": mark(one.framework).removesuffix("-open") + open_mark,
        },
        "opacity": 0.75,
    }
    if not one.changes:
        return
    for first, last, level in changes.levels(values, one.changes):
        yield {
            "type": "scatter",
            "mode": "lines",
            "meta": "level",
            "x": [times[first], times[last]],
            "y": [level, level],
            "hoverinfo": "skip",
            "line": {"color": "var(--ink)", "width": 2},
        }


def _hover(point: Point, one: Series, measure: Measure) -> str:
    value = point.value * measure.factor
    text = f"<b>{fixed(value, decimals([value], 4))} {measure.unit}</b>"
    count = "seed" if one.source == BENCH else "pair"
    text += f"<br>{point.when:%Y-%m-%d %H:%M}, revision {point.short}"
    origin = "bench" if one.source == BENCH else "gate"
    many = plural(point.values, count)
    return f"{text}<br>{origin} {point.origin}, {many}"


def _line(one: Told) -> dict[str, Any]:
    moment = one.first.when.isoformat()
    return {
        "type": "line",
        "x0": moment,
        "x1": moment,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "layer": "below",
        "line": {"color": _ink(one), "width": 1.5, "dash": "dot"},
    }


def _words(one: Told) -> dict[str, Any]:
    middle = one.series.points[len(one.series.points) // 2].when
    late = one.first.when > middle
    return {
        "x": one.first.when.isoformat(),
        "xanchor": "right" if late else "left",
        "xshift": -6 if late else 6,
        "y": 1,
        "yref": "paper",
        "yanchor": "top",
        "text": f"<b>{one.percent}</b>",
        "hovertext": f"{one.first.short}: {one.direction}",
        "showarrow": False,
        "font": {"color": _ink(one), "size": 13},
    }


def _ink(one: Told) -> str:
    return f"var(--{one.kind})"


def _span(values: list[float]) -> tuple[float, float]:
    """So wide that noise does not look like a change."""
    low, high = min(values), max(values)
    middle, half = (low + high) / 2, (high - low) / 2
    half = max(1.12 * half, SPAN * abs(middle), 1e-12)
    return middle - half, middle + half
