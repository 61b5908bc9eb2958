"""Transfer learning from digits 0 to 4 to few digits 5 to 9 (slide 12)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question, Values
from reports.claims.questions import difference, phases, setting, values
from reports.figures.phases import by_labels
from reports.results.rows import Row
from reports.results.statistics import ratios

STEP = "training_step_milliseconds"
SAVED = "seconds of a training step, frozen over from scratch"


def questions(row: Row) -> list[Question]:
    """Accuracy less that from scratch; the main phase's labels decide."""
    few = setting(row, "data.per_class", row.main)
    return [
        *(
            Question(
                f"test accuracy, {way} features less from scratch, {count}"
                " labels per class",
                "points",
                difference(row, f"{way}_{count}", f"scratch_{count}"),
                decides=count == few,
            )
            for count in sorted(labels(row), key=lambda n: (n != few, n))
            for way in ("frozen", "tuned")
        ),
        Question(
            SAVED,
            "×",
            ratios(_step(row, "frozen"), _step(row, "scratch")),
            "below",
            1.0,
            decides=False,
            in_sentence=True,
        ),
    ]


def labels(row: Row) -> list[int]:
    """The numbers of labels per class that phases have, ascending."""
    return sorted(
        int(phase.removeprefix("scratch_")) for phase in phases(row, "scratch_")
    )


def _step(row: Row, way: str) -> Values:
    """Milliseconds of a training step of the phase that is timed."""
    own = (values(row, phase, STEP) for phase in phases(row, way))
    return next((steps for steps in own if steps), {})


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
