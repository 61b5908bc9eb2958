"""The trend as Markdown and as CSV: change points and what is not known."""

import csv
import io

from reports.trend import words
from reports.trend.page import Trend
from reports.trend.words import cell_title

COLUMNS = (
    "workload",
    "framework",
    "cell",
    "metric",
    "unit",
    "source",
    "fingerprint",
    "when",
    "revision_before",
    "revision_after",
    "before",
    "after",
    "change_percent",
    "direction",
    "p",
)


def markdown(trend: Trend) -> str:
    """`trend.md`: for a terminal, a pull request, a mail."""
    lines = [
        f"# Trend: {words.headline(trend.series)}",
        "",
        f"{words.span(trend.series)}; {trend.about}.",
    ]
    if trend.told:
        lines += ["", *_table(trend)]
    parts = {
        "Not joined": [words.split_words(one) for one in trend.splits],
        "Not searched": words.notes(trend.series),
        "Skipped files": trend.kept.broken,
    }
    for title, own in parts.items():
        if own:
            lines += ["", f"## {title}", "", *(f"- {one}" for one in own)]
    return "\n".join(lines) + "\n"


def table(trend: Trend) -> str:
    """`trend.csv`: one row per change point, levels in the metric's unit."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in trend.told:
        series, change = one.series, one.change
        writer.writerow(
            [
                series.workload,
                series.framework,
                series.cell,
                series.metric,
                series.unit,
                series.source,
                series.where[0],
                one.first.when.isoformat(),
                one.last.revision,
                one.first.revision,
                change.before,
                change.after,
                round(100 * change.magnitude, 3),
                one.direction,
                change.p,
            ]
        )
    return out.getvalue()


def _table(trend: Trend) -> list[str]:
    lines = [
        "| Cell | Metric | Since | Revisions | Level | Change | p |",
        "| --- | --- | --- | --- | ---: | ---: | ---: |",
    ]
    for one in trend.told:
        before, after = one.levels
        by = " (gates)" * (one.series.source == "gate")
        lines.append(
            f"| {cell_title(one.series.cell)}{by} | {one.measure.title}"
            f" | {one.first.when:%Y-%m-%d %H:%M}"
            f" | {one.last.short} → {one.first.short}"
            f" | {before} → {after} {one.measure.unit}"
            f" | {one.percent} {one.direction} | {one.chance} |"
        )
    return lines
