"""The tables of `docs/gate.md`, computed from pools."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean, median

from scipy.stats import binomtest, sem

from benchmarks.gate.decide import Rule, Trial, estimate
from benchmarks.gate.pairs import TIMED
from benchmarks.gate.render import markdown
from benchmarks.gate.render.markdown import NONE
from benchmarks.gate.settings import Settings
from benchmarks.studies.gate_power import other_tools
from benchmarks.studies.gate_power import pool as pools
from benchmarks.studies.gate_power.pool import SIZES, Pair, Pool
from benchmarks.studies.gate_power.trials import (
    ORDER,
    consecutive,
    detected,
    resampled,
    simulated,
    undecided,
)

STEP = "training_step_milliseconds"
SPREADS = (0.01, 0.02, 0.04)  # of a simulated pair
SIMULATED = 4000  # gates

Row = dict[str, str]  # column -> text


@dataclass(frozen=True)
class Report:
    """Pools, and the settings by which the gate would decide."""

    pools: Sequence[Pool]
    settings: Settings
    resamples: int

    def text(self) -> str:
        """All tables as Markdown."""
        parts = [
            self._environments(),
            self._equal(),
            *map(self._slowdowns, self.pools),
            self._other_tools(),
            self._simulated(),
        ]
        return "\n\n".join(part for part in parts if part)

    @property
    def tests(self) -> int:
        """Comparisons, with the cells of all pools in one gate."""
        return len(TIMED) * len(self.pools)

    def rule(self, pool: Pool, metric: str = STEP) -> Rule:
        """The gate's rule."""
        return self.settings.rule(metric, *pool.names, self.tests)

    def max_pairs(self, pool: Pool) -> int:
        """Pairs that the budget of a cell allows."""
        allowed = int(self.settings.cell_seconds / pool.pair_seconds)
        return max(4, min(self.settings.max_pairs, allowed))

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

    def _equal(self) -> str:
        rows: list[Row] = []
        all_trials: list[Trial] = []
        for pool in self.pools:
            series = {STEP: pool.pairs(0)} | pool.metrics()
            for metric, pairs in series.items():
                if len(pairs) < 3:
                    continue
                rule = self.rule(pool, metric)
                columns, trials = self._trials(pool, pairs, rule, 0)
                del columns["opposite"]
                values, orders = zip(*pairs, strict=True)
                spread = estimate(values, orders).spread
                first = {
                    "cell": pool.title,
                    "metric": metric.replace("_", " "),
                    "floor": f"{100 * rule.floor:g} %",
                    "sd of a pair": percent(spread, 2),
                }
                rows.append(first | columns)
                all_trials += trials
        alarms, total = detected(all_trials, 0), len(all_trials)
        return (
            f"### A/A tests: no slowdown injected\n\n{table(rows)}\n\n"
            f"In total: {alarms} false alarm{'s' * (alarms != 1)} in"
            f" {total} trials, 95 % interval {interval(alarms, total)}."
        )

    def _slowdowns(self, pool: Pool) -> str:
        rows = []
        for size in SIZES:
            pairs = pool.pairs(size)
            if size and pairs:
                first = {"injected": f"{size:+d} %"}
                first["achieved"] = _achieved(pool, size)
                rule = self.rule(pool)
                rows.append(first | self._trials(pool, pairs, rule, size)[0])
        return f"### {pool.title}\n\n{self._about(pool)}\n\n{table(rows)}"

    def _trials(
        self, pool: Pool, pairs: Sequence[Pair], rule: Rule, size: int
    ) -> tuple[Row, list[Trial]]:
        """Columns of trials in order and of resampled ones; the former."""
        most = self.max_pairs(pool)
        trials = list(consecutive(pairs, rule, most))
        drawn = resampled(pairs, rule, most, self.resamples)
        name = "detected" if size else "false alarms"
        return {
            "pairs in the pool": str(len(pairs)),
            "trials": str(len(trials)),
            **summary(trials, size),
            f"resampled: {name}": percent(
                detected(drawn, size) / len(drawn), 0 if size else 2
            )
            if drawn
            else NONE,
        }, trials

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

    def _other_tools(self) -> str:
        rows: list[Row] = []
        agreed: list[bool] = []
        for pool in self.pools:
            other = pools.read(other_tools.beside(pool))
            if other and other.rounds:
                rows += [
                    self._compared(pool, other, s) for s in other_tools.SIZES
                ]
                agreed += other_tools.agreed(other)
        if not rows:
            return ""
        return (
            f"### Other tools on the same slowdowns\n\n{table(rows)}\n\n"
            f"Shares that were reported as regressed. The exit code of"
            f" pytest-benchmark agreed with its rule, computed from its JSON,"
            f" in {sum(agreed)} of {len(agreed)} runs."
        )

    def _compared(self, pool: Pool, other: Pool, size: int) -> Row:
        steps = other_tools.comparisons(other, size)
        pairs, rule = pool.pairs(size), self.rule(pool)
        trials = list(consecutive(pairs, rule, self.max_pairs(pool)))
        return {
            "cell": pool.title,
            "injected": f"{size} %",
            "comparisons": str(len(steps)),
            **{
                name: share(sum(fails(*pair) for pair in steps), len(steps))
                for name, fails in other_tools.RULES.items()
            },
            "the gate": share(detected(trials, size), len(trials)),
        }

    def _simulated(self) -> str:
        """Error rates of the rule where pairs cost no time."""
        floor = min(self.rule(pool).floor for pool in self.pools)
        # The known noise of a cell does not apply to a simulated one
        rule = Rule(floor=floor, tests=self.tests)
        most = min(map(self.max_pairs, self.pools))
        rows = []
        for spread, tail in product(SPREADS, (False, True)):
            trials = simulated(rule, most, SIMULATED, spread, tail=tail)
            pairs = sorted(len(trial.values) for trial in trials)
            middle, high = (pairs[int(q * SIMULATED)] for q in (0.5, 0.95))
            shape = "with a tail" if tail else "normal"
            rows.append(
                {
                    "sd of a pair": f"{100 * spread:g} %, {shape}",
                    "false alarms": percent(detected(trials, 0) / SIMULATED, 2),
                    "inconclusive": percent(undecided(trials) / SIMULATED),
                    "pairs, median (95 %)": f"{middle} ({high})",
                }
            )
        return (
            f"### The rule alone, simulated\n\nNo difference, floor"
            f" {100 * floor:g} %, at most {most} pairs, {SIMULATED} gates"
            f" each; starting second costs {100 * ORDER:g} %. With a tail: one"
            f" pair in ten is drawn three times as wide.\n\n{table(rows)}"
        )


