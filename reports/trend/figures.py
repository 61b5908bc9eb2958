"""Figures of a trend: one for each cell and metric."""

from collections.abc import Iterator
from typing import Any

from reports.figures.parts import LINES, Figure, Trace, chart, span, vertical
from reports.results.format import decimals, fixed, plural
from reports.results.titles import color, mark
from reports.trend import changes
from reports.trend.read import BENCH
from reports.trend.series import Series, Step

HEIGHT = 236  # pixels
LEAST = (
    0.02  # of the largest value: an axis shows at least this much either way
)
ROOM = 0.22  # of the span, above it, for the words at a change


def color_of(series: Series) -> str:
    """An environment's color; the first of a cell has its framework's."""
    if not series.part:
        return color(series.framework)
    return LINES[(series.part - 1) % len(LINES)]


def figure(series: list[Series]) -> Figure | None:
    """All series of one cell and metric, side by side, never joined."""
    traces = [trace for own in series for trace in _traces(own)]
    steps = [step for own in series for step in own.steps]
    values = [y for trace in traces for y in trace["y"]]
    low, high = span(values, LEAST * max(map(abs, values)) or 1)
    top = high + bool(steps) * ROOM * (high - low)
    return chart(
        traces,
        "",
        "",
        height=HEIGHT,
        showlegend=False,
        xaxis={"type": "date"},
        yaxis={"range": [low, top], "nticks": 5, "tickformat": ",~r"},
        shapes=[vertical(s.when, f"var(--{s.kind})") for s in steps],
        annotations=[_annotation(step) for step in steps],
    )


def _traces(series: Series) -> Iterator[Trace]:
    """The points of a series, and the levels between its changes."""
    points = series.points
    times = [when.isoformat() for when in points["when"]]
    values = [value * series.measure.factor for value in points["value"]]
    symbol = mark(series.framework).removesuffix("-open")
    symbol += "" if series.source == BENCH else "-open"
    yield {
        "type": "scatter",
        "mode": "lines+markers",
        "meta": "series",
        "name": f"{series.cell} {series.source} {series.fingerprint}",
        "x": times,
        "y": values,
        "text": _hover(series, values),
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": color_of(series), "width": 1},
        "marker": {"color": color_of(series), "size": 6, "symbol": symbol},
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


def _hover(series: Series, values: list[float]) -> list[str]:
    name = "seed" if series.source == BENCH else "pair"
    points = series.points[["when", "short", "origin", "count"]].to_numpy()
    return [
        f"<b>{fixed(value, decimals([value], 4))} {series.measure.unit}</b>"
        f"<br>{when:%Y-%m-%d %H:%M}, revision {short}"
        f"<br>{series.source} {origin}, {plural(count, name)}"
        for value, (when, short, origin, count) in zip(
            values, points, strict=True
        )
    ]


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
        "text": f"<b>{fixed(step.percent, 1, sign=True)} %</b>",
        "hovertext": f"{step.after.short}: {step.direction}",
        "showarrow": False,
        "font": {"color": f"var(--{step.kind})", "size": 13},
    }
