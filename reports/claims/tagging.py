"""Part-of-speech tags by a recurrent network (slide 14)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question
from reports.claims.questions import ACCURACY, NO_BOUND, number, values
from reports.results.rows import Row
from reports.results.titles import workload_bound

CAPTION = "In %, of words that the training split has, and of others."


def questions(row: Row) -> list[Question]:
    """Test accuracy against each word's most frequent tag, and the target."""
    frequent = workload_bound("tagging", "most_frequent_tag_accuracy")
    target = row.config.get("workload.target_accuracy")
    title = "test accuracy"
    name = f"{title} (each word's most frequent tag: {100 * frequent:.1f} %)"
    result = [_above(row, name, frequent, True)]
    if target is not None:
        name = f"{title} (target: {100 * float(target):.0f} %)"
        result.append(_above(row, name, float(target), False))
    unseen = values(row, "", f"{ACCURACY}_unseen")
    name = f"{title}, words that are not in the training split"
    return [*result, number(name, "%", unseen, in_sentence=True)]


def _above(row: Row, title: str, bound: float, decides: bool) -> Question:
    """Test accuracy against a bound that synthetic data do not have."""
    if row.synthetic:
        own = values(row, "")
        return Question(
            title, "%", own, bound=None, decides=decides, reason=NO_BOUND
        )
    return Question(title, "%", values(row, ""), bound=bound, decides=decides)


CLAIM = Claim(
    "a recurrent network gives every word its label from what stands around it",
    questions,
    lambda bench, finding: [charts.groups(bench, finding, [""], CAPTION)],
)
