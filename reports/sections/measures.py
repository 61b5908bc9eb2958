"""Tables of measures: implementations by framework, and against the slide."""

from reports.blocks import Cell, Column, Line, Table, interval, merged
from reports.results.format import (
    MEASURES,
    NONE,
    Measure,
    between,
    decimals,
    fixed,
    plural,
)
from reports.results.rows import Estimate, Row
from reports.results.titles import BOOK, SLIDE, workload_title
from reports.results.workload import UNPAIRED, Comparison, Workload

PLACES = {
    "ratio": 2,
    "keras_ratio": 2,
    "test_accuracy_fraction": 2,
    "test_bleu_points": 2,
    "test_chrf_points": 2,
    "test_bits_per_token": 3,
    "programs_count": 0,
    "padding_fraction": 1,
    "peak_share_fraction": 1,
}
COMPARED = [
    Column("Implementation"),
    Column("Throughput", "× slide, 95 %"),
    Column("Accuracy", "points, 90 %"),
    Column("Margin", "points"),
    Column("Verdict", number=False),
    Column("Differences by seed", "points"),
]


def measures(workload: Workload, only: tuple[str, ...] = ()) -> Table:
    """One row per framework and mode, one column per measure.

    only: the columns to show, all by default.
    """
    shown = [m for m in MEASURES if _wanted(m, workload, only)]
    notes: dict[str, int] = {}
    columns, over = [], []
    for measure in shown:
        estimates = [_estimate(row, measure, workload) for row in workload.rows]
        over += [e.over for e in estimates if e.low is not None]
        columns.append(_cells(estimates, measure, notes))
    lines = [
        Line(
            row.title,
            list(cells),
            under=_seeds(row),
            framework=row.framework,
            data=row.data if row.synthetic else "",
        )
        for row, *cells in zip(workload.rows, *columns, strict=True)
    ]
    heads = [Column(workload_title(workload.name), workload.data, number=False)]
    heads += [Column(m.title, m.unit) for m in map(workload.in_unit, shown)]
    remark = f"In brackets: {'; '.join(merged(over))}." if over else ""
    return Table(heads, lines, remark, list(notes))


def comparisons(workloads: list[Workload]) -> Table:
    """One row per implementation against the slide's program."""
    lines = [
        Line(
            f"{workload_title(workload.name)}, {comparison.row.title}",
            _compared(comparison),
            framework=comparison.row.framework,
            data=workload.data if workload.synthetic else "",
        )
        for workload in workloads
        for comparison in workload.comparisons
        if comparison.slide is not None
    ]
    return Table(COMPARED, lines)


def _seeds(row: Row) -> str:
    """`5 seeds`, or `4 of 5 seeds` where some did not finish."""
    lost = len(row.lost)
    if lost:
        return f"{row.seeds} of {row.seeds + lost} seeds"
    return plural(row.seeds, "seed")


def _wanted(
    measure: Measure, workload: Workload, only: tuple[str, ...]
) -> bool:
    if only and measure.column not in only:
        return False
    if measure.optional:
        return any(row.knows(measure.column) for row in workload.rows)
    if measure.column == "keras_ratio":  # else the same as the other
        return bool(workload.backends - {BOOK})
    return measure.column != "ratio" or workload.slide is not None


def _estimate(row: Row, measure: Measure, workload: Workload) -> Estimate:
    if measure.column not in ("ratio", "keras_ratio"):
        return row.estimate(measure.column)
    over_book = measure.column == "ratio"
    if row.baseline if over_book else row.framework == SLIDE:
        return Estimate(1.0 if row.seeds else None, reason="no cell finished")
    comparison = next(c for c in workload.comparisons if c.row is row)
    ratio = comparison.ratio if over_book else comparison.keras_ratio
    if ratio is None:
        reason = comparison.reason if over_book else UNPAIRED
        return Estimate(None, reason=reason)
    over = f"ratio: geometric mean over {plural(ratio.count, 'pair')} by seed"
    over += ", 95 % t interval" if ratio.count > 1 else ""
    return Estimate(ratio.mean, ratio.low, ratio.high, ratio.count, over)


def _cells(
    estimates: list[Estimate], measure: Measure, notes: dict[str, int]
) -> list[Cell]:
    """The cells of a column.

    notes: reasons and remarks, numbered from 1 as they are met.
    """
    scaled = [
        [
            None if part is None else measure.factor * part
            for part in (own.value, own.low, own.high)
        ]
        for own in estimates
    ]
    places = PLACES.get(measure.column, decimals(v for v, _, _ in scaled))
    cells = []
    for own, (value, low, high) in zip(estimates, scaled, strict=True):
        text = own.reason if value is None else own.remark
        cells.append(
            Cell(
                fixed(value, places),
                between(low, high, places),
                note=notes.setdefault(text, len(notes) + 1) if text else None,
                tip=own.reason if value is None else own.over,
            )
        )
    return cells


def _compared(comparison: Comparison) -> list[Cell]:
    """The cells of a comparison, by the columns `COMPARED`."""
    pairs, verdict = comparison.pairs, comparison.verdict
    margin = comparison.margin
    difference = verdict.difference.scaled(100) if verdict else None
    words = Cell(comparison.reason, kind="none")
    if verdict:
        words = Cell(verdict.words, kind=verdict.kind)
    by_seed = [fixed(100 * pair, 2, sign=True) for pair in pairs.values()]
    return [
        interval(comparison.ratio, 2),
        interval(difference, 2, sign=True),
        Cell(NONE if margin is None else f"±{100 * margin:g}"),
        words,
        Cell(
            " ".join(by_seed) or NONE,
            tip=f"seeds {', '.join(map(str, pairs))}" if pairs else "",
        ),
    ]
