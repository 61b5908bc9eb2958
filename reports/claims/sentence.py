"""A finding in words: one sentence, and a table of all its numbers."""

from collections.abc import Sequence
from typing import Any

from reports.claims.claim import Answer, Finding, Kind, Question
from reports.results.format import NONE, fixed, listed

VERDICTS: dict[Kind, str] = {
    "seen": "seen here",
    "unseen": "not seen here",
    "open": "not decided here",
    "mixed": "frameworks disagree",
}
STYLES: dict[Kind, str] = {  # of the style sheet
    "seen": "equivalent",
    "unseen": "different",
    "open": "open",
    "mixed": "open",
}
ONE = "one seed"
PLACES = {"points": 2, "%": 2}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SIDES = {"above": ">", "below": "<", "within": "±"}


def sentence(found: Finding) -> str:
    """What the chapter claims, whether it was seen here, by how much."""
    claim = found.claim
    text = f"{claim.says[:1].upper()}{claim.says[1:]} ({claim.slides}):"
    text += f" {_verdict(found)}"
    first = found.answers[0][0].question
    told = [
        one.question.title
        for one in found.answers[0]
        if one.question is first or one.question.also
    ]
    clauses = [_clause(found, title) for title in told]
    text += "".join(f"; {clause}" for clause in clauses if clause)
    if found.workload.synthetic:
        text += f", on synthetic data ({found.workload.data})"
    return f"{text}."


def verdict(found: Finding) -> str:
    """What all frameworks say, in two or three words."""
    return VERDICTS[found.kind] if found.judged else "measured here"


def _clause(found: Finding, title: str) -> str:
    """A question's numbers in every framework, and what they are over."""
    own = [_named(title, answers) for answers in found.answers]
    numbers = [
        f"{_number(one)} in {name}"
        for name, one in zip(found.names, own, strict=True)
        if one is not None and one.interval is not None
    ]
    if not numbers:
        return ""
    return f"{title}: {listed(numbers)}{_over(own)}"


def table(found: Finding) -> dict[str, Any]:
    """One row per question, one cell per framework, ready to print."""
    titles = dict.fromkeys(
        one.question.title for answers in found.answers for one in answers
    )
    rows = []
    for title in titles:
        own = [_named(title, answers) for answers in found.answers]
        question = next(one.question for one in own if one is not None)
        rows.append(
            {
                "title": title,
                "unit": question.unit,
                "expected": _expected(question),
                "decides": question.decides,
                "cells": [_cell(one) for one in own],
            }
        )
    return {"heads": found.names, "rows": rows, "over": _over_all(found)}


def value(number: float | None, unit: str, sign: bool = False) -> str:
    """A number in its unit: `+3.21`, `88.02`, `1.43`, `610,000`."""
    if number is None:
        return NONE
    if unit in PLACES:
        return _near(100 * number, PLACES[unit], sign)
    size = abs(number)
    if number == 0 or 0.01 <= size < 10_000:
        return _near(number, 2 if size < 100 else 0, sign)
    if 10_000 <= size < 10_000_000:
        return fixed(float(f"{number:.2g}"), 0, sign)
    digits, power = f"{number:.1e}".split("e")
    return f"{digits}·10{str(int(power)).translate(RAISED)}".replace("-", "−")


def _near(number: float, places: int, sign: bool) -> str:
    """Rounded; what rounds to nothing has no minus."""
    return fixed(round(number, places) + 0.0, places, sign)


def unit_of(question: Question) -> str:
    """` points`, ` %`, `×`, or nothing for a bare number."""
    gap = "" if question.unit in ("", "×") else " "
    return f"{gap}{question.unit}"


