"""Reports: tables, figures, claims and pages of recorded results."""

from pathlib import Path

__all__ = ["build"]


def build(
    invocation: str | None = None,
    store: str | None = None,
    out: Path = Path("reports/latest"),
    runs: Path = Path("runs"),
) -> Path:
    """Write the report of one call of the bench; returns `index.html`.

    invocation: its id, the latest by default. store: MLflow's address,
    the database under `runs` by default. Files: index.html, report.md,
    results.csv, results.parquet; each is replaced as a whole. The results of
    `make parity` are read from `parity.json` in `out`.

    Raises UserError when there is nothing to report.
    """
    from reports.output.write import write  # pandas, MLflow: seconds

    return write(invocation, store, Path(out), Path(runs))
