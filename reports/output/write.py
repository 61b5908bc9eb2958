"""All files of a report, each replaced as a whole."""

from pathlib import Path

from benchmarks.environment import files
from reports.html import document as html
from reports.markdown import document as markdown
from reports.sections.report import load


def write(
    invocation: str | None, store: str | None, out: Path, runs: Path
) -> Path:
    """See `reports.build`."""
    report, bench = load(invocation, store, runs, out)
    pages = {
        "report.md": markdown.render("report.md", report=report),
        "index.html": html.render("page.html", report=report),
    }
    cells = bench.cells
    with files.disk(out):
        out.mkdir(parents=True, exist_ok=True)
        files.replace(
            out / "results.csv", lambda path: cells.to_csv(path, index=False)
        )
        files.replace(
            out / "results.parquet",
            lambda path: cells.to_parquet(path, index=False),
        )
        for name, text in pages.items():
            files.write_text(out / name, text)
    return out / "index.html"


def results(
    invocation: str | None, store: str | None, runs: Path, out: Path
) -> str:
    """The README's tables in Markdown."""
    report, _ = load(invocation, store, runs, out)
    return markdown.render("results.md", report=report)
