"""How far the frameworks are apart in training throughput."""

from dataclasses import dataclass
from typing import Any, Literal

from reports.claims.claim import Values
from reports.results import statistics
from reports.results.format import RATE, TRAINING, between, fixed, plural
from reports.results.rows import Row, Workload
from reports.results.statistics import Interval
from reports.results.titles import SLIDE, framework_title, model_title

LIMIT = 2.0  # the fastest over the slowest: beyond, a profile has to say why


@dataclass(frozen=True)
class Spread:
    """Training throughput of one phase in every framework.

    rates: each framework's row (of its fastest mode) with its values by
    seed. ratio: of the fastest over the slowest, the geometric mean over
    pairs by seed; None where no seed has both.
    """

    phase: str  # "" where the workload has one phase only
    rates: list[tuple[Row, Values]]
    fastest: Row
    slowest: Row
    ratio: Interval | None

    @property
    def kind(self) -> Literal["within", "beyond", "open"]:
        """Whether the interval is at most LIMIT; one seed has none."""
        if self.ratio is None:
            return "open"
        low, high = self.ratio.low, self.ratio.high
        if low is None or high is None:
            return "open"
        if high <= LIMIT:
            return "within"
        return "beyond" if low > LIMIT else "open"


def spreads(workload: Workload) -> list[Spread]:
    """One for every phase that is timed; [] with fewer than two frameworks."""
    rows = [row for row in workload.rows if row.framework != SLIDE]
    timed = dict.fromkeys(phase for row in rows for phase in row.phases)
    found = [_spread(phase, rows) for phase in timed or ("",)]
    return [one for one in found if one is not None]


def sentence(workload: Workload, one: Spread) -> str:
    """PyTorch trains 1.43 times as fast as JAX ..., at most 2 is wanted."""
    fast, slow = (framework_title(r.framework) for r in _ends(one))
    name = one.phase or model_title(workload.name)
    if one.ratio is None:
        return f"{name}: {fast} and {slow} have no seed in common."
    ends = between(one.ratio.low, one.ratio.high, 2)
    seeds = plural(one.ratio.count, "pair") + " by seed"
    over = (
        f"geometric mean over {seeds}, 95 % t interval" if ends else "one seed"
    )
    text = f"{name}: {fast} trains {fixed(one.ratio.mean, 2)} times as fast as"
    text += f" {slow}{f' {ends}' * bool(ends)} ({over}): {words(one)}."
    return text


def words(one: Spread) -> str:
    """Whether it is at most LIMIT."""
    return {
        "within": f"at most {LIMIT:g}",
        "beyond": f"more than {LIMIT:g}",
        "open": f"not decided whether at most {LIMIT:g}",
    }[one.kind]


def table(workload: Workload) -> dict[str, Any]:
    """One row per timed phase, one column per framework, ready to print."""
    found = spreads(workload)
    rows = dict.fromkeys(r.framework for one in found for r, _ in one.rates)
    return {
        "unit": workload.told(TRAINING).unit,
        "heads": [framework_title(one) for one in rows],
        "rows": [
            {
                "phase": one.phase or "training",
                "rates": [_rate(one, framework) for framework in rows],
                "ratio": fixed(one.ratio.mean, 2) if one.ratio else "–",
                "between": between(one.ratio.low, one.ratio.high, 2)
                if one.ratio
                else "",
                "kind": {"within": "equivalent", "beyond": "different"}.get(
                    one.kind, "open"
                ),
                "words": words(one),
            }
            for one in found
        ],
    }


def _spread(phase: str, rows: list[Row]) -> Spread | None:
    metric = f"{phase}.{RATE}" if phase else RATE
    best: dict[str, tuple[Row, Values]] = {}
    for row in rows:
        values = row.measured(metric)
        held = best.get(row.framework)
        if values and (held is None or _mean(values) > _mean(held[1])):
            best[row.framework] = (row, values)
    if len(best) < 2:
        return None
    ranked = sorted(best.values(), key=lambda pair: -_mean(pair[1]))
    fast, slow = ranked[0], ranked[-1]
    ratio = statistics.ratio(dict(fast[1]), dict(slow[1]))
    return Spread(phase, list(best.values()), fast[0], slow[0], ratio)


def _rate(one: Spread, framework: str) -> dict[str, str]:
    for row, values in one.rates:
        if row.framework == framework:
            found = statistics.interval(list(values.values()))
            return {
                "text": fixed(found.mean, 0),
                "between": between(found.low, found.high, 0),
            }
    return {"text": "–", "between": ""}


def _ends(one: Spread) -> tuple[Row, Row]:
    return one.fastest, one.slowest


def _mean(values: Values) -> float:
    return sum(values.values()) / len(values)
