"""Transfer learning from digits 0 to 4 to few digits 5 to 9 (slide 12)."""

import re
from collections.abc import Iterator

from reports.blocks import Group
from reports.claims import charts
from reports.claims.claim import Claim, Finding, Question, Values
from reports.claims.questions import difference, values
from reports.figures import phases as figures
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.statistics import ratios

STEP = "training_step_milliseconds"
WAYS = ("scratch", "frozen", "tuned")


def questions(row: Row) -> list[Question]:
    """Accuracy less that from scratch; the main phase's labels decide."""
    stated = row.setting(row.main, "data.per_class")
    few = None if stated is None else int(stated)
    result = []
    for count in sorted(labels(row), key=lambda count: (count != few, count)):
        for way in ("frozen", "tuned"):
            own = difference(row, f"{way}_{count}", f"scratch_{count}")
            title = f"test accuracy, {way} features less from scratch"
            title += f", {count} labels per class"
            result.append(Question(title, "points", own, decides=count == few))
    title = "seconds of a training step, frozen over from scratch"
    saved = ratios(_step(row, "frozen"), _step(row, "scratch"))
    return result + [
        Question(
            title, "×", saved, "below", 1.0, decides=False, in_sentence=True
        )
    ]


def chart_groups(bench: Bench, finding: Finding) -> Iterator[Group]:
    """Accuracy over labels per class, and the time of a training step."""
    yield charts.each_row(
        finding,
        "labels",
        lambda row: figures.by_labels(row, WAYS, labels(row)),
        "In %, over labels per class, log scale.",
    )
    question = finding.answers[0][-1].question
    title = "Time of a training step, frozen over from scratch"
    remark = "Left of the dotted line freezing saves time."
    yield Group([charts.interval(finding, question, "saved", title, remark)])


def labels(row: Row) -> list[int]:
    """The numbers of labels per class that phases have, ascending."""
    matches = [re.fullmatch(r"scratch_(\d+)", phase) for phase in row.phases]
    return sorted(int(match[1]) for match in matches if match)


def _step(row: Row, way: str) -> Values:
    """Milliseconds of a training step of the phase that is timed."""
    timed = [phase for phase in row.phases if phase.startswith(way)]
    own = (values(row, phase, STEP) for phase in timed)
    return next((steps for steps in own if steps), {})


CLAIM = Claim(
    "features learnt from much data serve a task with few labels, frozen or"
    " trained on",
    questions,
    chart_groups,
)