def _verdict(found: Finding) -> str:
    """Every verdict with its frameworks, and what it hangs on."""
    if not found.judged:
        return f"measured here in {listed(found.names)}"
    groups: dict[tuple[Kind, str], list[str]] = {}
    for name, kind, answers in zip(
        found.names, found.kinds, found.answers, strict=True
    ):
        groups.setdefault((kind, _why(kind, answers)), []).append(name)
    parts = [
        f"{VERDICTS[kind]} in {listed(names)}{why}"
        for (kind, why), names in groups.items()
    ]
    if found.kind == "mixed":
        words = "; ".join(parts).replace(" here", "")
        return f"the frameworks disagree: {words}"
    return "; ".join(parts)


def _why(kind: Kind, answers: list[Answer]) -> str:
    """Which of the questions that decide is why it was not seen."""
    if kind == "seen":
        return ""
    own = [one for one in answers if one.question.decides and one.kind == kind]
    if kind == "unseen":
        return f" ({listed(one.question.title for one in own)})"
    reasons: dict[str, list[str]] = {}
    for one in own:
        reasons.setdefault(one.reason, []).append(one.question.title)
    deciding = sum(one.question.decides for one in answers)
    if len(reasons) == 1 and len(own) == deciding:
        return f" ({next(iter(reasons))})"
    told = [f"{listed(names)}: {why}" for why, names in reasons.items()]
    return f" ({'; '.join(told)})"


def _number(one: Answer) -> str:
    found, question = one.interval, one.question
    assert found is not None
    sign = question.signed
    text = value(found.mean, question.unit, sign)
    return f"{text}{unit_of(question)}{_between(one)}"


def _between(one: Answer) -> str:
    found, question = one.interval, one.question
    if found is None or found.low is None:
        return ""
    ends = [value(end, question.unit) for end in (found.low, found.high)]
    return f" [{ends[0]}, {ends[1]}]"


def _over(own: list[Answer | None]) -> str:
    """How many seeds one question's numbers are over, and their interval."""
    text, shown = _repeats(own)
    if text == ONE:
        return f" ({ONE})"
    unit = shown[0].question.unit
    mean = "geometric mean" if unit == "×" else "mean"
    paired = ", paired by seed" if shown[0].question.paired else ""
    return f" ({mean} over {text}{paired})"


def _over_all(found: Finding) -> str:
    """The same of all questions together."""
    text, shown = _repeats([one for own in found.answers for one in own])
    if text in (ONE, ""):
        return "One seed: no interval" if text else "Nothing was measured"
    return (
        f"In brackets: mean over {text}; ratios: geometric mean; differences:"
        " paired by seed"
    )


def _repeats(own: Sequence[Answer | None]) -> tuple[str, list[Answer]]:
    """`3 seeds, 95 % t interval`, and the answers that have numbers."""
    shown = [one for one in own if one is not None and one.interval]
    counts = [one.interval.count for one in shown if one.interval]
    if not counts or max(counts) == 1:
        return (ONE if counts else ""), shown
    low, high = min(counts), max(counts)
    seeds = f"{low}" if low == high else f"{low} to {high}"
    levels = {one.interval.level for one in shown if one.interval}
    kinds = listed(f"{100 * level:.0f} %" for level in sorted(levels)[::-1])
    return f"{seeds} seeds, {kinds} t interval", shown


def _expected(question: Question) -> str:
    if question.bound is None:
        return ""
    bound = value(question.bound, question.unit)
    bound = "0" if question.bound == 0 else bound
    gap = "" if question.side == "within" else " "
    return f"{SIDES[question.side]}{gap}{bound}"


def _named(title: str, answers: list[Answer]) -> Answer | None:
    return next((one for one in answers if one.question.title == title), None)


def _cell(one: Answer | None) -> dict[str, Any]:
    if one is None or one.interval is None:
        reason = one.reason if one else "no such phases"
        return {"text": NONE, "between": "", "kind": "", "tip": reason}
    sign = one.question.signed
    judged = one.question.bound is not None
    return {
        "text": value(one.interval.mean, one.question.unit, sign),
        "between": _between(one).strip(),
        "kind": STYLES[one.kind] if judged else "",
        "tip": one.reason or VERDICTS[one.kind] if judged else "",
    }
