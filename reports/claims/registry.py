"""All claims, found by looking: each module of this package with a `CLAIM`."""

from importlib import import_module
from pkgutil import iter_modules

import reports.claims
from reports.claims.claim import Claim, Finding, Question, answer
from reports.results.rows import Row
from reports.results.titles import SLIDE
from reports.results.workload import Workload


def claims() -> dict[str, Claim]:
    """Every claim by its workload: `reports/claims/<workload>.py` holds it."""
    package = reports.claims
    names = [module.name for module in iter_modules(package.__path__)]
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    return {
        name: module.CLAIM
        for name, module in zip(names, modules, strict=True)
        if hasattr(module, "CLAIM")
    }


def find(workload: Workload) -> Finding | None:
    """A workload's claim with its answers; None where there is none."""
    claim = claims().get(workload.name)
    rows = [
        row for row in workload.rows if row.seeds and row.framework != SLIDE
    ]
    if claim is None or not rows:
        return None
    answers = [
        [answer(question) for question in _questions(claim, workload, row)]
        for row in rows
    ]
    return Finding(claim, workload, rows, answers) if any(answers) else None


def _questions(claim: Claim, workload: Workload, row: Row) -> list[Question]:
    others = [workload.like(row, name) for name in claim.beside]
    return claim.questions(row, *others)