def summary(trials: Sequence[Trial], size: int) -> Row:
    """Columns of trials with `size` per cent injected."""
    columns = (
        "detected" if size else "false alarms",
        "95 % interval",
        "opposite",
        "inconclusive",
        "pairs, median (max)",
        "estimate",
    )
    if not trials:
        return dict.fromkeys(columns, NONE)
    count, of = detected(trials, size), len(trials)
    pairs = [len(trial.values) for trial in trials]
    values = (
        f"{count} ({percent(count / of)})",
        interval(count, of),
        str(detected(trials, -size)),
        str(undecided(trials)),
        f"{median(pairs):g} ({max(pairs)})",
        change(fmean(trial.now().mean for trial in trials)),
    )
    return dict(zip(columns, values, strict=True))


def _achieved(pool: Pool, size: int) -> str:
    values = pool.achieved(size)
    text = change(fmean(values))
    if len(values) < 2:
        return text
    return f"{text} ± {100 * 1.96 * sem(values):.2f}"


def table(rows: Sequence[Row]) -> str:
    """A Markdown table; the columns are those of the first row."""
    lines = [markdown.header(list(rows[0]), 1)] if rows else []
    return "\n".join([*lines, *(markdown.row([*r.values()]) for r in rows)])


def change(log_ratio: float) -> str:
    """`+3.05 %`."""
    return f"{100 * math.expm1(log_ratio):+.2f} %"


def percent(fraction: float, digits: int = 0) -> str:
    """`95 %`."""
    return f"{100 * fraction:.{digits}f} %"


def interval(count: int, of: int) -> str:
    """`91.2 to 100.0 %`: 95 %, exact (Clopper and Pearson 1934)."""
    if not of:
        return NONE
    limits = binomtest(count, of).proportion_ci(0.95, "exact")
    return f"{100 * limits.low:.1f} to {100 * limits.high:.1f} %"


def share(count: int, of: int) -> str:
    """`3 of 64 (5 %)`."""
    return f"{count} of {of} ({percent(count / of)})" if of else NONE
