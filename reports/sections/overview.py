"""The first table of a report: per workload, what differs by framework."""

from collections.abc import Callable, Mapping
from itertools import combinations
from statistics import fmean

from reports.blocks import Cell, Column, Line, Table
from reports.claims.throughput import fastest
from reports.results import statistics
from reports.results.format import (
    ACCURACY,
    NONE,
    RATE,
    TRAINING,
    between,
    fixed,
    seeds,
)
from reports.results.rows import Row
from reports.results.statistics import Verdict
from reports.results.titles import (
    SLIDE,
    framework_order,
    framework_title,
    workload_title,
)
from reports.results.workload import Workload

SEPARATOR = " · "  # between the frameworks' values in one cell
WORDS = {  # style of an accuracy's verdict -> what it is called
    "different": "different",
    "once-not": "different in one seed",
    "open": "inconclusive",
    "once": "same in one seed",
    "equivalent": "same",
}
SPEED = (
    "× fastest: training throughput over that of the fastest framework, each"
    " in its fastest mode. Two names under “fastest”: the interval of their"
    " ratio includes 1."
)
OVER_SEEDS = (
    "In brackets: 95 % t interval of the geometric mean over pairs by seed."
)
OVER_BLOCKS = (
    "One seed, in brackets: 95 % interval over blocks of one process each;"
    " between processes throughput varies more."
)
REST = (
    "Accuracy: the two frameworks that are farthest apart, in points. Same:"
    " the 90 % interval of the paired difference lies within the workload's"
    " margin (±); of one seed, the difference itself does. Start-up: import,"
    " build, compile and first step, once per process. Host peak: the process's"
    " largest resident memory."
)
Rows = Mapping[str, Row]  # by framework


def table(workloads: list[Workload]) -> Table:
    """One row per workload: speed, accuracy, start-up and memory."""
    chosen = [(workload, _rows(workload)) for workload in workloads]
    names = sorted({name for _, rows in chosen for name in rows})
    names.sort(key=framework_order)
    own = [name for name in names if name != SLIDE]
    every = SEPARATOR.join(map(framework_title, own))
    return Table(
        [
            Column("Workload"),
            Column("Fastest", "training", number=False),
            *(Column(framework_title(name), "× fastest") for name in names),
            Column("Test accuracy", "same within the margin?", number=False),
            Column("Start-up", "s, by framework", number=False),
            Column("Host peak", "MB, by framework", number=False),
        ],
        [_line(workload, rows, names) for workload, rows in chosen if rows],
        f"{_remark([rows for _, rows in chosen])} By framework: {every}.",
        style="overview",
    )


def _rows(workload: Workload) -> Rows:
    """The fastest row of each framework; its first where none is timed."""
    rows = [row for row in workload.rows if row.seeds]
    return {row.framework: row for row in reversed(rows)} | fastest(rows)


def _line(workload: Workload, rows: Rows, names: list[str]) -> Line:
    own = [name for name in names if name != SLIDE]
    cells = [
        _fastest(workload, rows),
        *(_speed(rows, name) for name in names),
        _accuracy(rows),
        _beside(rows, own, "startup_seconds", lambda v: fixed(v, 1)),
        _beside(rows, own, "host_peak_bytes", lambda v: fixed(v / 1e6, 0)),
    ]
    return Line(
        workload_title(workload.name),
        cells,
        seeds(row.seeds for row in rows.values()),
        data=workload.data if workload.synthetic else "",
        link=workload.id,
    )


def _ranked(rows: Rows) -> list[Row]:
    """The frameworks, the fastest first, without the slide's program."""
    own = [row for row in rows.values() if row.framework != SLIDE]
    return list(fastest(own).values())


def _fastest(workload: Workload, rows: Rows) -> Cell:
    """The fastest framework, and those that may be as fast."""
    ranked = _ranked(rows)
    if not ranked:
        return Cell(tip="nothing was timed")
    first, *others = ranked
    names = [framework_title(first.framework)]
    for other in others:
        ratio = other.times(first, RATE)
        if ratio and ratio.high is not None and ratio.high >= 1:
            names.append(framework_title(other.framework))
    rate = fixed(first.estimate(RATE).value, 0)
    unit = workload.in_unit(TRAINING).unit
    return Cell(" or ".join(names), f"{rate} {unit}", tip=first.title)


def _speed(rows: Rows, name: str) -> Cell:
    """A framework's throughput over the fastest one's."""
    first = next(iter(_ranked(rows)), None)
    row = rows.get(name)
    ratio = row.times(first, RATE) if row and first else None
    if row is None or ratio is None:
        return Cell(tip=row.estimate(RATE).reason if row else "not measured")
    if row is first:
        return Cell(fixed(1, 2), tip=row.title)
    ends = between(ratio.low, ratio.high, 2)
    return Cell(fixed(ratio.mean, 2), ends, tip=row.title)


def _accuracy(rows: Rows) -> Cell:
    """Whether all frameworks agree, and the two that are farthest apart."""
    means = {
        name: fmean(values.values())
        for name, row in rows.items()
        if name != SLIDE and (values := row.by_seed(ACCURACY))
    }
    margins = [row.margin for row in rows.values() if row.margin is not None]
    best_first = sorted(means, key=lambda name: -means[name])
    verdicts = {
        (left, right): verdict
        for left, right in combinations(best_first, 2)
        if margins and (verdict := _compared(rows, left, right, margins[0]))
    }
    if not verdicts:
        return Cell(tip="fewer than two accuracies, or no margin")
    styles = set(map(_style, verdicts.values()))
    style = next(style for style in WORDS if style in styles)
    worst = max(verdicts, key=lambda k: abs(verdicts[k].difference.mean))
    own = verdicts[worst].difference.scaled(100)
    left, right = map(framework_title, worst)
    text = f"{left} {fixed(own.mean, 2, sign=True)}"
    text = f"{text} {between(own.low, own.high, 2)}".strip()
    text += f" over {right}"
    if not own.mean:
        text = "no difference"
    return Cell(f"{WORDS[style]} (±{100 * margins[0]:g})", text, style)


def _compared(
    rows: Rows, left: str, right: str, margin: float
) -> Verdict | None:
    values = rows[left].by_seed(ACCURACY), rows[right].by_seed(ACCURACY)
    return statistics.equivalence(statistics.differences(*values), margin)


def _style(verdict: Verdict) -> str:
    """Of one seed by the difference as it is."""
    difference = verdict.difference
    if difference.count > 1:
        return verdict.kind
    return "once" if abs(difference.mean) < verdict.margin else "once-not"


def _beside(
    rows: Rows, names: list[str], column: str, show: Callable[[float], str]
) -> Cell:
    """A column's value in every framework, in one order."""
    values = [
        rows[name].estimate(column).value if name in rows else None
        for name in names
    ]
    if not any(values):
        return Cell(tip="not measured")
    texts = [NONE if value is None else show(value) for value in values]
    return Cell(SEPARATOR.join(texts))


def _remark(every: list[Rows]) -> str:
    """What the numbers are, and what the brackets are over."""
    counts = {row.seeds for rows in every for row in rows.values()}
    parts = [SPEED]
    parts += [OVER_SEEDS] * any(count > 1 for count in counts)
    parts += [OVER_BLOCKS] * (1 in counts)
    return " ".join([*parts, REST])
