"""Bar charts and marks of one workload: throughput, accuracy, start-up."""

from dataclasses import replace
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
from reports.results.rows import Row, Workload
from reports.results.statistics import Interval
from reports.results.titles import SLIDE, color, framework_title

POINTS = 2.0  # per cent: the least an axis of accuracies spans
SHADES = (1.0, 0.72, 0.46, 0.24)  # of one framework's stacked parts


def label(row: Row) -> str:
    """A row's name in two lines."""
    name = framework_title(row.framework)
    rest = row.title.removeprefix(name).strip()
    rest = "Keras fit" if row.framework == SLIDE and not rest else rest
    return two_lines(name, rest) if rest else name


def throughput(workload: Workload) -> Figure:
    """Bars from zero, seeds as dots, the slide's mean as a line."""
    title = "Training throughput"
    measure = replace(workload.in_unit(TRAINING), title=title)
    rows = [row for row in workload.rows if row.by_seed(RATE)]
    traces = _measured(rows, measure, bars=True)
    plan = layout(len(rows), f"training, {measure.unit}")
    plan["barmode"] = "overlay"
    notes = [_ratio_note(workload, row) for row in rows]
    plan["annotations"] = [note for note in notes if note]
    if workload.slide:
        middle = workload.slide.estimate(RATE).value
        plan["shapes"] = [vertical(middle)]
        longest = max(max(row.by_seed(RATE).values()) for row in rows)
        plan["xaxis"]["range"] = [0, 1.3 * longest]  # room for the ratios
    return {"data": traces, "layout": plan}


def accuracy(workload: Workload) -> Figure:
    """Test accuracy with the slide's mean and the margin around it."""
    measure = Measure(ACCURACY, "Test accuracy", "%", 100)
    rows = [row for row in workload.rows if row.by_seed(ACCURACY)]
    traces = _measured(rows, measure, bars=False)
    plan = layout(len(rows), "test accuracy, %", zeroline=False)
    shown = [value for trace in traces for value in _extent(trace)]
    margins = [c.margin for c in workload.comparisons if c.margin]
    if workload.slide and workload.slide.by_seed(ACCURACY):
        middle = 100 * (workload.slide.estimate(ACCURACY).value or 0)
        plan["shapes"] = [vertical(middle)]
        if margins:
            reach = 100 * margins[0]
            plan["shapes"].insert(0, band(middle - reach, middle + reach))
            shown += [middle - reach, middle + reach]
    plan["xaxis"]["range"] = span(shown, POINTS / 2)
    return {"data": traces, "layout": plan}


def _extent(trace: Trace) -> list[float]:
    """Where a trace is drawn, its whisker included."""
    ends = trace.get("error_x", {"array": [0], "arrayminus": [0]})
    return [
        *trace["x"],
        trace["x"][0] + ends["array"][0],
        trace["x"][0] - ends["arrayminus"][0],
    ]


def bars(workload: Workload, measure: Measure) -> Figure | None:
    """One measure from zero with intervals; None where no row has it."""
    rows = [row for row in workload.rows if row.by_seed(measure.column)]
    if not rows:
        return None
    measure = workload.in_unit(measure)
    traces = _measured(rows, measure, bars=True)
    unit = f"{measure.title.lower()}, {measure.unit}"
    plan = layout(len(rows), unit, rangemode="tozero")
    plan["barmode"] = "overlay"
    return {"data": traces, "layout": plan}


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
    ends = [*row.by_seed(RATE).values(), row.estimate(RATE).high or 0]
    return {
        "x": max(ends),
        "xanchor": "left",
        "xshift": 12,
        "y": label(row),
        "text": f"<b>{ratio.mean:.2f}×</b>",
        "showarrow": False,
        "font": {"color": "var(--ink)", "size": 14},
    }
