"""Numbers of a verdict in words."""

import math
from collections.abc import Callable

from benchmarks.gate.render.markdown import NONE
from benchmarks.records.verdict import (
    IMPROVED,
    NOT_MEASURED,
    REGRESSED,
    UNCHANGED,
    Decision,
    Numerics,
)

SCALE = {  # smaller changes than this are called so
    0.03: "slightly",
    0.10: "clearly",
    0.30: "much",
    math.inf: "very much",
}
UNITS = {  # worse, better; factor and unit of what is shown
    "milliseconds": ("slower", "faster", 1, "ms"),
    "seconds": ("slower", "faster", 1, "s"),
    "tokens per second": ("slower", "faster", 1, "tokens/s"),
    "bytes": ("larger", "smaller", 1e-6, "MB"),
    "count": ("more", "fewer", 1, ""),
    "fraction": ("worse", "better", 100, "%"),
}
TITLES = {
    "training_step_milliseconds": "training step",
    "inference_latency_milliseconds": "inference",
    "decoding_tokens_per_second": "decoding, per token",
    "compile_seconds": "compile",
    "startup_seconds": "start-up",
    "host_peak_bytes": "host peak",
    "parameters_count": "parameters",
    "flops_per_example_count": "FLOPs per example",
    "compilations_count": "compilations",
    "compiled_static_bytes": "static memory",
    "allocator_peak_bytes": "allocator peak",
    # Its cost is the error rate, its values are accuracies
    "short_run_accuracy_fraction": "error rate",
}
LIMITLESS = 1e300  # stands for an infinite difference, which JSON lacks


def title(metric: str) -> str:
    """training_step_milliseconds -> training step"""
    return TITLES.get(metric) or metric.replace("_", " ")


def directions(unit: str) -> tuple[str, str]:
    """Words for more and less of a cost: slower, faster."""
    worse, better, *_ = _unit(unit)
    return worse, better


def _unit(unit: str) -> tuple[str, str, float, str]:
    return UNITS.get(unit, ("worse", "better", 1, unit))


def change(decision: Decision) -> str:
    """Cost of head against base: `+12.3 %` is worse; a dash without a ratio.

    There is none where a count has grown from zero, for example.
    """
    return NONE if decision.ratio is None else percent(decision.ratio - 1)


def size(decision: Decision) -> float:
    """How large a change is, up or down: |log ratio|.

    Infinite without a ratio: from nothing to something, or back, ranks
    first.
    """
    if not decision.ratio:
        return 0.0 if decision.outcome == UNCHANGED else math.inf
    return abs(math.log(decision.ratio))


def compared(decision: Decision) -> str:
    """`much slower`, `slightly smaller`; `more` where no ratio exists.

    Up or down alike: below 3 % slightly, 3 to 10 % clearly, 10 to 30 %
    much, above that very much.
    """
    worse, better = directions(decision.unit)
    if decision.ratio is None:
        words = {REGRESSED: worse, IMPROVED: better, UNCHANGED: "the same"}
        return words.get(decision.outcome, NONE)
    fraction = decision.ratio - 1
    if fraction == 0:
        return "the same"
    much = next(word for below, word in SCALE.items() if abs(fraction) < below)
    return f"{much} {worse if fraction > 0 else better}"


def percent(fraction: float) -> str:
    """0.123 -> `+12.3 %`; small ones in two figures."""
    value = 100 * fraction
    figures = ".0f" if abs(value) >= 100 else ".1f"
    if 0 < abs(value) < 0.1:
        figures = ".2g"
    return f"{value:{'+' if value else ''},{figures}} %"


def level(fraction: float | None) -> str:
    """0.05 -> `5 %`: floors and noise, no more figures than they have."""
    return NONE if fraction is None else f"{100 * fraction:.3g} %"


def interval(decision: Decision) -> str:
    """`[+10.1 %, +14.6 %]`, `exact` where there is no error, or a dash."""
    if decision.low is None or decision.high is None:
        return NONE
    if decision.low == decision.high:
        return "exact"
    limits = [percent(end - 1) for end in (decision.low, decision.high)]
    return f"[{', '.join(limits)}]"


def values(decision: Decision) -> str:
    """`41.2 → 46.3 ms`: base and head, in figures that differ."""
    if decision.base is None or decision.head is None:
        return NONE
    if decision.unit == "count":
        return f"{decision.base:,.0f} → {decision.head:,.0f}"
    _, _, scale, unit = _unit(decision.unit)
    base, head = scale * decision.base, scale * decision.head
    for figures in range(3, 13):
        texts = _figures(base, figures), _figures(head, figures)
        if texts[0] != texts[1] or base == head:
            break
    prefix = "accuracy " if decision.unit == "fraction" else ""
    return f"{prefix}{texts[0]} → {texts[1]} {unit}"


def _figures(value: float, figures: int) -> str:
    if value == 0:
        return "0"
    places = figures - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(places, 0)}f}"


def difference(value: float | None) -> str:
    """A relative difference of numerics in two figures."""
    if value is None:
        return NONE
    return "without limit" if value > LIMITLESS else f"{value:.2g}"


def largest(numerics: Numerics, form: Callable[[str], str] = str) -> str:
    """The array that differs most, which `form` marks, and by how much."""
    array = f" in {form(numerics.array)}" if numerics.array else ""
    return (
        f"largest relative difference {difference(numerics.largest)}{array},"
        f" allowed {numerics.bound:.0e}"
    )


def described(decision: Decision) -> str:
    """One decision in one line: change, interval, evidence, floor."""
    name = title(decision.metric)
    if decision.outcome == NOT_MEASURED:
        return f"{name} not measured: {decision.reason}"
    first = f"{name} {decision.outcome}"
    if decision.outcome in (REGRESSED, IMPROVED):
        first += f": {compared(decision)}"
    if decision.ratio is not None:
        first += f", {change(decision)}"
    if decision.low is not None:
        first += f" {interval(decision)}"
    parts = {
        first: True,
        values(decision): None not in (decision.base, decision.head),
        plural(decision.pairs, "pair"): decision.pairs,
        f"noise of one pair {level(decision.noise)}": decision.noise
        is not None,
        "confirmed by fresh pairs": decision.confirmed,
        f"floor {level(decision.floor)}": decision.floor is not None,
        needed(decision): decision.more_pairs,
        decision.reason or "": decision.reason,
    }
    return "; ".join(part for part, known in parts.items() if known)


def needed(decision: Decision) -> str:
    """`12 more pairs needed`, or a dash."""
    count = decision.more_pairs
    return f"{plural(count, 'more pair')} needed" if count else NONE


def plural(count: int, noun: str) -> str:
    """`1 pair`, `16 pairs`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
