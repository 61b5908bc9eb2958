"""Measurements of a trained model beside loss and accuracy.

Translations, a sample of text, gradients by distance, while the worker still
has the model.
"""

import time
from pathlib import Path
from typing import Any

from benchmarks.passes.input_gradients import distances
from benchmarks.passes.process import Progress
from benchmarks.passes.remote_runner import RemoteRunner
from benchmarks.passes.translations import TextReport

Cell = dict[str, Any]


def measure(
    runner: RemoteRunner,
    cell: Cell,
    data: dict[str, Any],
    files: Path,
    name: str,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """`metrics`, `curves`, `pictures`, `timings` of a cell, or of a phase.

    data: divided. name: of the phase, or of a workload without phases; it
    begins the names of the files. The worker may have another model
    afterwards.
    """
    started = time.perf_counter()
    decoding = cell["workload"]["decoding"]
    # Of a stream, `max_new_tokens` is only how much the speed pass generates
    translates = (
        decoding["max_new_tokens"] and not cell["workload"]["bptt_steps"]
    )
    differentiates = cell["workload"]["measure"]["input_gradients"]
    result: dict[str, Any] = {"metrics": {}, "curves": {}, "pictures": []}
    if not (translates or decoding["sample_tokens"] or differentiates):
        return result | {"timings": {}}
    params = runner.params()
    report = TextReport(runner, cell, data, files, name, on_progress)
    if translates:
        report.translate(params)
    if decoding["sample_tokens"]:
        report.sample()
    result = report.write()
    if differentiates:
        curve, metrics = distances(runner.worker, cell, data, params)
        result["curves"]["distance"] = curve
        result["metrics"] |= metrics
    seconds = time.perf_counter() - started
    return result | {"timings": {"afterwards": seconds}}
