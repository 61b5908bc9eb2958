"""All claims, found by looking: each module of this package with a `CLAIM`."""

from importlib import import_module
from pkgutil import iter_modules

import reports.claims
from reports.claims.claim import Claim, Finding, finding
from reports.results.rows import Workload


def claims() -> dict[str, Claim]:
    """Every claim by its workload: `reports/claims/<workload>.py` holds it."""
    modules = {
        module.name: import_module(f"{reports.claims.__name__}.{module.name}")
        for module in iter_modules(reports.claims.__path__)
    }
    return {
        name: module.CLAIM
        for name, module in modules.items()
        if isinstance(getattr(module, "CLAIM", None), Claim)
    }


def find(workload: Workload) -> Finding | None:
    """A workload's claim with its answers; None where there is none."""
    return finding(workload, claims())
