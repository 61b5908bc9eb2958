"""What the chapter's claims share: values of phases, and ways to ask."""

from reports.claims.claim import Question, Values, differences
from reports.results.rows import Row

TEST = "test_accuracy"


def of(row: Row, phase: str, metric: str = TEST) -> Values:
    """A metric of a phase by seed; of the whole training where it is ``."""
    return row.measured(f"{phase}.{metric}" if phase else metric)


def less(row: Row, left: str, right: str, metric: str = TEST) -> Values:
    """One phase's less the other's, paired by seed."""
    return differences(of(row, left, metric), of(row, right, metric))


def told(title: str, unit: str, values: Values, also: bool = False) -> Question:
    """A number that decides nothing and has no bound."""
    return Question(title, unit, values, bound=None, decides=False, also=also)
