"""Tables of measures: implementations by framework, and against the slide."""

from dataclasses import dataclass, field

from reports.blocks import Cell, Column, Line, Table, merged
from reports.results.format import (
    MEASURES,
    NONE,
    Measure,
    between,
    decimals,
    fixed,
    plural,
)
from reports.results.rows import Comparison, Estimate, Row, Workload
from reports.results.titles import SLIDE, workload_title

PLACES = {
    "ratio": 2,
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


@dataclass
class Notes:
    """Reasons for missing values, numbered from 1 as they are met."""

    reasons: list[str] = field(default_factory=list)

    def number(self, reason: str) -> int | None:
        """The number of a reason; None for an empty one."""
        if not reason:
            return None
        if reason not in self.reasons:
            self.reasons.append(reason)
        return self.reasons.index(reason) + 1


def measures(workload: Workload, only: tuple[str, ...] = ()) -> Table:
    """One row per framework and mode, one column per measure.

    only: the columns to show, all by default.
    """
    notes, over = Notes(), []
    shown = [m for m in MEASURES if _wanted(m, workload, only)]
    columns = []
    for measure in shown:
        estimates = [_estimate(row, measure, workload) for row in workload.rows]
        over += [e.over for e in estimates if e.low is not None]
        columns.append(_cells(estimates, measure, notes))
    lines = [
        Line(
            row.title,
            list(cells),
            under=seeds(row),
            framework=row.framework,
            data=row.data if row.synthetic else "",
        )
        for row, *cells in zip(workload.rows, *columns, strict=True)
    ]
    heads = [Column(workload_title(workload.name), workload.data, number=False)]
    heads += [Column(m.title, m.unit) for m in map(workload.in_unit, shown)]
    remark = f"In brackets: {'; '.join(merged(over))}." if over else ""
    return Table(heads, lines, remark, notes.reasons)


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


def seeds(row: Row) -> str:
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
    return measure.column != "ratio" or workload.slide is not None


def _estimate(row: Row, measure: Measure, workload: Workload) -> Estimate:
    if measure.column != "ratio":
        return row.estimate(measure.column)
    if row.framework == SLIDE:
        return Estimate(1.0 if row.seeds else None, reason="no cell finished")
    comparison = next(c for c in workload.comparisons if c.row is row)
    ratio = comparison.ratio
    if ratio is None:
        return Estimate(None, reason=comparison.reason)
    over = f"ratio: geometric mean over {plural(ratio.count, 'pair')} by seed"
    over += ", 95 % t interval" if ratio.count > 1 else ""
    return Estimate(ratio.mean, ratio.low, ratio.high, ratio.count, over)


def _cells(
    estimates: list[Estimate], measure: Measure, notes: Notes
) -> list[Cell]:
    factor = measure.factor
    values = [_times(estimate.value, factor) for estimate in estimates]
    places = PLACES.get(measure.column, decimals(values))
    return [
        Cell(tip=estimate.reason, note=notes.number(estimate.reason))
        if value is None
        else Cell(
            fixed(value, places),
            between(
                _times(estimate.low, factor),
                _times(estimate.high, factor),
                places,
            ),
            note=notes.number(estimate.remark),
            tip=estimate.over,
        )
        for value, estimate in zip(values, estimates, strict=True)
    ]


def _compared(comparison: Comparison) -> list[Cell]:
    """The cells of a comparison, by the columns `COMPARED`."""
    ratio, difference = Cell(), Cell()
    verdict = Cell(comparison.reason, kind="none")
    if comparison.ratio:
        ends = between(comparison.ratio.low, comparison.ratio.high, 2)
        ratio = Cell(fixed(comparison.ratio.mean, 2), ends)
    if comparison.verdict:
        mean, low, high = (
            _times(value, 100)
            for value in (
                comparison.verdict.difference.mean,
                comparison.verdict.difference.low,
                comparison.verdict.difference.high,
            )
        )
        difference = Cell(fixed(mean, 2, sign=True), between(low, high, 2))
        verdict = Cell(comparison.verdict.words, kind=comparison.verdict.kind)
    by_seed = [fixed(100 * v, 2, sign=True) for v in comparison.pairs.values()]
    names = f"seeds {', '.join(map(str, comparison.pairs))}" if by_seed else ""
    pairs = Cell(" ".join(by_seed) or NONE, tip=names)
    margin = (
        Cell()
        if comparison.margin is None
        else Cell(f"±{100 * comparison.margin:g}")
    )
    return [ratio, difference, margin, verdict, pairs]


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
