"""Bar charts and marks of one workload: throughput, accuracy, start-up."""

from typing import Any

from reports.figures.parts import (
    Figure,
    Trace,
    band,
    layout,
    span,
    two_lines,
    vertical,
    whisker,
)
from reports.results.format import (
    ACCURACY,
    RATE,
    STARTUP,
    TRAINING,
    Measure,
    between,
    decimals,
    fixed,
)
from reports.results.rows import Row
from reports.results.statistics import Interval
from reports.results.titles import color, framework_title
from reports.results.workload import Workload

TESTED = Measure(ACCURACY, "Test accuracy", "%", 100)
POINTS = 2.0  # per cent: the least an axis of accuracies spans
SHADES = (1.0, 0.72, 0.46, 0.24)  # of one framework's stacked parts


def label(row: Row) -> str:
    """A row's name in two lines."""
    name = framework_title(row.framework)
    rest = row.title.removeprefix(name).strip()
    return two_lines(name, rest) if rest else name


def bars(workload: Workload, measure: Measure) -> Figure | None:
    """Bars from zero, seeds as dots, intervals; None where no row has any."""
    rows = [row for row in workload.rows if row.by_seed(measure.column)]
    if not rows:
        return None
    measure = workload.in_unit(measure)
    unit = f"{measure.title.lower()}, {measure.unit}"
    plan = layout(len(rows), unit, rangemode="tozero") | {"barmode": "overlay"}
    return {"data": _measured(rows, measure, bars=True), "layout": plan}


def throughput(workload: Workload) -> Figure | None:
    """Bars with ratios to the slide's program, whose mean is a line."""
    figure = bars(workload, TRAINING)
    if figure and workload.slide:
        plan, rows = figure["layout"], workload.rows
        notes = [_ratio_note(workload, row) for row in rows]
        plan["annotations"] = [note for note in notes if note]
        plan["shapes"] = [vertical(workload.slide.estimate(RATE).value)]
        longest = max(v for row in rows for v in row.by_seed(RATE).values())
        plan["xaxis"]["range"] = [0, 1.3 * longest]  # room for the ratios
    return figure


def accuracy(workload: Workload) -> Figure | None:
    """Test accuracy with the slide's mean and the margin around it."""
    rows = [row for row in workload.rows if row.by_seed(ACCURACY)]
    if not rows:
        return None
    plan = layout(len(rows), "test accuracy, %", zeroline=False)
    shown = [100 * end for row in rows for end in _ends(row, ACCURACY)]
    margins = [c.margin for c in workload.comparisons if c.margin]
    slide = workload.slide
    if slide and slide.by_seed(ACCURACY):
        middle = 100 * (slide.estimate(ACCURACY).value or 0)
        plan["shapes"] = [vertical(middle)]
        if margins:
            ends = middle - 100 * margins[0], middle + 100 * margins[0]
            plan["shapes"].insert(0, band(*ends))
            shown += ends
    plan["xaxis"]["range"] = span(shown, POINTS / 2)
    return {"data": _measured(rows, TESTED, bars=False), "layout": plan}


def _ends(row: Row, column: str) -> list[float]:
    """The values of all seeds, and the ends of the interval."""
    own = row.estimate(column)
    values = [*row.by_seed(column).values(), own.low, own.high]
    return [value for value in values if value is not None]


def startup(workload: Workload) -> Figure | None:
    """Seconds before the first step is done, stacked by part."""
    rows = [row for row in workload.rows if row.seeds]
    traces = []
    for part, shade in zip(STARTUP, SHADES, strict=True):
        values = [row.estimate(part.column).value for row in rows]
        if any(value is not None for value in values):
            hover = f"{part.title}: %{{x:.2f}} s<extra></extra>"
            traces.append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "name": part.title,
                    "x": values,
                    "y": [label(row) for row in rows],
                    "width": 0.5,
                    "marker": {
                        "color": [color(row.framework) for row in rows],
                        "opacity": shade,
                        "line": {"width": 1, "color": "var(--panel)"},
                    },
                    "hovertemplate": hover,
                }
            )
    if not traces:
        return None
    plan = layout(len(rows), "seconds until the first step is done")
    plan["barmode"] = "stack"
    return {"data": traces, "layout": plan}


def _measured(rows: list[Row], measure: Measure, bars: bool) -> list[Trace]:
    """Each seed's value as a small mark and the estimate as a large one.

    bars: whether a bar from 0 is behind them.
    """
    estimates = [(row, _scaled(row, measure)) for row in rows]
    traces = [_bar(row, own) for row, own in estimates if bars]
    for row, own in estimates:
        values = row.by_seed(measure.column)
        traces += [_seeds(row, values, measure)] if len(values) > 1 else []
        text = _hover(row, own, measure)
        traces.append(whisker(row.framework, label(row), own, row.title, text))
    return traces


def _scaled(row: Row, measure: Measure) -> Interval:
    """A row's estimate in the unit of the measure."""
    own = row.estimate(measure.column)
    assert own.value is not None  # rows without a value are not drawn
    ends = own.low, own.high
    return Interval(own.value, *ends, own.repeats, 0.95).scaled(measure.factor)


def _bar(row: Row, own: Interval) -> Trace:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [own.mean],
        "y": [label(row)],
        "width": 0.5,
        "marker": {"color": color(row.framework), "opacity": 0.2},
        "hoverinfo": "skip",
    }


def _seeds(row: Row, values: dict[int, float], measure: Measure) -> Trace:
    style = {"size": 6, "opacity": 0.45, "symbol": "circle"}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [value * measure.factor for value in values.values()],
        "y": [label(row)] * len(values),
        "customdata": list(values),
        "marker": {"color": color(row.framework), **style},
        "hovertemplate": f"seed %{{customdata}}: %{{x:,.4~r}} {measure.unit}"
        "<extra></extra>",
    }


def _hover(row: Row, own: Interval, measure: Measure) -> str:
    """Value, interval and what they are over."""
    places = decimals([own.mean, own.low, own.high])
    ends = between(own.low, own.high, places)
    parts = [f"<b>{row.title}</b>", f"{fixed(own.mean, places)} {measure.unit}"]
    parts += [ends, row.estimate(measure.column).over]
    return "<br>".join(part for part in parts if part)


def _ratio_note(workload: Workload, row: Row) -> dict[str, Any] | None:
    """`1.77× slide` behind the end of a row."""
    ratio = workload.ratio(row)
    if ratio is None:
        return None
    return {
        "x": max(_ends(row, RATE)),
        "xanchor": "left",
        "xshift": 12,
        "y": label(row),
        "text": f"<b>{ratio.mean:.2f}×</b>",
        "showarrow": False,
        "font": {"color": "var(--ink)", "size": 14},
    }
