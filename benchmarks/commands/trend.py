"""`make trend`: recorded numbers over time, and where they changed.

Reads the records and the kept gates under `runs`; writes `trend.html`,
`trend.md` and `trend.csv`. The files are the truth: MLflow is not asked.
"""

import argparse
import sys
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from benchmarks.errors import UserError
from benchmarks.records.store import disk
from reports.output.write import replace
from reports.trend import changes, page, read, series, words
from reports.trend import text as trend_text
from reports.trend.page import Trend
from reports.trend.read import RATE

METRICS = (
    RATE,
    "inference_latency_milliseconds",
    "compile_seconds",
    "host_peak_bytes",
    "test_accuracy",
)


def gather(
    runs: Path,
    metrics: list[str] | None = None,
    since: str | None = None,
    least: float = changes.MAGNITUDE,
) -> Trend:
    """The trend of what lies under `runs`.

    metrics: their names in records, a few by default. since: a date. least:
    the smallest change that is told, as a fraction.

    Raises UserError where nothing is kept or a metric is unknown.
    """
    begin = read.parse_date(since) if since else None
    kept = read.read(runs, begin)
    wanted = list(dict.fromkeys(metrics or METRICS))
    names = {one.metric for one in kept.measured}
    for name in wanted if metrics else ():
        if name not in names:
            near = get_close_matches(name, names, 3, 0.4) or sorted(names)
            raise UserError(
                f"--metric {name}: no record has it. Near: {', '.join(near)}"
            )
    measured = [one for one in kept.measured if one.metric in wanted]
    found = series.build(measured)
    if not found:
        raise UserError(
            f"{runs} holds no number of {', '.join(wanted)}:"
            f" no cell finished. `make bench` measures"
        )
    series.search(found, least)
    return Trend(
        kept,
        wanted,
        found,
        series.splits(found),
        words.told(found),
        series.missing(measured),
    )


def write(trend: Trend, folder: Path) -> Path:
    """Write all files of a trend, each replaced at once; the page's path."""
    contents = {
        "trend.csv": trend_text.table(trend),
        "trend.md": trend_text.markdown(trend),
        "trend.html": page.render(trend),
    }
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in contents.items():
            fill = partial(Path.write_text, data=text, encoding="utf-8")
            replace(folder / name, fill)
    return folder / "trend.html"


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 2 after a mistake that the user can mend."""
    options = _options(arguments)
    try:
        trend = gather(
            options.runs,
            options.metric,
            options.since,
            options.least / 100,
        )
        path = write(trend, options.folder)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    _say(trend, path)
    return 0


def _say(trend: Trend, path: Path) -> None:
    for one in trend.kept.broken:
        print(f"ignored: {one}", file=sys.stderr)
    if not changes.available():
        print(
            "ruptures is not installed: drawn without change points."
            " `make setup` installs it.",
            file=sys.stderr,
        )
    print(trend_text.markdown(trend).removeprefix("# "))
    print(f"Trend: {path}")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.trend",
        description="Draw what was recorded over time; find where it changed.",
    )
    parser.add_argument("--since", help="a date: leave out what is older")
    parser.add_argument(
        "--metric",
        action="append",
        help="its name in records, may be given again; by default"
        f" {', '.join(METRICS)}",
    )
    parser.add_argument(
        "--least",
        type=float,
        default=100 * changes.MAGNITUDE,
        help="the smallest change that is told, in per cent",
    )
    parser.add_argument("--folder", type=Path, default=Path("reports/latest"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
