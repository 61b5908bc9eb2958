"""The claim of a workload: its sentence, charts and numbers."""

from dataclasses import dataclass

from reports.blocks import Group, Table
from reports.claims import charts, registry, sentence
from reports.results.format import capital
from reports.results.frame import Bench
from reports.results.rows import Workload


@dataclass(frozen=True)
class Claim:
    """A claim as the report shows it; kind: the style of its verdict.

    judged: whether there is a verdict, or numbers only.
    """

    text: str
    slides: str
    sentence: str
    verdict: str
    kind: str
    judged: bool
    groups: list[Group]
    answers: Table


def claim(bench: Bench, workload: Workload, id: str) -> Claim | None:
    """A workload's claim; id: the start of its charts' ids."""
    finding = registry.find(workload)
    if finding is None:
        return None
    return Claim(
        capital(finding.claim.statement),
        finding.slides,
        sentence.sentence(finding),
        sentence.verdict(finding),
        sentence.STYLES[finding.kind],
        finding.judged,
        charts.all_groups(bench, finding, id),
        sentence.table(finding),
    )
