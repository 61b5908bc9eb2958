"""The tables of `docs/gate.md`, written from pools: no number typed in."""

import math
from collections.abc import Sequence
from statistics import fmean, median, stdev
from typing import Any

from benchmarks.gate.decide import Rule, estimate
from benchmarks.gate.pairs import TIMED
from benchmarks.gate.settings import Settings
from benchmarks.records.verdict import IMPROVED, REGRESSED
from benchmarks.studies.gate_power import pool as power_pool
from benchmarks.studies.gate_power import pytest_benchmark
from benchmarks.studies.gate_power.pool import SIZES, Pool
from benchmarks.studies.gate_power.tables import (
    NONE,
    Row,
    change,
    interval,
    percent,
    share,
    simulated,
    table,
)
from benchmarks.studies.gate_power.trials import (
    Pairs,
    Rate,
    Summary,
    consecutive,
    rate,
    resampled,
    summary,
)

STEP = "training_step_milliseconds"


class Report:
    """Pools, and the settings by which the gate would decide."""

    def __init__(
        self, pools: Sequence[Pool], settings: Settings, resamples: int
    ) -> None:
        self.pools = pools
        self.settings = settings
        self.resamples = resamples
        self.tests = len(TIMED) * len(pools)
        self.false: list[Rate] = []  # of all A/A series

    def text(self) -> str:
        """All tables as Markdown."""
        parts = [
            self._where(),
            self._same(),
            *map(self._cell, self.pools),
            self._rivals(),
            simulated(
                min(map(self.rule, self.pools), key=lambda rule: rule.floor),
                min(map(self.most, self.pools)),
            ),
        ]
        return "\n\n".join(part for part in parts if part)

    def rule(self, pool: Pool, metric: str = STEP) -> Rule:
        """What the gate would decide by, all pools' cells in one gate."""
        return self.settings.rule(metric, *pool.names, self.tests)

    def most(self, pool: Pool) -> int:
        """Pairs that the budget of a cell allows."""
        allowed = int(self.settings.cell_seconds / pool.pair_seconds)
        return max(4, min(self.settings.most_pairs, allowed))

    def summaries(
        self, pool: Pool, pairs: Pairs, rule: Rule, size: int
    ) -> tuple[Summary | None, Summary | None]:
        """Of genuine trials, and of resampled ones."""
        most = self.most(pool)
        drawn = resampled(pairs, rule, most, self.resamples)
        return (
            summary(consecutive(pairs, rule, most), size),
            summary(drawn, size),
        )

    def _cell(self, pool: Pool) -> str:
        rule, rows = self.rule(pool), []
        for size in SIZES:
            pairs = pool.pairs(size)
            if size and pairs[0]:
                rows.append(self._planted(pool, pairs, rule, size))
        head = [
            "planted",
            "achieved",
            "pairs in the pool",
            "trials",
            "found",
            "95 % interval",
            "opposite",
            "cannot tell",
            "pairs, median (most)",
            "estimate",
            "resampled: found",
        ]
        return f"### {_title(pool)}\n\n{self._about(pool)}\n\n" + table(
            head, rows
        )

    def _planted(self, pool: Pool, pairs: Pairs, rule: Rule, size: int) -> Row:
        real, drawn = self.summaries(pool, pairs, rule, size)
        start = [f"{size:+d} %", _achieved(pool, size), str(len(pairs[0]))]
        again = percent(drawn.found.share) if drawn else NONE
        if real is None:
            return [*start, "0", *[NONE] * 6, again]
        return [
            *start,
            str(real.found.trials),
            f"{real.found.count} ({percent(real.found.share)})",
            interval(real.found),
            str(real.wrong),
            str(real.undecided),
            f"{real.pairs_median:g} ({real.pairs_most})",
            change(real.estimate),
            again,
        ]

    def _same(self) -> str:
        rows = []
        self.false = []
        for pool in self.pools:
            for metric, pairs in _series(pool):
                if row := self._metric(pool, metric, pairs):
                    rows.append(row)
        head = [
            "cell",
            "metric",
            "floor",
            "pairs in the pool",
            "sd of a pair",
            "decisions",
            "false alarms",
            "95 % interval",
            "cannot tell",
            "pairs, median (most)",
            "resampled: false alarms",
        ]
        told = f"### Nothing planted (A/A)\n\n{table(head, rows)}"
        return f"{told}\n\n{self._all_same()}" if self.false else told

    def _metric(self, pool: Pool, metric: str, pairs: Pairs) -> Row | None:
        if len(pairs[0]) < 3:
            return None
        rule = self.rule(pool, metric)
        real, drawn = self.summaries(pool, pairs, rule, 0)
        spread = estimate(*pairs).spread
        row = [
            _title(pool),
            metric.replace("_", " "),
            f"{100 * rule.floor:g} %",
            str(len(pairs[0])),
            f"{100 * spread:.2f} %",
        ]
        again = percent(drawn.found.share, 2) if drawn else NONE
        if real is None:
            return [*row, "0", *[NONE] * 4, again]
        self.false.append(real.found)
        return [
            *row,
            str(real.found.trials),
            str(real.found.count),
            interval(real.found),
            str(real.undecided),
            f"{real.pairs_median:g} ({real.pairs_most})",
            again,
        ]

    def _all_same(self) -> str:
        alarms = sum(one.count for one in self.false)
        total = rate(alarms, sum(one.trials for one in self.false))
        return (
            f"All together: {alarms} false alarm{'s' * (alarms != 1)} in"
            f" {total.trials} decisions, 95 % interval {interval(total)}."
        )

    def _about(self, pool: Pool) -> str:
        rule, rounds = self.rule(pool), pool.rounds
        loads = [one["load"] for one in rounds]
        steps = median(median(one["blocks"]["A0"]) for one in rounds)
        return (
            f"{len(rounds)} rounds, {_clock(rounds[0])} to"
            f" {_clock(rounds[-1])}, load average before a round"
            f" {median(loads):.1f} (most {max(loads):.1f}). A step takes"
            f" {1000 * steps:.1f} ms, a pair of the gate"
            f" {pool.pair_seconds:.1f} s: at most {self.most(pool)} pairs in"
            f" {self.settings.cell_seconds:g} s. Floor"
            f" {100 * rule.floor:g} %."
        )

    def _where(self) -> str:
        lines = []
        for pool in self.pools:
            around = pool.head["environment"]
            line = (
                f"{around['cpu']}, {around['cores']} cores"
                f"{', ' + around['gpu'] if around['gpu'] else ''}, revision"
                f" {(pool.head['code']['revision'] or 'unknown')[:12]}"
                f"{' (changed)' if pool.head['code']['dirty'] else ''}"
            )
            names = "/".join(reversed(pool.names))
            lines.append((line, f"{names} `{pool.head['fingerprint']}`"))
        told = []
        for line in dict.fromkeys(line for line, _ in lines):
            cells = [cell for other, cell in lines if other == line]
            told.append(f"{line}; environments: {', '.join(cells)}.")
        told.append(
            f"Decided as one gate over {len(self.pools)}"
            f" cell{'s' * (len(self.pools) != 1)} ({self.tests} comparisons);"
            f" {self.resamples} resampled trials each."
        )
        return "\n".join(told)

    def _rivals(self) -> str:
        rows, agreed, of = [], 0, 0
        for pool in self.pools:
            found = power_pool.read(pytest_benchmark.beside(pool))
            if found is None or not found.rounds:
                continue
            same, told = pytest_benchmark.agreed(found)
            agreed, of = agreed + same, of + told
            rows += [
                self._rival(pool, found, size)
                for size in pytest_benchmark.SIZES
            ]
        if not rows:
            return ""
        head = [
            "cell",
            "planted",
            "comparisons",
            f"pytest-benchmark {pytest_benchmark.RULE}",
            f"Mann-Whitney, p < {pytest_benchmark.ALPHA:g}",
            "the gate",
        ]
        return (
            f"### What others say of the same\n\n{table(head, rows)}\n\n"
            f"Shares that were called regressed. The exit code of"
            f" pytest-benchmark was what its rule, computed from its JSON,"
            f" says in {agreed} of {of} runs."
        )

    def _rival(self, pool: Pool, found: Pool, size: int) -> Row:
        said = pytest_benchmark.said(found, size)
        rule, most = self.rule(pool), self.most(pool)
        outcomes = consecutive(pool.pairs(size), rule, most)
        regressed = [one.word for one in outcomes].count(REGRESSED)
        regressed += [one.word for one in outcomes].count(IMPROVED) * (not size)
        return [
            _title(pool),
            f"{size} %",
            str(said.comparisons),
            share(said.benchmark, said.comparisons),
            share(said.mann_whitney, said.comparisons),
            share(regressed, len(outcomes)),
        ]


def _series(pool: Pool) -> list[tuple[str, Pairs]]:
    """Everything that is the same on both sides of every round."""
    found: list[tuple[str, Pairs]] = [(STEP, pool.pairs(0))]
    names = {name for one in pool.rounds for name in one["metrics"]}
    return found + [(name, pool.metric(name)) for name in sorted(names)]


def _achieved(pool: Pool, size: int) -> str:
    values = pool.achieved(size)
    told = change(fmean(values))
    if len(values) < 2:
        return told
    error = stdev(values) / math.sqrt(len(values))
    return f"{told} ± {100 * 1.96 * error:.2f}"


def _title(pool: Pool) -> str:
    framework = pool.head["cell"]["framework"]
    return f"{pool.names[0]} {framework['name']} {framework['mode']}"


def _clock(one: dict[str, Any]) -> str:
    return str(one["time"])[:16].replace("T", " ")
