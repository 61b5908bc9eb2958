"""Rows with values of our choosing: what a claim says of them is exact."""

from typing import Any

import pandas as pd

from reports.results.rows import Row
from reports.results.workload import Workload

CONFIG = {"workload.margin": "0.01", "workload.spec.classes": "10"}


def row(
    values: dict[str, list[float]],
    framework: str = "torch",
    phases: tuple[str, ...] = (),
    **config: str,
) -> Row:
    """A framework's row: by metric (`skips.test_accuracy`), seed by seed."""
    from reports.results.columns import column

    seeds = max(map(len, values.values()), default=1)
    cells = pd.DataFrame(
        {"seed": range(1, seeds + 1), "record": [f"r{n}" for n in range(seeds)]}
    )
    for metric, numbers in values.items():
        own = numbers + [None] * (seeds - len(numbers))
        cells[column(metric)] = pd.to_numeric(pd.Series(own))
    named = dict.fromkeys(name.split(".")[0] for name in values if "." in name)
    detail: dict[str, Any] = {
        "units": dict.fromkeys(values, ""),
        "over": {},
        "missing": {},
        "order": list(phases or named),
    }
    return Row(
        workload="made",
        data="fashion_mnist",
        precision="float32",
        device="cpu",
        framework=framework,
        mode="eager",
        synthetic=False,
        cells=cells,
        lost=cells.iloc[:0].assign(reason=None),
        details=dict.fromkeys(cells["record"], detail),
        config=CONFIG | config,
    )


def workload(name: str, *rows: Row, synthetic: bool = False) -> Workload:
    """A workload of these rows, nothing compared with a slide."""
    data = "synthetic_fashion_mnist" if synthetic else "fashion_mnist"
    return Workload(name, data, synthetic, list(rows), [])
