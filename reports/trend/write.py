"""From the records of a folder `runs` to the files of a trend."""

import csv
import io
from difflib import get_close_matches
from operator import attrgetter
from pathlib import Path

from benchmarks.environment import files
from benchmarks.errors import UserError
from reports.html import document as html
from reports.markdown import document as markdown
from reports.trend import changes, read, series, words
from reports.trend.content import Trend

METRICS = (
    read.RATE,
    "inference_latency_milliseconds",
    "compile_seconds",
    "host_peak_bytes",
    "test_accuracy",
)
COLUMNS = {  # of trend.csv: the attribute of a `Step` in each
    "workload": "series.workload",
    "framework": "series.framework",
    "cell": "series.cell",
    "metric": "series.metric",
    "unit": "series.unit",
    "source": "series.source",
    "fingerprint": "series.fingerprint",
    "when": "when",
    "revision_before": "before.revision",
    "revision_after": "after.revision",
    "before": "change.before",
    "after": "change.after",
    "change_percent": "change_percent",
    "direction": "direction",
    "p": "change.p",
}


def gather(
    runs: Path,
    metrics: list[str] | None = None,
    since: str | None = None,
    least: float = changes.MAGNITUDE,
) -> Trend:
    """The trend of the records and gates under `runs`.

    metrics: their names in records, `METRICS` by default. since: a date.
    least: the smallest change, as a fraction.

    Raises UserError where nothing is recorded or a metric is unknown.
    """
    kept = read.read(runs, read.parse_date(since) if since else None)
    wanted = list(dict.fromkeys(metrics or METRICS))
    names = set(kept.values.get("metric", ()))
    for name in wanted if metrics else ():
        if name not in names:
            near = get_close_matches(name, names, 3, 0.4) or sorted(names)
            raise UserError(
                f"--metric {name}: no record has it. Near: {', '.join(near)}"
            )
    values = kept.values
    if names:
        values = values[values["metric"].isin(wanted)].dropna(how="all")
    built = series.build(values) if len(values) else []
    if not built:
        raise UserError(
            f"{runs} holds no number of {', '.join(wanted)}:"
            f" no cell finished. `make bench` measures"
        )
    series.search(built, least)
    return Trend(
        kept,
        wanted,
        built,
        series.splits(built),
        words.steps(built),
        series.missing(values),
    )


def write(trend: Trend, folder: Path) -> Path:
    """Write trend.html, trend.md and trend.csv; returns the page's path."""
    contents = {
        "trend.csv": table(trend),
        "trend.md": text(trend),
        "trend.html": html.render("trend.html", **_context(trend)),
    }
    with files.disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            files.write_text(folder / name, content)
    return folder / "trend.html"


def text(trend: Trend) -> str:
    """`trend.md`: for a terminal, a pull request, a mail."""
    return markdown.render("trend.md", **_context(trend))


def table(trend: Trend) -> str:
    """`trend.csv`: one row per change, levels in the metric's unit."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(attrgetter(*COLUMNS.values()), trend.steps))
    return out.getvalue()


def _context(trend: Trend) -> dict[str, object]:
    return {"trend": trend, "words": words, "changes": changes}
