"""From the records of a folder `runs` to the files of a trend."""

from difflib import get_close_matches
from operator import attrgetter
from pathlib import Path

import pandas as pd

from benchmarks.environment import files
from benchmarks.errors import UserError
from reports.html import document as html
from reports.markdown import document as markdown
from reports.results.format import RATE
from reports.trend import changes, read, series
from reports.trend.content import Trend

METRICS = (
    RATE,
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
    "change_percent": "percent",
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
    kept = read.read(runs, since)
    wanted = list(dict.fromkeys(metrics or METRICS))
    values = kept.values
    names = set(values.get("metric", ()))
    for name in metrics or ():
        if name not in names:
            near = get_close_matches(name, names, 3, 0.4) or sorted(names)
            raise UserError(
                f"--metric {name}: no record has it. Near: {', '.join(near)}"
            )
    if names:
        values = values[values["metric"].isin(wanted)]
    numbers = values.dropna(subset="value") if names else values
    if numbers.empty:
        raise UserError(
            f"{runs} holds no number of {', '.join(wanted)}:"
            f" no cell finished. `make bench` measures"
        )
    numbers = series.identified(numbers)
    return Trend(
        kept,
        wanted,
        series.build(numbers, least),
        series.splits(numbers),
        series.missing(values),
    )


def write(trend: Trend, folder: Path) -> Path:
    """Write trend.html, trend.md and trend.csv; returns the page's path."""
    contents = {
        "trend.csv": table(trend),
        "trend.md": text(trend),
        "trend.html": html.render("trend.html", trend=trend, changes=changes),
    }
    with files.disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            files.write_text(folder / name, content)
    return folder / "trend.html"


def text(trend: Trend) -> str:
    """`trend.md`: for a terminal, a pull request, a mail."""
    return markdown.render("trend.md", trend=trend)


def table(trend: Trend) -> str:
    """`trend.csv`: one row per change, levels in the metric's unit."""
    rows = map(attrgetter(*COLUMNS.values()), trend.steps)
    return pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(index=False)
