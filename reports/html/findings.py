"""What the numbers say, in sentences."""

from collections import Counter
from typing import Any

from reports.html import parity
from reports.results.format import RATE, TRAINING, fixed, listed, plural, word
from reports.results.frame import Bench
from reports.results.rows import Workload
from reports.results.titles import model_title

MANY = 4  # workloads: more are told together
WIDE = 0.10  # half an interval over its mean: not to be trusted beyond


def headline(bench: Bench, workloads: list[Workload]) -> str:
    """Three workloads, three frameworks, five seeds."""
    cells = bench.cells
    frameworks = set(cells["framework"]) - {"slide"}
    parts = [
        _count(len({one.name for one in workloads}), "workload"),
        _count(len(frameworks), "framework"),
        _count(cells["seed"].nunique(), "seed"),
    ]
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]


def findings(
    workloads: list[Workload], entries: list[dict[str, Any]]
) -> list[dict[str, str]]:
    """What the numbers say, one sentence each; `kind` colours it."""
    ranked = [one for one in workloads if one.ranked]
    found = [_fastest(one) for one in ranked]
    if len(ranked) > MANY:
        found = [_most_often(ranked)]
    found += _equivalence(workloads) + _wide(workloads)
    return found + _parity(entries)


def _fastest(workload: Workload) -> dict[str, str]:
    first = workload.ranked[0]
    value = first.estimate(RATE).value
    name = model_title(workload.name)
    text = f"{name} trains fastest in {first.title}"
    if first is workload.slide:
        text = f"{name} trains fastest in the slide's own program"
    text += f": {fixed(value, 0)} {workload.told(TRAINING).unit}"
    ratio = workload.ratio(first)
    if ratio:
        text += f", {ratio.mean:.2f} times the slide's program"
    data = f" (synthetic data: {workload.data})" if workload.synthetic else ""
    return {"kind": "plain", "text": f"{text}{data}."}


def _most_often(workloads: list[Workload]) -> dict[str, str]:
    """Who is fastest how often: a sentence for each would be a page."""
    names = Counter(one.ranked[0].title for one in workloads)
    told = [f"{title} in {count}" for title, count in names.most_common()]
    text = f"Of {len(workloads)} workloads train fastest: {listed(told)}."
    return {"kind": "plain", "text": text}


def _equivalence(workloads: list[Workload]) -> list[dict[str, str]]:
    """How many implementations reach the slide's accuracy."""
    verdicts = [
        (c, c.verdict) for w in workloads for c in w.comparisons if c.verdict
    ]
    if not verdicts:
        return []
    same = sum(verdict.kind == "equivalent" for _, verdict in verdicts)
    found = [
        {
            "kind": "good" if same == len(verdicts) else "plain",
            "text": f"{same} of {len(verdicts)} implementations are"
            " equivalent to the slide's program in test accuracy.",
        }
    ]
    for one, verdict in verdicts:
        name = f"{model_title(one.row.workload)} in {one.row.title}"
        if verdict.kind == "different":
            points = fixed(100 * verdict.difference.mean, 1, sign=True)
            text = f"{name} is different: {points} points."
            found.append({"kind": "bad", "text": text})
    return found


def _wide(workloads: list[Workload]) -> list[dict[str, str]]:
    """Whether throughputs are known well enough to build on.

    Over seeds: blocks of one process say nothing of another process.
    """
    spreads = [
        ((one.high - one.low) / 2 / one.value, workload, row)
        for workload in workloads
        for row in workload.ranked
        if len(row.by_seed(RATE)) > 1
        and (one := row.estimate(RATE)).value
        and one.low is not None
        and one.high is not None
    ]
    wide = [
        f"{model_title(workload.name)} in {row.title} (±{100 * spread:.0f} %)"
        for spread, workload, row in spreads
        if spread > WIDE
    ]
    if wide:
        text = f"Not to be built on yet: the throughput of {listed(wide)}."
        return [{"kind": "warn", "text": f"{text} More seeds narrow it."}]
    if not spreads:
        return []
    most = 100 * max(spread for spread, _, _ in spreads)
    text = f"Every throughput is known to ±{most:.1f} % or better."
    return [{"kind": "good", "text": text}]


def _parity(entries: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Whether the ladder held in float64."""
    worst = parity.largest(entries, "float64")
    if worst is None:
        return []
    text = f"largest float64 difference {parity.shown(worst.error)},"
    text += f" {parity.limit(worst.bound)}."
    if worst.holds:
        text = f"The frameworks compute the same function: {text}"
        return [{"kind": "good", "text": text}]
    pairs = plural(worst.over, "comparison")
    text = f"{pairs} of {worst.pairs} beyond the bound: {text}"
    return [{"kind": "bad", "text": text}]


def _count(number: int, name: str) -> str:
    return f"{word(number)} {name}{'' if number == 1 else 's'}"
