"""The columns of `results.csv`: names with units, in a fixed order."""

from typing import Any

import pandas as pd

UNITS = ("seconds", "milliseconds", "bytes", "count", "fraction", "second")
SPELT = {"examples/s": "examples_per_second", "GFLOP/s": "gflops_per_second"}
KNOWN = {
    "accuracy": "fraction",
    "loss": "nats",
    "bleu": "points",
    "chrf": "points",
}
BARE = ("1", "ratio")  # units that are none
PARTS = ("low", "high", "repeats")
FIRST = [
    "workload",
    "framework",
    "mode",
    "precision",
    "device",
    "seed",
    "data",
    "synthetic",
    "status",
    "reason",
    "batch",
    "epochs",
    "threads",
]
METRICS = [
    "test_accuracy",
    "test_loss",
    "validation_accuracy",
    "train_accuracy",
    "train_loss",
    "training_seconds",
    "time_to_target_seconds",
    "import_seconds",
    "build_seconds",
    "compile_seconds",
    "first_step_seconds",
    "training_examples_per_second",
    "training_step_milliseconds",
    "inference_examples_per_second",
    "inference_latency_milliseconds",
    "compilations_count",
    "host_peak_bytes",
    "allocator_peak_bytes",
    "allocator_reserved_bytes",
    "driver_process_bytes",
    "flops_per_example_count",
    "matmul_gflops_per_second",
    "peak_share_fraction",
    "parameters_count",
]

OPTIONAL = [  # columns only where a workload has them
    "test_bleu",
    "test_chrf",
    "test_bits_per_token",
    "decoding_tokens_per_second",
    "padding_fraction",
    "programs_count",
]


def column(metric: str, units: dict[str, str] | None = None) -> str:
    """A metric's column: its name with its unit at the end."""
    if metric.rsplit("_", 1)[-1] in UNITS:
        return metric
    unit = (units or {}).get(metric) or KNOWN.get(metric.rsplit("_", 1)[-1])
    if not unit or unit in BARE:
        return metric
    unit = SPELT.get(unit, unit).replace("/", "_per_").replace(" ", "_")
    if unit in metric.split("_") or metric.endswith(unit):
        return metric
    return f"{metric}_{unit}"


def ordered(
    cells: pd.DataFrame, details: dict[str, dict[str, Any]]
) -> pd.DataFrame:
    """Columns as published, rows by workload, framework and seed.

    What a cell is, what was measured, where it comes from; and behind all
    that what single phases of a training gave (`dropout.test_accuracy`).
    """
    measured, phased = _measured(cells, details)
    absent = [name for name in [*FIRST, *measured] if name not in cells]
    cells = cells.reindex(columns=[*cells, *absent])
    known = {*FIRST, *measured, *phased}
    rest = [n for n in map(str, cells) if n not in known and "." not in n]
    cells = cells[[*FIRST, *measured, *rest, *phased]]
    cells = cells.rename(columns=measured | phased)
    numbers = [*measured.values(), *phased.values()]
    cells[numbers] = cells[numbers].apply(pd.to_numeric)
    integers = [name for name in numbers if name.endswith("_repeats")]
    integers += ["seed", "batch", "epochs", "threads"]
    cells[integers] = cells[integers].astype("Int64")
    by = ["workload", "framework", "mode", "precision", "device", "seed"]
    return cells.sort_values(by, kind="stable").reset_index(drop=True)


def _measured(
    cells: pd.DataFrame, details: dict[str, dict[str, Any]]
) -> tuple[dict[str, str], dict[str, str]]:
    """Metric -> column: of cells, and of phases (where they have values).

    A phase's value has columns for its interval where it has one at all:
    else a workload of sixteen phases would be hundreds of empty columns.
    """
    units: dict[str, str] = {}
    names = []
    for detail in details.values():
        units |= detail["units"]
        names += [*detail["units"], *detail["missing"]]
    optional = [name for name in OPTIONAL if name in names]
    measured, phased = {}, {}
    for name in dict.fromkeys([*METRICS, *optional, *names]):
        for part in ("", *(f"_{part}" for part in PARTS)):
            title = column(name, units) + part
            if "." not in name:
                measured[name + part] = title
            elif name in cells and (not part or f"{name}_low" in cells):
                phased[name + part] = title
    return measured, phased
