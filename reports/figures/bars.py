"""Bar charts and marks of one workload: throughput, accuracy, start-up."""

from dataclasses import replace
from typing import Any

from reports.figures.parts import (
    Figure,
    band,
    layout,
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
    decimals,
    fixed,
)
from reports.results.rows import Estimate, Row, Workload
from reports.results.statistics import Interval
from reports.results.titles import SLIDE, colour, framework_title

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
    traces = [_bar(row, measure) for row in rows]
    traces += [trace for row in rows for trace in _dots(row, measure)]
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
    traces = [trace for row in rows for trace in _dots(row, measure)]
    plan = layout(len(rows), "test accuracy, %", zeroline=False)
    shown = [100 * value for row in rows for value in _extent(row)]
    margins = [c.margin for c in workload.comparisons if c.margin]
    if workload.slide and workload.slide.by_seed(ACCURACY):
        middle = 100 * (workload.slide.estimate(ACCURACY).value or 0)
        plan["shapes"] = [vertical(middle)]
        if margins:
            reach = 100 * margins[0]
            plan["shapes"].insert(0, band(middle - reach, middle + reach))
            shown += [middle - reach, middle + reach]
    plan["xaxis"]["range"] = _span(shown)
    return {"data": traces, "layout": plan}


def _extent(row: Row) -> list[float]:
    """All that is drawn of a row: seeds and the ends of the interval."""
    estimate = row.estimate(ACCURACY)
    ends = [end for end in (estimate.low, estimate.high) if end is not None]
    return [*row.by_seed(ACCURACY).values(), *ends]


def _span(shown: list[float]) -> list[float]:
    """At least two points wide, so that noise does not look like more."""
    low, high = min(shown), max(shown)
    middle, half = (low + high) / 2, (high - low) / 2
    half = max(1.08 * half, POINTS / 2)
    return [middle - half, middle + half]


def bars(workload: Workload, measure: Measure) -> Figure | None:
    """One measure from zero with intervals; None where no row has it."""
    rows = [row for row in workload.rows if row.by_seed(measure.column)]
    if not rows:
        return None
    measure = workload.in_unit(measure)
    traces = [_bar(row, measure) for row in rows]
    traces += [trace for row in rows for trace in _dots(row, measure)]
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
            traces.append(_stack(rows, part, values, shade))
    if not traces:
        return None
    plan = layout(len(rows), "seconds until the first step is done")
    plan["barmode"] = "stack"
    return {"data": traces, "layout": plan}


def _stack(
    rows: list[Row], part: Measure, values: list[float | None], shade: float
) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": part.title,
        "x": values,
        "y": [label(row) for row in rows],
        "width": 0.5,
        "marker": {
            "color": [colour(row.framework) for row in rows],
            "opacity": shade,
            "line": {"width": 1, "color": "var(--panel)"},
        },
        "hovertemplate": f"{part.title}: %{{x:.2f}} s<extra></extra>",
    }


def _bar(row: Row, measure: Measure) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [_times(row.estimate(measure.column).value, measure)],
        "y": [label(row)],
        "width": 0.5,
        "marker": {"color": colour(row.framework), "opacity": 0.2},
        "hoverinfo": "skip",
    }


def _dots(row: Row, measure: Measure) -> list[dict[str, Any]]:
    """Each seed's value as a small mark, and the estimate as a large one."""
    estimate = row.estimate(measure.column)
    if estimate.value is None:
        return []
    values = row.by_seed(measure.column)
    seeds = {
        "type": "scatter",
        "mode": "markers",
        "x": [value * measure.factor for value in values.values()],
        "y": [label(row)] * len(values),
        "customdata": list(values),
        "marker": {
            "color": colour(row.framework),
            "size": 6,
            "opacity": 0.45,
            "symbol": "circle",
        },
        "hovertemplate": f"seed %{{customdata}}: %{{x:,.4~r}} {measure.unit}"
        "<extra></extra>",
    }
    ends = estimate.low, estimate.high
    own = Interval(estimate.value, *ends, estimate.repeats, 0.95)
    middle = whisker(
        row.framework,
        label(row),
        own.scaled(measure.factor),
        row.title,
        hover(row, estimate, measure),
    )
    return [seeds, middle] if len(values) > 1 else [middle]


def hover(row: Row, estimate: Estimate, measure: Measure) -> str:
    """Value, interval and what they are over."""
    ends = (estimate.value, estimate.low, estimate.high)
    value, low, high = (_times(end, measure) for end in ends)
    places = decimals([value, low, high])
    text = f"<b>{row.title}</b><br>{fixed(value, places)} {measure.unit}"
    if low is not None:
        text += f"<br>[{fixed(low, places)}, {fixed(high, places)}]"
    return f"{text}<br>{estimate.over}"


def _times(value: float | None, measure: Measure) -> float | None:
    """A value in the unit of its measure."""
    return None if value is None else value * measure.factor


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
