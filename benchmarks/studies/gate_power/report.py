"""The tables of `docs/gate.md`, computed from pools."""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, median, stdev

from benchmarks.gate.decide import Rule, estimate
from benchmarks.gate.pairs import TIMED
from benchmarks.gate.render.markdown import NONE
from benchmarks.gate.settings import Settings
from benchmarks.records.verdict import IMPROVED, INCONCLUSIVE, REGRESSED
from benchmarks.studies.gate_power import other_tools, trials
from benchmarks.studies.gate_power import pool as pools
from benchmarks.studies.gate_power.pool import SIZES, Pool
from benchmarks.studies.gate_power.tables import (
    Row,
    change,
    interval,
    percent,
    share,
    table,
)
from benchmarks.studies.gate_power.trials import (
    Pairs,
    Summary,
    World,
    summary,
)

STEP = "training_step_milliseconds"
SPREADS = (0.01, 0.02, 0.04)  # of a simulated pair
SIMULATED = 4000  # gates

COLUMNS = (
    "95 % interval",
    "opposite",
    "inconclusive",
    "pairs, median (max)",
    "estimate",
)


class Report:
    """Pools, and the settings by which the gate would decide."""

    def __init__(
        self, pools: Sequence[Pool], settings: Settings, resamples: int
    ) -> None:
        self.pools = pools
        self.settings = settings
        self.resamples = resamples
        self.tests = len(TIMED) * len(pools)

    def text(self) -> str:
        """All tables as Markdown."""
        rule = min(map(self.rule, self.pools), key=lambda rule: rule.floor)
        parts = [
            self._environments(),
            self._equal(),
            *map(self._slowdowns, self.pools),
            self._other_tools(),
            _simulated(rule, min(map(self.max_pairs, self.pools))),
        ]
        return "\n\n".join(part for part in parts if part)

    def rule(self, pool: Pool, metric: str = STEP) -> Rule:
        """The gate's rule, with the cells of all pools in one gate."""
        return self.settings.rule(metric, *pool.names, self.tests)

    def max_pairs(self, pool: Pool) -> int:
        """Pairs that the budget of a cell allows."""
        allowed = int(self.settings.cell_seconds / pool.pair_seconds)
        return max(4, min(self.settings.max_pairs, allowed))

    def _trials(
        self, pool: Pool, pairs: Pairs, rule: Rule, size: int
    ) -> tuple[Row, Summary | None]:
        """Columns of trials in order, and of resampled ones."""
        most = self.max_pairs(pool)
        real = summary(trials.consecutive(pairs, rule, most), size)
        drawn = summary(
            trials.resampled(pairs, rule, most, self.resamples), size
        )
        detected = "detected" if size else "false alarms"
        row = {"pairs in the pool": str(len(pairs[0]))}
        row |= _columns(real, detected)
        row[f"resampled: {detected}"] = (
            percent(drawn.detected.share, 0 if size else 2) if drawn else NONE
        )
        return row, real

    def _slowdowns(self, pool: Pool) -> str:
        rule, rows = self.rule(pool), []
        for size in SIZES:
            pairs = pool.pairs(size)
            if size and pairs[0]:
                first = {"injected": f"{size:+d} %"}
                first["achieved"] = _achieved(pool, size)
                rows.append(first | self._trials(pool, pairs, rule, size)[0])
        return f"### {_title(pool)}\n\n{self._about(pool)}\n\n{table(rows)}"

    def _equal(self) -> str:
        rows, counted = [], []
        for pool in self.pools:
            series = {STEP: pool.pairs(0)}
            series |= {name: pool.metric(name) for name in pool.metrics}
            for metric, pairs in series.items():
                if len(pairs[0]) < 3:
                    continue
                rule = self.rule(pool, metric)
                row, real = self._trials(pool, pairs, rule, 0)
                del row["opposite"]
                first = {
                    "cell": _title(pool),
                    "metric": metric.replace("_", " "),
                    "floor": f"{100 * rule.floor:g} %",
                    "sd of a pair": percent(estimate(*pairs).spread, 2),
                }
                rows.append(first | row)
                counted += [real.detected] if real else []
        text = f"### A/A tests: no slowdown injected\n\n{table(rows)}"
        if not counted:
            return text
        alarms = sum(rate.count for rate in counted)
        total = trials.rate(alarms, sum(rate.trials for rate in counted))
        return (
            f"{text}\n\nIn total: {alarms} false alarm{'s' * (alarms != 1)} in"
            f" {total.trials} trials, 95 % interval {interval(total)}."
        )

    def _about(self, pool: Pool) -> str:
        rounds = pool.rounds
        loads = [row["load"] for row in rounds]
        step = median(median(row["blocks"]["A0"]) for row in rounds)
        first, last = (
            str(rounds[at]["time"])[:16].replace("T", " ") for at in (0, -1)
        )
        return (
            f"{len(rounds)} rounds, {first} to {last}, load average before a"
            f" round {median(loads):.1f} (at most {max(loads):.1f}). A step"
            f" takes {1000 * step:.1f} ms, a pair of the gate"
            f" {pool.pair_seconds:.1f} s: at most {self.max_pairs(pool)} pairs"
            f" in {self.settings.cell_seconds:g} s. Floor"
            f" {100 * self.rule(pool).floor:g} %."
        )

    def _environments(self) -> str:
        cells: dict[str, list[str]] = {}
        for pool in self.pools:
            around, code = pool.head["environment"], pool.head["code"]
            machine = (
                f"{around['cpu']}, {around['cores']} cores"
                f"{', ' + around['gpu'] if around['gpu'] else ''}, revision"
                f" {(code['revision'] or 'unknown')[:12]}"
                f"{' (changed)' if code['dirty'] else ''}"
            )
            name = "/".join(reversed(pool.names))
            cell = f"{name} `{pool.head['fingerprint']}`"
            cells.setdefault(machine, []).append(cell)
        lines = [
            f"{machine}; environments: {', '.join(names)}."
            for machine, names in cells.items()
        ]
        count = len(self.pools)
        lines.append(
            f"Decided as one gate over {count} cell{'s' * (count != 1)}"
            f" ({self.tests} comparisons); {self.resamples} resampled trials"
            f" each."
        )
        return "\n".join(lines)

    def _other_tools(self) -> str:
        rows, agreed, total = [], 0, 0
        for pool in self.pools:
            other = pools.read(other_tools.beside(pool))
            if other is None or not other.rounds:
                continue
            same, of = other_tools.agreed(other)
            agreed, total = agreed + same, total + of
            rows += [self._compared(pool, other, s) for s in other_tools.SIZES]
        if not rows:
            return ""
        return (
            f"### Other tools on the same slowdowns\n\n{table(rows)}\n\n"
            f"Shares that were reported as regressed. The exit code of"
            f" pytest-benchmark agreed with its rule, computed from its JSON,"
            f" in {agreed} of {total} runs."
        )

    def _compared(self, pool: Pool, other: Pool, size: int) -> Row:
        alarms = other_tools.alarms(other, size)
        outcomes = trials.consecutive(
            pool.pairs(size), self.rule(pool), self.max_pairs(pool)
        )
        names = [trial.outcome for trial in outcomes]
        regressed = names.count(REGRESSED)
        regressed += 0 if size else names.count(IMPROVED)
        count = alarms.comparisons
        significant = f"Mann-Whitney, p < {other_tools.ALPHA:g}"
        return {
            "cell": _title(pool),
            "injected": f"{size} %",
            "comparisons": str(count),
            f"pytest-benchmark {other_tools.RULE}": share(
                alarms.benchmark, count
            ),
            significant: share(alarms.mann_whitney, count),
            "the gate": share(regressed, len(outcomes)),
        }


