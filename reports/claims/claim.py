"""What the chapter claims, held against what was measured.

A claim asks questions. Each is one number per seed, and its interval lies
on the side of a bound that the claim expects (seen), wholly on the other
(not seen), or across it (not decided). `reports/claims/registry.py` holds the
claims themselves.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from reports.results import statistics
from reports.results.rows import Row, Workload
from reports.results.statistics import Interval
from reports.results.titles import SLIDE, framework_title

Values = Mapping[int, float]  # by seed
Side = Literal["above", "below", "within"]
Kind = Literal["seen", "unseen", "open", "mixed"]
ONE_SEED = "one seed has no interval"
ACROSS = "the interval reaches across the bound"


@dataclass(frozen=True)
class Question:
    """One number per seed, its bound and the side where it is expected.

    unit: "points" (a difference of shares), "%", "×" (a ratio, whose mean
    is geometric), or none. within: the distance from 0 that counts as none;
    decided by two one-sided tests, a 90 % interval. decides: whether the
    verdict on the claim hangs on it; else it is told beside it. also: told
    in the sentence, as the first question always is. difference: in a unit
    that does not say so. reason: why there are no values, or no bound.
    """

    title: str
    unit: str
    values: Values
    side: Side = "above"
    bound: float | None = 0.0
    decides: bool = True
    also: bool = False
    difference: bool = False
    reason: str = ""

    @property
    def factor(self) -> float:
        """From the value to the unit that is shown."""
        return 100.0 if self.unit in ("points", "%") else 1.0

    @property
    def signed(self) -> bool:
        """Whether it is shown with its sign."""
        return self.difference or self.unit == "points"

    @property
    def paired(self) -> bool:
        """Whether it is of two trainings with the same seed."""
        return self.signed or self.unit == "×"


@dataclass(frozen=True)
class Answer:
    """What one framework's seeds say to a question."""

    question: Question
    interval: Interval | None  # None: nothing measured
    kind: Kind
    reason: str = ""  # why it is not decided


@dataclass(frozen=True)
class Claim:
    """A sentence of the chapter, and what would show it.

    questions: asked of a row; where beside names another workload, of a row
    and of that workload's row like it, None where there is none.
    """

    workload: str
    slides: str  # "slide 4"
    says: str
    questions: Callable[..., list[Question]]
    beside: str = ""


@dataclass(frozen=True)
class Finding:
    """A claim and the answers of every framework that was measured."""

    claim: Claim
    workload: Workload
    rows: list[Row]
    answers: list[list[Answer]]  # by row, then by question

    @property
    def judged(self) -> bool:
        """Whether anything is decided; else numbers are told only."""
        every = (one for answers in self.answers for one in answers)
        return any(one.question.decides for one in every)

    @cached_property
    def kinds(self) -> list[Kind]:
        """Each framework's verdict on the whole claim."""
        return [_together(answers) for answers in self.answers]

    @property
    def kind(self) -> Kind:
        """What all frameworks say; mixed where they disagree.

        One that is not decided contradicts none: then it is open.
        """
        kinds = set(self.kinds)
        if len(kinds) == 1:
            return self.kinds[0]
        return "mixed" if {"seen", "unseen"} <= kinds else "open"

    @property
    def names(self) -> list[str]:
        """Frameworks by name; with the mode where one was run in two."""
        short = [framework_title(row.framework) for row in self.rows]
        if len(set(short)) == len(short):
            return short
        return [row.title for row in self.rows]


def finding(workload: Workload, claims: Mapping[str, Claim]) -> Finding | None:
    """A workload's claim with its answers; None where there is none."""
    claim = claims.get(workload.name)
    rows = [
        row for row in workload.rows if row.seeds and row.framework != SLIDE
    ]
    if claim is None or not rows:
        return None
    answers = [
        [answer(one) for one in _asked(claim, workload, row)] for row in rows
    ]
    if not any(answers):
        return None
    return Finding(claim, workload, rows, answers)


def _asked(claim: Claim, workload: Workload, row: Row) -> list[Question]:
    if not claim.beside:
        return claim.questions(row)
    return claim.questions(row, workload.like(row, claim.beside))


def answer(question: Question) -> Answer:
    """Hold a question's values against its bound."""
    values = list(question.values.values())
    if not values:
        reason = question.reason or "not measured"
        return Answer(question, None, "open", reason)
    if question.unit == "×" and min(values) <= 0:
        return Answer(question, None, "open", "a ratio of nothing: it is 0")
    if question.bound is None:
        found = _interval(question)
        reason = question.reason or "there is no bound"
        return Answer(question, found, "open", reason)
    if question.side == "within":
        return _within(question, question.bound)
    found = _interval(question)
    if found.low is None or found.high is None:
        return Answer(question, found, "open", ONE_SEED)
    beyond = found.low > question.bound, found.high < question.bound
    seen, unseen = beyond if question.side == "above" else beyond[::-1]
    if seen or unseen:
        return Answer(question, found, "seen" if seen else "unseen")
    return Answer(question, found, "open", ACROSS)


def differences(left: Values, right: Values) -> Values:
    """left - right of each seed that has both."""
    return statistics.differences(left, right)


def ratios(left: Values, right: Values) -> Values:
    """left / right of each seed that has both."""
    return {
        seed: left[seed] / right[seed]
        for seed in sorted(left)
        if right.get(seed)
    }


def _interval(question: Question) -> Interval:
    values = dict(question.values)
    if question.unit != "×":
        return statistics.interval(list(values.values()))
    logs = statistics.interval([math.log(one) for one in values.values()])
    low = None if logs.low is None else math.exp(logs.low)
    high = None if logs.high is None else math.exp(logs.high)
    return Interval(math.exp(logs.mean), low, high, logs.count, logs.level)


def _within(question: Question, margin: float) -> Answer:
    verdict = statistics.equivalence(question.values, margin)
    assert verdict is not None  # there are values
    if verdict.kind == "open":
        alone = verdict.difference.low is None
        reason = ONE_SEED if alone else ACROSS
        return Answer(question, verdict.difference, "open", reason)
    kind: Kind = "seen" if verdict.kind == "equivalent" else "unseen"
    return Answer(question, verdict.difference, kind)


def _together(answers: list[Answer]) -> Kind:
    """Seen: all that decides is; not seen: some of it is not."""
    kinds = {one.kind for one in answers if one.question.decides}
    if "unseen" in kinds:
        return "unseen"
    return "seen" if kinds == {"seen"} else "open"
