"""The page: one HTML file with all in it, fit for a phone, needing no net."""

from collections.abc import Iterator
from typing import Any

from reports.figures import bars, curves
from reports.figures.bars import Figure
from reports.html import (
    claim_section,
    document,
    facts,
    findings,
    parity,
    tables,
)
from reports.results.format import (
    ACCURACY,
    MEASURES,
    RATE,
    TRAINING,
    Measure,
    fixed,
    tiny,
)
from reports.results.frame import Bench
from reports.results.rows import Row, Workload
from reports.results.titles import RUNGS, colour, mark, model_title

QUALITY = next(one for one in MEASURES if one.column == ACCURACY)
CHARTS = (  # beside throughput, accuracy and losses
    "inference_examples_per_second",
    "inference_latency_milliseconds",
    "peak_share_fraction",
    "host_peak_bytes",
    "allocator_peak_bytes",
)


def render(
    bench: Bench, workloads: list[Workload], entries: list[dict[str, Any]]
) -> str:
    """The whole page. `entries`: what `make parity` found, or none."""
    charts: dict[str, Figure] = {}
    context = {
        "headline": findings.headline(bench, workloads),
        "about": facts.about(bench),
        "findings": findings.findings(workloads, entries),
        "workloads": [_workload(bench, one, charts) for one in workloads],
        "comparisons": tables.comparisons(workloads),
        "datasets": facts.datasets(bench),
        "machine": facts.environment(bench),
        "lost": facts.lost(bench),
        "time": facts.time(bench),
        "parity": _parity(entries),
    }
    _add(charts, "differences", curves.differences(workloads))
    _add(charts, "ratios", curves.ratios(workloads))
    _add(charts, "parity", parity.figure(entries))
    return document.render("page.html", charts, context)


def _workload(
    bench: Bench, workload: Workload, charts: dict[str, Figure]
) -> dict[str, Any]:
    """One workload's section; puts its figures into `charts`."""
    anchor = f"{workload.name}-{workload.data}"
    measured = any(row.seeds for row in workload.rows)
    if measured:
        for name, figure in _figures(bench, workload):
            _add(charts, f"{anchor}-{name}", figure)
    small = [
        _small(workload, one, f"{anchor}-{one.column}")
        for one in MEASURES
        if one.column in CHARTS
    ]
    return {
        "anchor": anchor,
        "title": model_title(workload.name),
        "data": workload.data,
        "synthetic": workload.synthetic,
        "setting": _setting(workload),
        "unit": workload.told(TRAINING).unit,
        "rows": [_panel_row(workload, row) for row in workload.rows],
        "slide": workload.slide is not None,
        "marks": [_mark(row) for row in workload.rows if row.seeds],
        "small": small,
        "captions": _captions(workload),
        "table": tables.measures(workload),
        **claim_section.section(bench, workload, charts, anchor),
    }


def _small(workload: Workload, one: Measure, name: str) -> dict[str, str]:
    """A small chart's caption, or why there is nothing to draw."""
    caption = _caption(workload, one)
    found = [row.estimate(one.column) for row in workload.rows]
    reasons = [estimate.reason for estimate in found if estimate.reason]
    return {
        "id": name,
        "title": one.title,
        "caption": caption,
        "reason": reasons[0] if reasons and not caption else "",
    }


def _figures(
    bench: Bench, workload: Workload
) -> Iterator[tuple[str, Figure | None]]:
    if any(row.by_seed(RATE) for row in workload.rows):
        yield "throughput", bars.throughput(workload)
    if any(row.by_seed(ACCURACY) for row in workload.rows):
        yield "accuracy", bars.accuracy(workload)
    yield "losses", curves.losses(bench, workload)
    yield "startup", bars.startup(workload)
    for measure in MEASURES:
        if measure.column in CHARTS:
            yield measure.column, bars.bars(workload, measure)


