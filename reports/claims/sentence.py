"""A finding in words: one sentence, and a table of all its numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from reports.blocks import Cell, Column, Line, Table
from reports.claims.claim import Answer, Finding, Kind, Question
from reports.results.format import NONE, capital, fixed, listed, seeds
from reports.results.titles import workload

STYLES: dict[Kind, str] = {  # of the style sheet
    "supported": "equivalent",
    "not supported": "different",
    "inconclusive": "open",
    "mixed": "open",
    "supported once": "once",
    "not supported once": "once-not",
    "mixed once": "open",
}
ONE = "one seed"
RUN = "in this run (one seed)"
WORDS: dict[Kind, str] = {
    "supported": "supported",
    "not supported": "not supported",
    "inconclusive": "inconclusive",
    "mixed": "frameworks disagree",
    "supported once": f"supported {RUN}",
    "not supported once": f"not supported {RUN}",
    "mixed once": f"frameworks differ {RUN}",
}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SIDES = {"above": "> ", "below": "< ", "within": "±"}
DECIDES = (
    "The claim is supported where every number that decides has its interval"
    " on the expected side."
)
DECIDES_ONCE = (
    "Supported in this run: every number that decides is on the expected side."
    " That is no test: another seed may give another result."
)


def sentence(finding: Finding) -> str:
    """The claim, its verdict in each framework, and the numbers."""
    slides = f" ({finding.slides})" if finding.slides else ""
    parts = [
        f"{capital(finding.claim.statement)}{slides}: {_verdicts(finding)}"
    ]
    for number, answers in enumerate(finding.by_question.values()):
        if number == 0 or _question(answers).in_sentence:
            parts.append(_clause(finding.names, answers))
    text = "; ".join(filter(None, parts))
    if finding.workload.synthetic:
        text += f", on synthetic data ({finding.workload.data})"
    return f"{text}."


def verdict(finding: Finding) -> str:
    """The verdict of all frameworks in a word or two."""
    return WORDS[finding.kind] if finding.judged else "measured"


def firmer(finding: Finding) -> str:
    """The command whose seeds give a verdict of one seed its interval."""
    name = finding.workload.name
    suite = workload(name).suite
    if "once" not in finding.kind or not suite:
        return ""
    names = ",".join((*finding.claim.beside, name))
    return f"make bench SUITE={suite} ARGS=workload={names}"


def counted(kinds: Iterable[Kind]) -> str:
    """`3 supported, 9 supported in one seed, 2 not supported in one seed`.

    Verdicts by intervals first; those of one seed are counted apart.
    """
    counts = Counter(kinds)
    return ", ".join(
        f"{counts[kind]} {words.replace(RUN, 'in one seed')}"
        for kind, words in WORDS.items()
        if counts[kind]
    )


def table(finding: Finding) -> Table:
    """One row per question, one column per framework."""
    own, lines = finding.workload, []
    data = own.data if own.synthetic else ""
    for title, answers in finding.by_question.items():
        question = _question(answers)
        under = [question.unit, "decides" if question.decides else ""]
        lines.append(
            Line(
                title,
                [Cell(_expected(question)), *map(_cell, answers)],
                ", ".join(filter(None, under)),
                data=data,
                strong=question.decides,
            )
        )
    heads = [Column(name) for name in finding.names]
    return Table(
        [Column("Question"), Column("Expected"), *heads],
        lines,
        _remark(finding),
        style="answers",
    )


def value(number: float | None, unit: str, sign: bool = False) -> str:
    """A number in its unit: `+3.21`, `88.02`, `1.43`, `610,000`."""
    if number is None:
        return NONE
    share = unit in ("points", "%")
    number *= 100 if share else 1
    size = abs(number)
    if share or number == 0 or 0.01 <= size < 10_000:
        places = 2 if share or size < 100 else 0
        rounded = round(number, places) + 0.0  # no minus before a zero
        return fixed(rounded, places, sign)
    if 10_000 <= size < 10_000_000:
        return fixed(float(f"{number:.2g}"), 0, sign)
    digits, power = f"{number:.1e}".split("e")
    return f"{digits}·10{str(int(power)).translate(RAISED)}".replace("-", "−")


def unit_of(question: Question) -> str:
    """` points`, ` %`, `×`, or nothing for a bare number."""
    gap = "" if question.unit in ("", "×") else " "
    return f"{gap}{question.unit}"


def over(answers: Sequence[Answer | None]) -> str:
    """`mean over 3 seeds, 95 % t interval, paired by seed`, or `one seed`."""
    repeats, question = _repeats(answers), _question(answers)
    if repeats in (ONE, ""):
        return repeats
    mean = "geometric mean" if question.unit == "×" else "mean"
    paired = ", paired by seed" if question.paired else ""
    return f"{mean} over {repeats}{paired}"


def _verdicts(finding: Finding) -> str:
    """Every verdict with its frameworks, and what it depends on."""
    if not finding.judged:
        return f"measured in {listed(finding.names)}"
    groups: dict[tuple[Kind, str], list[str]] = {}
    for name, kind, answers in zip(
        finding.names, finding.kinds, finding.answers, strict=True
    ):
        groups.setdefault((kind, _why(kind, answers)), []).append(name)
    words = "; ".join(
        f"{WORDS[kind].removesuffix(RUN).strip()} in {listed(names)}"
        + f" {RUN}" * WORDS[kind].endswith(RUN)
        + why
        for (kind, why), names in groups.items()
    )
    mixed = finding.kind.startswith("mixed")
    return f"the {WORDS[finding.kind]}: {words}" if mixed else words


def _why(kind: Kind, answers: list[Answer]) -> str:
    """The questions because of which a claim is not supported."""
    if kind in ("supported", "supported once"):
        return ""
    deciding = [answer for answer in answers if answer.question.decides]
    own = [answer for answer in deciding if answer.kind == kind]
    if kind in ("not supported", "not supported once"):
        return f" ({listed(answer.question.title for answer in own)})"
    reasons: dict[str, list[str]] = {}
    for answer in own:
        reasons.setdefault(answer.reason, []).append(answer.question.title)
    if len(reasons) == 1 and len(own) == len(deciding):
        return f" ({next(iter(reasons))})"
    parts = [f"{listed(names)}: {why}" for why, names in reasons.items()]
    return f" ({'; '.join(parts)})"


def _repeats(answers: Iterable[Answer | None]) -> str:
    """`3 seeds, 95 % t interval`; `one seed`; nothing where none measured."""
    own = [each.interval for each in answers if each and each.interval]
    count = seeds(interval.count for interval in own)
    if count in ("", "1 seed"):
        return ONE if count else ""
    levels = sorted({interval.level for interval in own}, reverse=True)
    kinds = listed(f"{100 * level:.0f} %" for level in levels)
    return f"{count}, {kinds} t interval"


def _remark(finding: Finding) -> str:
    """What the brackets of the table are, and what decides."""
    repeats = _repeats(chain(*finding.answers))
    text = (
        f"In brackets: mean over {repeats}; ratios: geometric mean;"
        " differences: paired by seed."
    )
    decides = DECIDES
    if repeats in (ONE, ""):
        text = "One seed: no interval." if repeats else "Nothing was measured."
        decides = DECIDES_ONCE
    return f"{text} {decides}" if finding.judged else text


def _clause(names: list[str], answers: list[Answer | None]) -> str:
    """A question's numbers in every framework, and what they are over."""
    question = _question(answers)
    numbers = [
        f"{_mean(answer)}{unit_of(question)} {_between(answer)}".rstrip()
        + f" in {name}"
        for name, answer in zip(names, answers, strict=True)
        if answer is not None and answer.interval is not None
    ]
    if not numbers:
        return ""
    return f"{question.title}: {listed(numbers)} ({over(answers)})"


def _question(answers: Iterable[Answer | None]) -> Question:
    """The question that these answers have in common."""
    return next(answer.question for answer in answers if answer is not None)


def _mean(answer: Answer) -> str:
    mean = answer.interval.mean if answer.interval else None
    return value(mean, answer.question.unit, answer.question.signed)


def _between(answer: Answer) -> str:
    own, unit = answer.interval, answer.question.unit
    if own is None or own.low is None:
        return ""
    return f"[{value(own.low, unit)}, {value(own.high, unit)}]"


def _expected(question: Question) -> str:
    if question.bound is None:
        return ""
    bound = value(question.bound, question.unit) if question.bound else "0"
    return f"{SIDES[question.side]}{bound}"


def _cell(answer: Answer | None) -> Cell:
    if answer is None:
        return Cell(tip="no such phases")
    if answer.interval is None:
        return Cell(tip=answer.reason)
    judged = answer.question.bound is not None
    return Cell(
        _mean(answer),
        _between(answer),
        STYLES[answer.kind] if judged else "",
        tip=answer.reason or WORDS[answer.kind] if judged else "",
    )
