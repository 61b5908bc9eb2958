"""Parts of Plotly figures: layouts, marks with whiskers, bounds, lines.

Figures are plain `{data, layout}`. Colors are the style sheet's variables;
the page's script puts in their values, so that a figure follows the light
and the dark scheme.
"""

from collections.abc import Sequence
from typing import Any

from reports.blocks import Figure
from reports.results.statistics import Interval
from reports.results.titles import color, mark

Trace = dict[str, Any]
Shape = dict[str, Any]
Point = tuple[float, Interval]
ROW = 46  # pixels of a row of a chart
EDGES = 70  # pixels above and below the rows
HEIGHT = 320  # pixels of a chart of lines
AXIS = {"fixedrange": True, "automargin": True, "gridcolor": "var(--grid)"}
LOG = {"type": "log", "exponentformat": "power"}
LINES = ("var(--spare0)", "var(--spare1)", "var(--spare3)", "var(--spare2)")


def layout(rows: int, title: str, **axis: Any) -> dict[str, Any]:
    """The layout of a chart with `rows` named rows; `title` of the x axis."""
    x = {"title": {"text": title}, "zerolinecolor": "var(--line)"}
    return {
        "height": rows * ROW + EDGES,
        "xaxis": {**x, **AXIS, **axis},
        "yaxis": {
            "range": [rows - 0.5, -0.5],  # the first on top
            "fixedrange": True,
            "automargin": True,
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
        },
        "showlegend": False,
    }


def chart(traces: list[Trace], x: str, y: str, **plan: Any) -> Figure | None:
    """Lines with a legend above; None where there is nothing to draw.

    x, y: titles of the axes. plan: of the layout, what is not the standard.
    """
    if not traces:
        return None
    axis = {**AXIS, "zeroline": False}
    legend = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    standard = {
        "height": HEIGHT,
        "showlegend": True,
        "legend": {**legend, "font": {"size": 12}},
        "hovermode": "closest",
    }
    axes = {
        "xaxis": {**axis, "title": {"text": x}, "showgrid": False},
        "yaxis": {**axis, "title": {"text": y}},
    }
    axes = {name: own | plan.get(name, {}) for name, own in axes.items()}
    return {"data": traces, "layout": standard | plan | axes}


def two_lines(first: str, second: str) -> str:
    """A label whose second line is smaller and fainter."""
    style = "font-size:12px;color:var(--muted)"
    return f"{first}<br><span style='{style}'>{second}</span>"


def whisker(
    framework: str,
    label: str,
    interval: Interval,
    name: str,
    hover: str,
) -> Trace:
    """A framework's mark at a mean, with its interval as a whisker.

    label: of its row.
    """
    thin = mark(framework).endswith("-thin-open")
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [interval.mean],
        "y": [label],
        "marker": {
            "symbol": mark(framework),
            "size": 11,
            "color": color(framework),
            "line": {
                "width": 3 if thin else 1.5,
                "color": color(framework) if thin else "var(--panel)",
            },
        },
        "hovertemplate": f"{hover}<extra></extra>",
    }
    mean, low, high = interval.mean, interval.low, interval.high
    if low is not None and high is not None:
        trace["error_x"] = {
            "type": "data",
            "symmetric": False,
            "array": [high - mean],
            "arrayminus": [mean - low],
            "color": color(framework),
            "thickness": 2,
            "width": 5,
        }
    return trace


def vertical(x: float | str | None, color: str = "var(--slide)") -> Shape:
    """A dotted line at a value, over all rows."""
    ends = {"x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper"}
    line = {"color": color, "width": 1.5, "dash": "dot"}
    return {"type": "line", **ends, "layer": "below", "line": line}


def band(low: float, high: float, row: int | None = None) -> Shape:
    """A shaded range of values, over all rows or over one."""
    ends: dict[str, Any] = {"x0": low, "x1": high, "y0": 0, "y1": 1}
    if row is None:
        ends |= {"yref": "paper"}
    else:
        ends |= {"y0": row - 0.5, "y1": row + 0.5}
    fill = {"line": {"width": 0}, "fillcolor": "var(--band)"}
    return {"type": "rect", **ends, "layer": "below", **fill}


def line(
    points: Sequence[Point],
    name: str,
    color: str,
    unit: str = "",
    factor: float = 1.0,
    dash: str = "solid",
    band: bool = True,
    mark: bool = False,
) -> list[Trace]:
    """A line of means, and behind it the interval of those that have one."""
    if not points:
        return []
    places = ".2f" if factor > 1 else ".3~g"
    means = {
        "type": "scatter",
        "mode": "lines+markers" if mark or len(points) == 1 else "lines",
        "name": name,
        "x": [at for at, _ in points],
        "y": [short(factor * interval.mean) for _, interval in points],
        "line": {"width": 2.2, "color": color, "dash": dash},
        "marker": {"size": 7, "color": color},
        "hovertemplate": f"<b>{name}</b><br>%{{x:.4~g}}: %{{y:{places}}}"
        f" {unit}<extra></extra>",
    }
    wide = [(at, own) for at, own in points if own.low is not None]
    if not band or len(wide) < 2:
        return [means]
    lows = [short(factor * (own.low or 0)) for _, own in wide]
    highs = [short(factor * (own.high or 0)) for _, own in wide]
    ats = [at for at, _ in wide]
    shade = {
        "type": "scatter",
        "mode": "lines",
        "x": [*ats, *ats[::-1]],
        "y": [*highs, *lows[::-1]],
        "fill": "toself",
        "fillcolor": color,
        "line": {"width": 0},
        "opacity": 0.14,
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [shade, means]


def span(values: Sequence[float], least: float) -> list[float]:
    """A range around all values, so wide that noise does not look like more.

    least: half of the narrowest range.
    """
    low, high = min(values), max(values)
    middle, half = (low + high) / 2, (high - low) / 2
    half = max(1.08 * half, least)
    return [middle - half, middle + half]


def short(value: float) -> float:
    """Five figures: what a screen can show."""
    return float(f"{value:.5g}")
