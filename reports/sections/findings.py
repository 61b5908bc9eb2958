"""Findings of a bench, one sentence each."""

from collections import Counter
from dataclasses import dataclass

from reports.results.format import (
    RATE,
    capital,
    fixed,
    listed,
    plural,
    word,
)
from reports.results.frame import Bench
from reports.results.titles import SLIDE, workload_title
from reports.results.workload import Workload
from reports.sections import parity
from reports.sections.parity import Difference

WIDE = 0.10  # half an interval over its mean, beyond which a warning is due


@dataclass(frozen=True)
class Sentence:
    """A finding; kind: "plain", "good", "bad" or "warn", its color."""

    text: str
    kind: str = "plain"


def headline(bench: Bench, workloads: list[Workload]) -> str:
    """`Three workloads, three frameworks, five seeds`"""
    counts = {
        "workload": len({workload.name for workload in workloads}),
        "framework": len(set(bench.cells["framework"]) - {SLIDE}),
        "seed": bench.cells["seed"].nunique(),
    }
    words = [
        f"{word(count)} {name}{'s' if count != 1 else ''}"
        for name, count in counts.items()
    ]
    return capital(", ".join(words))


def findings(
    workloads: list[Workload], differences: list[Difference]
) -> list[Sentence]:
    """Throughput, equivalence with the slide, intervals, parity."""
    ranked = [workload for workload in workloads if workload.ranked]
    fastest = [_most_often(ranked)] if len(ranked) > 1 else []
    equivalence, wide = _equivalence(workloads), _wide(workloads)
    return [*fastest, *equivalence, *wide, *_parity(differences)]


def _most_often(workloads: list[Workload]) -> Sentence:
    names = Counter(workload.ranked[0].title for workload in workloads)
    counts = [f"{title} in {count}" for title, count in names.most_common()]
    text = f"Fastest training of {len(workloads)} workloads: {listed(counts)}."
    return Sentence(text)


def _equivalence(workloads: list[Workload]) -> list[Sentence]:
    """How many implementations reach the slide's accuracy."""
    verdicts = [
        (own.row, own.verdict)
        for workload in workloads
        for own in workload.comparisons
        if own.verdict
    ]
    if not verdicts:
        return []
    same = sum(verdict.kind == "equivalent" for _, verdict in verdicts)
    text = f"{same} of {len(verdicts)} implementations are equivalent to the"
    text += " slide's program in test accuracy."
    return [
        Sentence(text, "good" if same == len(verdicts) else "plain"),
        *(
            Sentence(
                f"{workload_title(row.workload)} in {row.title} is different:"
                f" {fixed(100 * verdict.difference.mean, 1, True)} points.",
                "bad",
            )
            for row, verdict in verdicts
            if verdict.kind == "different"
        ),
    ]


def _wide(workloads: list[Workload]) -> list[Sentence]:
    """How wide the intervals of throughputs are, over seeds only.

    Blocks of one process do not show the spread between processes.
    """
    shares = []
    for row in (row for workload in workloads for row in workload.ranked):
        if len(row.by_seed(RATE)) > 1:
            rate = row.estimate(RATE)
            half = ((rate.high or 0) - (rate.low or 0)) / 2
            name = f"{workload_title(row.workload)} in {row.title}"
            shares.append((name, half / (rate.value or 1)))
    if not shares:
        return []
    wide = [
        f"{name} (±{100 * share:.0f} %)"
        for name, share in shares
        if share > WIDE
    ]
    if wide:
        text = f"The interval of the throughput is wide for {listed(wide)}."
        return [Sentence(f"{text} More seeds narrow it.", "warn")]
    widest = 100 * max(share for _, share in shares)
    text = f"The 95 % interval of every throughput is at most ±{widest:.1f} %."
    return [Sentence(text, "good")]


def _parity(differences: list[Difference]) -> list[Sentence]:
    """Whether the parity checks passed in float64."""
    own = [entry for entry in differences if entry.precision == parity.FLOAT64]
    if not own:
        return []
    worst = parity.largest(own)
    text = f"largest float64 difference {worst.size}, {worst.limit}."
    if worst.holds:
        text = f"The frameworks compute the same function: {text}"
        return [Sentence(text, "good")]
    pairs = plural(sum(not entry.holds for entry in own), "comparison")
    text = f"{pairs} of {len(own)} beyond the bound: {text}"
    return [Sentence(text, "bad")]
