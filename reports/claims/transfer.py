"""Transfer learning from digits 0 to 4 to few digits 5 to 9 (slide 12)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question
from reports.claims.questions import difference, phases, values
from reports.figures.phases import by_labels
from reports.results.rows import Row
from reports.results.statistics import ratios

STEP = "training_step_milliseconds"
SAVED = "seconds of a training step, frozen over from scratch"


def questions(row: Row) -> list[Question]:
    """Accuracy less that from scratch; the main phase's labels decide."""
    scratch = row.main.replace("frozen", "scratch")
    result = []
    for count in sorted(labels(row), key=lambda n: f"scratch_{n}" != scratch):
        start = f"scratch_{count}"
        for way in ("frozen", "tuned"):
            title = f"test accuracy, {way} features less from scratch"
            title += f", {count} labels per class"
            own = difference(row, f"{way}_{count}", start)
            decides = start == scratch
            result.append(Question(title, "points", own, decides=decides))
    steps = ratios(values(row, row.main, STEP), values(row, scratch, STEP))
    return result + [
        Question(
            SAVED, "×", steps, "below", 1.0, decides=False, in_sentence=True
        )
    ]


def labels(row: Row) -> list[int]:
    """The numbers of labels per class that phases have, ascending."""
    names = phases(row, "scratch_")
    return sorted(int(name.removeprefix("scratch_")) for name in names)


CLAIM = Claim(
    "features learnt from much data serve a task with few labels, frozen or"
    " trained on",
    questions,
    [
        charts.each_row(
            "labels",
            lambda _, row: by_labels(
                row, ("scratch", "frozen", "tuned"), labels(row)
            ),
            "In %, over labels per class, log scale.",
        ),
        charts.intervals(
            "saved",
            "Time of a training step, frozen over from scratch",
            {SAVED: ""},
            "Left of the dotted line freezing saves time.",
        ),
    ],
)
