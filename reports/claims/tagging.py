"""Part-of-speech tags by a recurrent network (slide 14)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question
from reports.claims.questions import NO_BOUND, number, setting, values
from reports.results.rows import Row
from reports.results.titles import workload_bound


def questions(row: Row) -> list[Question]:
    """Test accuracy against each word's most frequent tag, and the target."""
    frequent = workload_bound("tagging", "most_frequent_tag_accuracy")
    bounds = {
        f"each word's most frequent tag: {100 * frequent:.1f} %": frequent,
        "the workload's target": setting(row, "target_accuracy"),
    }
    result = [
        Question(
            f"test accuracy ({name})",
            "%",
            values(row, ""),
            bound=None if row.synthetic else bound,
            decides=bound == frequent,
            reason=NO_BOUND if row.synthetic else "",
        )
        for name, bound in bounds.items()
    ]
    title = "test accuracy, words that are not in the training split"
    unseen = values(row, "", "test_accuracy_unseen")
    return [*result, number(title, "%", unseen, in_sentence=True)]


CLAIM = Claim(
    "a recurrent network gives every word its label from what stands around it",
    questions,
    [
        charts.groups(
            [""], "In %, of words that the training split has, and of others."
        )
    ],
)
