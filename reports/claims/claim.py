"""Claims of the chapter, the questions that decide them, and their verdicts.

A question is one number per seed with a bound. The claim is supported where
the interval over seeds lies on the expected side of the bound, not supported
where it lies on the other side, and inconclusive where it contains the bound.
One seed has no interval over seeds: its verdicts are kinds of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Literal

from reports.blocks import Group
from reports.results import statistics
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.statistics import Interval
from reports.results.titles import framework_title, workload_slides
from reports.results.workload import Workload

Values = Mapping[int, float]  # by seed
Side = Literal["above", "below", "within"]
Kind = Literal[
    "supported",
    "not supported",
    "inconclusive",
    "mixed",
    "supported once",  # of one seed
    "not supported once",
    "mixed once",
]
ONCE: Mapping[Kind, Kind] = {
    "supported": "supported once",
    "not supported": "not supported once",
}
# What a framework's verdict on a claim is: the first that an answer has
DECIDING: tuple[Kind, ...] = (
    "not supported",
    "not supported once",
    "inconclusive",
    "supported once",
    "supported",
)
ACROSS = "the interval reaches across the bound"
EQUAL = "the value is the bound"
ZERO = "a ratio of nothing: it is 0"


@dataclass(frozen=True)
class Question:
    """One number per seed, its bound and the side where it is expected.

    unit: "points" (a difference of shares), "%", "×" (a ratio, whose mean
    is geometric), or none. within: the distance from 0 that counts as none;
    decided by two one-sided tests, a 90 % interval. decides: whether the
    verdict depends on it. in_sentence: stands in the claim's sentence, as
    the first question always does. difference: in a unit that does not
    imply it. reason: why there are no values, or no bound.
    """

    title: str
    unit: str
    values: Values
    side: Side = "above"
    bound: float | None = 0.0
    decides: bool = True
    in_sentence: bool = False
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
        """Whether it compares two trainings with the same seed."""
        return self.signed or self.unit == "×"


@dataclass(frozen=True)
class Answer:
    """The answer of one framework's seeds to a question."""

    question: Question
    interval: Interval | None  # None: nothing measured
    kind: Kind
    reason: str = ""  # why it is inconclusive


@dataclass(frozen=True)
class Claim:
    """A statement of the chapter, what decides it, and its charts.

    questions: of a row, and of the matching row of each workload that beside
    names, None where there is none. charts: as
    `reports.claims.charts` builds them; the intervals of the first question
    are drawn for every claim.
    """

    statement: str
    questions: Callable[..., list[Question]]
    charts: Sequence[Callable[[Bench, "Finding"], Group]] = ()
    beside: Sequence[str] = ()


@dataclass(frozen=True)
class Finding:
    """A workload's claim and the answers of every framework measured."""

    claim: Claim
    workload: Workload
    rows: list[Row]
    answers: list[list[Answer]]  # by row, then by question

    @cached_property
    def by_question(self) -> dict[str, list[Answer | None]]:
        """Title of a question -> the answer of each row, None without one."""
        by_row = [
            {answer.question.title: answer for answer in answers}
            for answers in self.answers
        ]
        titles = dict.fromkeys(chain(*by_row))
        return {title: [own.get(title) for own in by_row] for title in titles}

    @property
    def slides(self) -> str:
        """The slides that make the claim."""
        return workload_slides(self.workload.name)

    @property
    def judged(self) -> bool:
        """Whether any question decides; else the claim has numbers only."""
        return any(own.question.decides for own in chain(*self.answers))

    @cached_property
    def kinds(self) -> list[Kind]:
        """Each framework's verdict on the claim."""
        return [_together(answers) for answers in self.answers]

    @property
    def kind(self) -> Kind:
        """The verdict of all frameworks together.

        mixed: supported in one and not supported in another. Inconclusive
        results contradict neither. Verdicts of one seed and of intervals are
        not joined: together they are inconclusive.
        """
        kinds = set(self.kinds)
        if len(kinds) == 1:
            return self.kinds[0]
        if {"supported", "not supported"} <= kinds:
            return "mixed"
        return "mixed once" if set(ONCE.values()) <= kinds else "inconclusive"

    @property
    def names(self) -> list[str]:
        """Frameworks by name; with the mode where one was run in two."""
        short = [framework_title(row.framework) for row in self.rows]
        if len(set(short)) == len(short):
            return short
        return [row.title for row in self.rows]


def answer(question: Question) -> Answer:
    """Compare the interval of a question's values with its bound.

    One value is compared as it is, which is a verdict of one seed.
    """
    values = list(question.values.values())
    if not values:
        reason = question.reason or "not measured"
        return Answer(question, None, "inconclusive", reason)
    if question.unit == "×" and min(values) <= 0:
        return Answer(question, None, "inconclusive", ZERO)
    mean = statistics.geometric if question.unit == "×" else statistics.interval
    own = mean(values, 0.90 if question.side == "within" else 0.95)
    return decided(question, own)


def decided(question: Question, own: Interval) -> Answer:
    """The answer that an interval gives; of one seed where it counts one."""
    if question.bound is None:
        reason = question.reason or "there is no bound"
        return Answer(question, own, "inconclusive", reason)
    kind = _side(question, own, question.bound)
    if kind == "inconclusive":
        reason = EQUAL if own.low is None else ACROSS
        return Answer(question, own, kind, reason)
    return Answer(question, own, ONCE[kind] if own.count == 1 else kind)


def _side(question: Question, own: Interval, bound: float) -> Kind:
    """On which side of the bound an interval, or a single value, lies."""
    low = own.mean if own.low is None else own.low
    high = own.mean if own.high is None else own.high
    expected, opposite = {
        "above": (low > bound, high < bound),
        "below": (high < bound, low > bound),
        "within": (
            low > -bound and high < bound,
            low >= bound or high <= -bound,
        ),
    }[question.side]
    if expected:
        return "supported"
    return "not supported" if opposite else "inconclusive"


def _together(answers: list[Answer]) -> Kind:
    """Supported by all questions that decide; not supported by any of them."""
    kinds = {answer.kind for answer in answers if answer.question.decides}
    return next((k for k in DECIDING if k in kinds), "inconclusive")
