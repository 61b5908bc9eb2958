"""Building blocks of questions: metrics of phases, differences, numbers."""

from reports.claims.claim import Question, Values
from reports.results.rows import Row
from reports.results.statistics import differences

ACCURACY = "test_accuracy"
NO_BOUND = "synthetic data: there is no bound"


def phases(row: Row, *starts: str) -> list[str]:
    """The phases whose names begin with one of these; all by default."""
    return [name for name in row.phases if name.startswith(starts or ("",))]


def setting(row: Row, name: str, phase: str = "") -> float | None:
    """A number of the configuration, of a phase or of the whole training."""
    stated = row.setting(phase, name)
    return None if stated is None else float(stated)


def values(row: Row, phase: str, metric: str = ACCURACY) -> Values:
    """A metric of a phase by seed; of the whole training where it is ``."""
    return row.measured(f"{phase}.{metric}" if phase else metric)


def difference(
    row: Row, left: str, right: str, metric: str = ACCURACY
) -> Values:
    """A metric of one phase less the same of another, paired by seed."""
    return differences(values(row, left, metric), values(row, right, metric))


def number(
    title: str, unit: str, values: Values, in_sentence: bool = False
) -> Question:
    """A number that decides nothing and has no bound."""
    return Question(
        title, unit, values, bound=None, decides=False, in_sentence=in_sentence
    )
