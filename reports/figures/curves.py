"""Loss curves of all frameworks over one another, and the comparison."""

import math
from typing import Any

import numpy as np
import pandas as pd

from reports.figures.parts import (
    Figure,
    band,
    chart,
    layout,
    short,
    two_lines,
    vertical,
    whisker,
)
from reports.figures.phases import curves_of
from reports.results.format import fixed
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.statistics import Interval
from reports.results.titles import color, framework_title, mark, workload_title
from reports.results.workload import Comparison, Workload

WINDOW = 15  # thinned steps of a running mean
TRAIN, VALIDATION = "step/train_loss", "epoch/validation_loss"


def losses(bench: Bench, workload: Workload) -> Figure | None:
    """Training loss by step, validation loss at the end of each epoch.

    Means over seeds; the line a running mean, the raw values faint.
    """
    traces: list[dict[str, Any]] = []
    rows = [row for row in workload.rows if row.seeds]
    for number, row in enumerate(reversed(rows)):
        own = curves_of(bench, row)
        # Wide below, thin above: curves that agree can all be seen
        traces += _training(row, own, 1.6 + 1.7 * (len(rows) - 1 - number))
        traces += _validation(row, own)
    axis = {"range": [0, _ceiling(traces)]} if traces else {}
    plan = {"yaxis": axis, "height": 400, "showlegend": False}
    return chart(traces, "training step", "loss, nats", **plan)


def differences(workloads: list[Workload]) -> Figure | None:
    """Accuracy less the slide's in points, margins as bands."""
    traces: list[dict[str, Any]] = []
    shapes = []
    for pair in (c for w in workloads for c in w.comparisons):
        if verdict := pair.verdict:
            points = verdict.difference.scaled(100)
            text = f"{fixed(points.mean, 2, True)} points: {verdict.words}"
            margin = 100 * verdict.margin
            shapes.append(band(-margin, margin, len(traces)))
            traces.append(_whisker(pair, points, text))
    if not traces:
        return None
    plan = layout(len(traces), "points of test accuracy")
    plan["shapes"] = [*shapes, vertical(0)]
    return {"data": traces, "layout": plan}


def ratios(workloads: list[Workload]) -> Figure | None:
    """Training throughput over the slide's."""
    traces = []
    for pair in (c for w in workloads for c in w.comparisons):
        if ratio := pair.ratio:
            text = f"{ratio.mean:.2f}× the slide's program"
            traces.append(_whisker(pair, ratio, text))
    if not traces:
        return None
    plan = layout(len(traces), "× the slide's program", rangemode="tozero")
    plan["shapes"] = [vertical(1)]
    return {"data": traces, "layout": plan}


def _training(
    row: Row, own: pd.DataFrame, width: float
) -> list[dict[str, Any]]:
    steps = own[own["curve"] == TRAIN]
    if steps.empty:
        return []
    mean = steps.groupby("step")["value"].mean()
    line = {"type": "scatter", "mode": "lines", "x": mean.index.tolist()}
    raw = {
        **line,
        "y": [*map(short, mean)],
        "line": {"color": color(row.framework), "width": 1},
        "opacity": 0.18,
        "hoverinfo": "skip",
    }
    smooth = {
        **line,
        "name": row.title,
        "y": [*map(short, running_mean(mean))],
        "line": {"color": color(row.framework), "width": width},
        "hovertemplate": f"<b>{row.title}</b><br>step %{{x}}: %{{y:.3f}} nats"
        "<extra></extra>",
    }
    return [raw, smooth]


def _validation(row: Row, own: pd.DataFrame) -> list[dict[str, Any]]:
    """Open marks where an epoch ends, joined by a broken line."""
    epochs = own[own["curve"] == VALIDATION]
    if epochs.empty:
        return []
    mean = epochs.groupby("step")["value"].mean()
    per_epoch = steps_per_epoch(row)
    return [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": f"{row.title}, validation",
            "x": [int(epoch) * per_epoch for epoch in mean.index],
            "y": [*map(short, mean)],
            "line": {
                "color": color(row.framework),
                "width": 1.5,
                "dash": "dot",
            },
            "marker": {
                "symbol": mark(row.framework).removesuffix("-open") + "-open",
                "size": 10,
                "color": color(row.framework),
                "line": {"width": 2, "color": color(row.framework)},
            },
            "hovertemplate": f"<b>{row.title}</b>, validation<br>"
            "step %{x}: %{y:.3f} nats<extra></extra>",
        }
    ]


def running_mean(values: pd.Series) -> pd.Series:
    """Over a window that shrinks at the start, where the bend is."""
    sums = np.array([0.0, *values.cumsum()])
    here = np.arange(len(values))
    start = here - np.minimum(here, WINDOW // 2)
    stop = np.minimum(2 * here - start + 1, len(values))
    means = (sums[stop] - sums[start]) / (stop - start)
    return pd.Series(means, index=values.index)


def steps_per_epoch(row: Row) -> int:
    """Batches of one epoch, the last one filled up."""
    examples = int(row.own[0].get("data.sizes.train", 0))
    batch = row.cells["batch"].iloc[0]
    return max(math.ceil(examples / int(batch)), 1) if pd.notna(batch) else 1


def _whisker(pair: Comparison, own: Interval, text: str) -> dict[str, Any]:
    """A comparison with the slide: its mark and its interval."""
    row = pair.row
    title = workload_title(row.workload)
    label = two_lines(title + ", synthetic data" * row.synthetic, row.title)
    hover = f"<b>{title}, {row.title}</b><br>{text}"
    name = framework_title(row.framework)
    return whisker(row.framework, label, own, name, hover)


def _ceiling(traces: list[dict[str, Any]]) -> float:
    """Cut the first, high losses off: the rest is what is compared."""
    values = sorted(value for trace in traces for value in trace["y"])
    marked = [max(t["y"]) for t in traces if "markers" in t["mode"]]
    return 1.06 * max([values[int(0.99 * (len(values) - 1))], *marked])