def _simulated(rule: Rule, max_pairs: int) -> str:
    """Error rates of the rule where pairs cost no time."""
    # The known noise of a cell does not apply to a simulated one
    rule = replace(rule, noise=0.0)
    rows = []
    for spread in SPREADS:
        for tail in (False, True):
            world = World(0.0, spread, tail)
            outcomes = trials.simulate(rule, world, SIMULATED, max_pairs)
            pairs = sorted(trial.pairs for trial in outcomes)
            middle = pairs[len(pairs) // 2]
            high = pairs[int(0.95 * len(pairs))]
            false = trials.share(outcomes, REGRESSED, IMPROVED)
            open_ = trials.share(outcomes, INCONCLUSIVE)
            rows.append(
                {
                    "sd of a pair": f"{100 * spread:g} %,"
                    f" {'with a tail' if tail else 'normal'}",
                    "false alarms": percent(false, 2),
                    "inconclusive": percent(open_),
                    "pairs, median (95 %)": f"{middle} ({high})",
                }
            )
    return (
        f"### The rule alone, simulated\n\nNo difference, floor"
        f" {100 * rule.floor:g} %, at most {max_pairs} pairs, {SIMULATED}"
        f" gates each; starting second costs {100 * trials.ORDER:g} %. With a"
        f" tail: one pair in ten is drawn three times as wide.\n\n"
        f"{table(rows)}"
    )


def _columns(real: Summary | None, detected: str) -> Row:
    if real is None:
        return {"trials": "0"} | dict.fromkeys((detected, *COLUMNS), NONE)
    rate = real.detected
    return {
        "trials": str(rate.trials),
        detected: f"{rate.count} ({percent(rate.share)})",
        "95 % interval": interval(rate),
        "opposite": str(real.opposite),
        "inconclusive": str(real.inconclusive),
        "pairs, median (max)": f"{real.pairs_median:g} ({real.pairs_max})",
        "estimate": change(real.estimate),
    }


def _achieved(pool: Pool, size: int) -> str:
    values = pool.achieved(size)
    text = change(fmean(values))
    if len(values) < 2:
        return text
    error = stdev(values) / math.sqrt(len(values))
    return f"{text} ± {100 * 1.96 * error:.2f}"


def _title(pool: Pool) -> str:
    framework = pool.head["cell"]["framework"]
    return f"{pool.names[0]} {framework['name']} {framework['mode']}"
