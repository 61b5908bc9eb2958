"""Training throughput of the frameworks side by side, and how far apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from reports.blocks import Cell, Column, Line, Table, interval
from reports.claims.claim import Answer, Kind, Question, answer, decided
from reports.claims.sentence import RUN, STYLES
from reports.results import statistics
from reports.results.format import RATE, TRAINING, between, fixed, plural
from reports.results.rows import Row
from reports.results.statistics import Interval
from reports.results.titles import SLIDE, framework_title, workload_title
from reports.results.workload import Workload

LIMIT = 2.0  # fastest over slowest; beyond, a profile has to explain it
NO_INTERVAL = "one seed without an interval over blocks"
TITLE = "Training throughput by framework"
WORDS: Mapping[Kind, str] = {
    "supported": f"at most {LIMIT:g}",
    "not supported": f"more than {LIMIT:g}",
    "inconclusive": f"inconclusive whether at most {LIMIT:g}",
    "supported once": f"at most {LIMIT:g} {RUN}",
    "not supported once": f"more than {LIMIT:g} {RUN}",
}


@dataclass(frozen=True)
class Spread:
    """Training throughput of one phase in every framework.

    throughputs: by framework, the fastest first; over the seeds of its
    fastest mode. answer: whether the throughput of the fastest over that of
    the slowest, in pairs by seed, is below LIMIT; of one seed, by its
    interval over blocks of one process each.
    """

    phase: str  # "" where the workload has one phase only
    throughputs: dict[str, Interval]
    answer: Answer


def spreads(workload: Workload) -> list[Spread]:
    """One for every phase that is timed; [] with fewer than two frameworks."""
    rows = [row for row in workload.rows if row.framework != SLIDE]
    timed = dict.fromkeys(phase for row in rows for phase in row.phases)
    own = [_spread(phase, rows) for phase in timed or ("",)]
    return [spread for spread in own if spread is not None]


def sentence(workload: Workload, spread: Spread) -> str:
    """PyTorch trains 1.43 times as fast as JAX ..., at most 2 is expected."""
    fast, *_, slow = map(framework_title, spread.throughputs)
    name = spread.phase or workload_title(workload.name)
    ratio = spread.answer.interval
    if ratio is None:
        return f"{name}: {fast} and {slow} have no seed in common."
    ends = between(ratio.low, ratio.high, 2)
    over = "one seed"
    if ends and ratio.count == 1:
        over = "one seed, 95 % interval over blocks of one process each"
    elif ends:
        pairs = plural(ratio.count, "pair")
        over = f"geometric mean over {pairs} by seed, 95 % t interval"
    times = f"{fixed(ratio.mean, 2)} times as fast as {slow} {ends}".strip()
    words = WORDS[spread.answer.kind]
    return f"{name}: {fast} trains {times} ({over}): {words}."


def table(workload: Workload) -> Table:
    """One row per timed phase, one column per framework."""
    own = spreads(workload)
    frameworks = [
        framework
        for framework in dict.fromkeys(row.framework for row in workload.rows)
        if any(framework in spread.throughputs for spread in own)
    ]
    unit = workload.in_unit(TRAINING).unit
    remarks = [sentence(workload, spread) for spread in own]
    if any(
        rate.count > 1 for each in own for rate in each.throughputs.values()
    ):
        remarks.append("Throughputs: mean over seeds, 95 % t interval.")
    return Table(
        [
            Column("Phase"),
            *(Column(framework_title(name), unit) for name in frameworks),
            Column("Fastest over slowest", "ratio"),
            Column(f"At most {LIMIT:g}", number=False),
        ],
        [
            Line(
                spread.phase or "training",
                [
                    *(
                        interval(spread.throughputs.get(f), 0)
                        for f in frameworks
                    ),
                    interval(spread.answer.interval, 2),
                    Cell(
                        WORDS[spread.answer.kind],
                        kind=STYLES[spread.answer.kind],
                    ),
                ],
                data=workload.data if workload.synthetic else "",
            )
            for spread in own
        ],
        " ".join(remarks),
        title=TITLE,
    )


def _spread(phase: str, rows: list[Row]) -> Spread | None:
    metric = f"{phase}.{RATE}" if phase else RATE
    best = fastest(rows, metric)
    if len(best) < 2:
        return None
    fast, *_, slow = best.values()
    ratio = fast.times(slow, metric)
    question = Question("fastest over slowest", "×", {}, "below", LIMIT)
    throughputs = {
        framework: statistics.interval(list(row.by_seed(metric).values()))
        for framework, row in best.items()
    }
    own = decided(question, ratio) if ratio else answer(question)
    if ratio and ratio.low is None:
        own = Answer(question, ratio, "inconclusive", NO_INTERVAL)
    return Spread(phase, throughputs, own)


def fastest(rows: Sequence[Row], metric: str = RATE) -> dict[str, Row]:
    """By framework the row of its fastest mode, the fastest first."""
    known = [row for row in rows if row.by_seed(metric)]
    known.sort(key=lambda row: -fmean(row.by_seed(metric).values()))
    best: dict[str, Row] = {}
    for row in known:
        best.setdefault(row.framework, row)
    return best
