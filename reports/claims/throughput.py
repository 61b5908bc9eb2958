"""Training throughput of the frameworks side by side, and how far apart."""

from dataclasses import dataclass
from typing import Literal

from reports.blocks import Cell, Column, Line, Table
from reports.claims.claim import Values
from reports.results import statistics
from reports.results.format import RATE, TRAINING, between, fixed, plural
from reports.results.rows import Row, Workload
from reports.results.statistics import Interval
from reports.results.titles import SLIDE, framework_title, workload_title

LIMIT = 2.0  # fastest over slowest; beyond, a profile has to explain it
TITLE = "Training throughput by framework"
STYLES = {"within": "equivalent", "beyond": "different", "open": "open"}
WORDS = {
    "within": f"at most {LIMIT:g}",
    "beyond": f"more than {LIMIT:g}",
    "open": f"inconclusive whether at most {LIMIT:g}",
}


@dataclass(frozen=True)
class Spread:
    """Training throughput of one phase in every framework.

    throughputs: by framework, the values by seed of its fastest mode.
    fastest, slowest: frameworks. ratio: of the fastest over the slowest,
    the geometric mean over pairs by seed; None where no seed has both.
    """

    phase: str  # "" where the workload has one phase only
    throughputs: dict[str, Values]
    fastest: str
    slowest: str
    ratio: Interval | None

    @property
    def kind(self) -> Literal["within", "beyond", "open"]:
        """Whether the interval is at most LIMIT; one seed has none."""
        low, high = (
            (self.ratio.low, self.ratio.high) if self.ratio else (None, None)
        )
        if low is None or high is None:
            return "open"
        if high <= LIMIT:
            return "within"
        return "beyond" if low > LIMIT else "open"


def spreads(workload: Workload) -> list[Spread]:
    """One for every phase that is timed; [] with fewer than two frameworks."""
    rows = [row for row in workload.rows if row.framework != SLIDE]
    timed = dict.fromkeys(phase for row in rows for phase in row.phases)
    own = [_spread(phase, rows) for phase in timed or ("",)]
    return [spread for spread in own if spread is not None]


def sentence(workload: Workload, spread: Spread) -> str:
    """PyTorch trains 1.43 times as fast as JAX ..., at most 2 is expected."""
    fast, slow = map(framework_title, (spread.fastest, spread.slowest))
    name = spread.phase or workload_title(workload.name)
    if spread.ratio is None:
        return f"{name}: {fast} and {slow} have no seed in common."
    ends = between(spread.ratio.low, spread.ratio.high, 2)
    over = "one seed"
    if ends:
        pairs = plural(spread.ratio.count, "pair")
        over = f"geometric mean over {pairs} by seed, 95 % t interval"
    times = f"{fixed(spread.ratio.mean, 2)} times as fast as {slow} {ends}"
    words = WORDS[spread.kind]
    return f"{name}: {fast} trains {times.strip()} ({over}): {words}."


def table(workload: Workload) -> Table:
    """One row per timed phase, one column per framework."""
    own = spreads(workload)
    frameworks = dict.fromkeys(
        framework for spread in own for framework in spread.throughputs
    )
    unit = workload.in_unit(TRAINING).unit
    sentences = [sentence(workload, spread) for spread in own]
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
                    *(_cell(spread.throughputs.get(f)) for f in frameworks),
                    _ratio(spread.ratio),
                    Cell(WORDS[spread.kind], kind=STYLES[spread.kind]),
                ],
                data=workload.data if workload.synthetic else "",
            )
            for spread in own
        ],
        " ".join([*sentences, *_over(own)]),
        title=TITLE,
    )


def _spread(phase: str, rows: list[Row]) -> Spread | None:
    metric = f"{phase}.{RATE}" if phase else RATE
    best: dict[str, Values] = {}
    for row in rows:
        values = row.measured(metric)
        held = best.get(row.framework)
        if values and (held is None or _mean(values) > _mean(held)):
            best[row.framework] = values
    if len(best) < 2:
        return None
    ranked = sorted(best, key=lambda framework: -_mean(best[framework]))
    fast, slow = ranked[0], ranked[-1]
    ratio = statistics.ratio(best[fast], best[slow])
    return Spread(phase, best, fast, slow, ratio)


def _over(spreads: list[Spread]) -> list[str]:
    """What brackets are, where there are some."""
    seeds = [
        len(own) for spread in spreads for own in spread.throughputs.values()
    ]
    if max(seeds, default=1) == 1:
        return []
    return ["Throughputs: mean over seeds, 95 % t interval."]


def _cell(values: Values | None) -> Cell:
    if not values:
        return Cell()
    own = statistics.interval(list(values.values()))
    return Cell(fixed(own.mean, 0), between(own.low, own.high, 0))


def _ratio(ratio: Interval | None) -> Cell:
    if ratio is None:
        return Cell()
    return Cell(fixed(ratio.mean, 2), between(ratio.low, ratio.high, 2))


def _mean(values: Values) -> float:
    return sum(values.values()) / len(values)
