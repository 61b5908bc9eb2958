"""Numbers of a verdict in words: what a person reads, and a machine may.

Standard library only, as all that renders a comment: a workflow that may
write does so from another's `gate.json`, without installing anything.
"""

import math
import re

from benchmarks.records.verdict import (
    IMPROVED,
    NOT_MEASURED,
    REGRESSED,
    UNCHANGED,
    Decision,
)

# A change smaller than this is called so; beyond the last, "very much"
SCALE = ((0.03, "slightly"), (0.10, "clearly"), (0.30, "much"))
BEYOND = "very much"

# By the last word of a unit: worse, better
DIRECTIONS = {
    "milliseconds": ("slower", "faster"),
    "seconds": ("slower", "faster"),
    "second": ("slower", "faster"),
    "bytes": ("larger", "smaller"),
    "count": ("more", "fewer"),
}
SHORT = {"milliseconds": "ms", "seconds": "s", "tokens per second": "tokens/s"}
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
    # Its cost is the share of wrong answers, its values are accuracies
    "short_run_accuracy_fraction": "wrong answers",
}
NONE = "–"
LIMITLESS = 1e300  # a difference of shapes: JSON knows no infinity
LONGEST = 300  # characters of anything that comes from outside


def title(metric: str) -> str:
    """training_step_milliseconds -> training step"""
    return TITLES.get(metric) or metric.replace("_", " ")


def directions(unit: str) -> tuple[str, str]:
    """What more and less of a cost is called: slower, faster."""
    return DIRECTIONS.get(unit.split(" ")[-1], ("worse", "better"))


def change(one: Decision) -> float | None:
    """Head against base as a fraction, above 0 is worse; None: no ratio.

    There is none where a count has grown from zero, for example.
    """
    return None if one.ratio is None else one.ratio - 1


def size(one: Decision) -> float:
    """How large a change is, up or down: |log ratio|.

    Without a ratio it has no limit: from nothing to something, or back,
    comes first.
    """
    if not one.ratio:
        return 0.0 if one.word == UNCHANGED else math.inf
    return abs(math.log(one.ratio))


def magnitude(fraction: float) -> str:
    """A change in a word: below 3 % slightly, 3 to 10 % clearly, 10 to
    30 % much, above very much; up or down alike.
    """
    for below, word in SCALE:
        if abs(fraction) < below:
            return word
    return BEYOND


def compared(one: Decision) -> str:
    """`much slower`, `slightly smaller`; `more` where no ratio exists."""
    fraction = change(one)
    worse, better = directions(one.unit)
    if fraction is None:
        known = {REGRESSED: worse, IMPROVED: better, UNCHANGED: "the same"}
        return known.get(one.word, NONE)
    if fraction == 0:
        return "the same"
    return f"{magnitude(fraction)} {worse if fraction > 0 else better}"


def percent(fraction: float | None, sign: bool = False) -> str:
    """0.123 -> `12.3 %`; with `sign` `+12.3 %`; small ones in two figures."""
    if fraction is None or not math.isfinite(fraction):
        return NONE
    value = 100 * fraction
    figures = ".0f" if abs(value) >= 100 else ".1f"
    if 0 < abs(value) < 0.1:
        figures = ".2g"
    return f"{value:{'+' if sign and value else ''},{figures}} %"


def level(fraction: float | None) -> str:
    """0.05 -> `5 %`: floors and noise, no more figures than they have."""
    return NONE if fraction is None else f"{100 * fraction:.3g} %"


def interval(one: Decision) -> str:
    """`[+10.1 %, +14.6 %]`, `exact` where there is no error, or a dash."""
    if one.low is None or one.high is None:
        return NONE
    if one.low == one.high:
        return "exact"
    low, high = percent(one.low - 1, True), percent(one.high - 1, True)
    return f"[{low}, {high}]"


def values(one: Decision) -> str:
    """`41.2 → 46.3 ms`: base and head, in figures that tell them apart."""
    if one.base is None or one.head is None:
        return NONE
    unit = SHORT.get(one.unit, one.unit)
    scale = 1.0
    if one.unit == "bytes":
        unit, scale = "MB", 1e-6
    if one.unit == "fraction":
        both = f"{100 * one.base:.2f} → {100 * one.head:.2f} %"
        return f"accuracy {both}" if "accuracy" in one.metric else both
    if one.unit == "count":
        return f"{one.base:,.0f} → {one.head:,.0f}"
    base, head = one.base * scale, one.head * scale
    for figures in range(3, 13):
        texts = _figures(base, figures), _figures(head, figures)
        if texts[0] != texts[1] or base == head:
            break
    return f"{texts[0]} → {texts[1]} {unit}"


def _figures(value: float, figures: int) -> str:
    if value == 0:
        return "0"
    places = figures - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(places, 0)}f}"


def difference(value: float | None) -> str:
    """A relative difference of mathematics in two figures."""
    if value is None:
        return NONE
    return "without limit" if value > LIMITLESS else f"{value:.2g}"


def described(one: Decision) -> str:
    """One decision in one line: what, how much, how sure, against what."""
    if one.word == NOT_MEASURED:
        return f"{title(one.metric)} not measured: {one.reason}"
    parts = [f"{title(one.metric)} {one.word}"]
    if one.word in (REGRESSED, IMPROVED):
        parts[0] += f": {compared(one)}"
    if change(one) is not None:
        parts[0] += f", {percent(change(one), True)}"
    if one.low is not None:
        parts[0] += f" {interval(one)}"
    if one.base is not None and one.head is not None:
        parts.append(values(one))
    if one.pairs:
        parts.append(plural(one.pairs, "pair"))
    if one.noise is not None:
        parts.append(f"noise of one pair {level(one.noise)}")
    if one.confirmed:
        parts.append("confirmed by fresh pairs")
    if one.floor is not None:
        parts.append(f"floor {level(one.floor)}")
    if one.more_pairs:
        parts.append(f"{plural(one.more_pairs, 'more pair')} would tell")
    return "; ".join([*parts, *([one.reason] if one.reason else [])])


def plural(count: int, one: str) -> str:
    """`1 pair`, `16 pairs`."""
    return f"{count:,} {one}{'s' * (count != 1)}"


def text(outside: object, longest: int = LONGEST) -> str:
    """What came from outside, harmless in Markdown and not too long.

    One line; no cell, code, emphasis, link or tag begins or ends in it, and
    nobody and no issue is mentioned: a space of no width stands there.
    """
    plain = " ".join(str(outside).split())
    if len(plain) > longest:
        plain = plain[: longest - 1] + "…"
    plain = plain.replace("&", "&amp;").replace("<", "&lt;")
    plain = re.sub(r"([\\`*_{}\[\]|~>$])", r"\\\1", plain)
    return re.sub(r"([@#](?=\w)|:(?=//)|\bwww(?=\.))", "\\1\u200b", plain)


def code(outside: object, longest: int = LONGEST) -> str:
    """The same in a span of code, which a backtick cannot leave."""
    plain = " ".join(str(outside).split()).replace("`", "'")
    if len(plain) > longest:
        plain = plain[: longest - 1] + "…"
    return f"`{plain}`".replace("|", "\\|") if plain else NONE