def _panel_row(workload: Workload, row: Row) -> dict[str, Any]:
    """A row of the panel at the head of the page."""
    fastest = max(
        (one.estimate(RATE).value or 0 for one in workload.rows), default=0
    )
    rate, quality = row.estimate(RATE), row.estimate(ACCURACY)
    ratio = workload.ratio(row)
    verdicts = [c.verdict for c in workload.comparisons if c.row is row]
    verdict = verdicts[0] if verdicts else None
    percent = None if quality.value is None else 100 * quality.value
    return {
        **tables.identity(row),
        "rate": fixed(rate.value, 0),
        "width": round(100 * (rate.value or 0) / fastest, 2) if fastest else 0,
        "ratio": f"{ratio.mean:.2f}×" if ratio else "",
        "accuracy": fixed(percent, 1),
        "kind": verdict.kind if verdict else "none",
        "words": verdict.words if verdict else "",
        "reason": rate.reason,
    }


def _setting(workload: Workload) -> list[str]:
    """The training in a few words, as configured."""
    config = workload.rows[0].config
    words = [
        ("batch", "batch {}"),
        ("epochs", "{} epochs"),
        ("optimiser", "{}"),
        ("rate", "rate {}"),
    ]
    found = [
        text.format(config[f"workload.{name}"])
        for name, text in words
        if f"workload.{name}" in config
    ]
    phases = workload.rows[0].phases
    found += [f"{len(phases)} phases"] if phases else []
    places = {(row.precision, row.device) for row in workload.rows}
    found += [f"{precision}, {device}" for precision, device in sorted(places)]
    return [one.replace("1 epochs", "1 epoch") for one in found]


def _captions(workload: Workload) -> dict[str, str]:
    """What the marks and whiskers of the larger charts are."""
    most = max((row.seeds for row in workload.rows), default=0)
    several = most > 1
    dots = " Small dots: single seeds." if several else ""
    margin = _margin(workload)
    shaded = f" Shaded: within {margin} of the slide's mean." if margin else ""
    dotted = " Dotted: the slide's program." if workload.slide else ""
    return {
        "throughput": _caption(workload, MEASURES[0]) + dots + dotted,
        "accuracy": _caption(workload, QUALITY) + dots + shaded,
        "losses": f"Mean over up to {most} seeds. " * several or "One seed. ",
    }


def _caption(workload: Workload, one: Measure) -> str:
    """Unit, repeats and kind of interval of one measure."""
    found = [row.estimate(one.column) for row in workload.rows]
    over = tables.merged([each.over for each in found if each.over])
    unit = workload.told(one).unit
    return f"In {unit}: {'; '.join(over)}." if over else ""


def _margin(workload: Workload) -> str | None:
    margins = {c.margin for c in workload.comparisons if c.margin}
    if not margins or not workload.slide:
        return None
    points = 100 * min(margins)
    return f"{points:g} point" + "s" * (points != 1)


def _mark(row: Row) -> dict[str, str]:
    return {
        "title": row.title,
        "colour": colour(row.framework),
        "mark": mark(row.framework),
    }


def _parity(entries: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The ladder as a table: rungs by models, both precisions."""
    if not entries:
        return None
    models, kinds = parity.models(entries), parity.precisions(entries)
    rows = [
        {
            "rung": rung,
            "name": RUNGS.get(rung, ""),
            "cells": [
                [_largest(entries, kind, model, rung) for kind in kinds]
                for model in models
            ],
        }
        for rung in parity.rungs(entries)
    ]
    return {
        "models": [model_title(name) for name in models],
        "precisions": kinds,
        "rows": rows,
        "bounds": [
            {"precision": kind, "text": _bounds(entries, kind)}
            for kind in kinds
        ],
        "pairs": len(entries),
    }


def _largest(
    entries: list[dict[str, Any]], kind: str, model: str, rung: int
) -> dict[str, Any]:
    found = parity.largest(entries, kind, model, rung)
    if found is None:
        return {"text": "–", "holds": True, "tip": "not compared"}
    tip = f"{found.left} and {found.right}, {found.array}"
    tip += f", {parity.limit(found.bound)}, {found.pairs} comparisons"
    text = parity.shown(found.error)
    return {"text": text, "holds": found.holds, "tip": tip}


def _bounds(entries: list[dict[str, Any]], kind: str) -> str:
    own = [e["bound"] for e in entries if e["precision"] == kind]
    bounds = [bound for bound in own if bound is not None]
    if not bounds:
        return "none measured"
    low, high = tiny(min(bounds)), tiny(max(bounds))
    return low if low == high else f"{low} to {high}"


def _add(charts: dict[str, Figure], name: str, figure: Figure | None) -> None:
    if figure is not None:
        charts[name] = figure
