"""What is asked of a trained model beside loss and accuracy.

Translations, a sample of text, gradients by distance: seen from the parent,
while the worker still has the model.
"""

from pathlib import Path
from typing import Any

from benchmarks.passes.input_gradients import distances
from benchmarks.passes.process import Progress, Worker
from benchmarks.passes.translations import Teller
from benchmarks.worker import arrays

Cell = dict[str, Any]
ASKED = ("decode", "sample", "distances")


def afterwards(
    worker: Worker,
    cell: Cell,
    data: dict[str, Any],
    files: Path,
    name: str,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """`metrics`, `curves` and `pictures` of a cell, or of one phase's.

    data: divided. name: of the phase, or of the workload where there are
    none; files of the report begin with it. The worker may have another
    model afterwards.
    """
    workload = cell["workload"]
    if not any(workload.get(word) for word in ASKED):
        return {"metrics": {}, "curves": {}, "pictures": []}
    folder = str(worker.scratch / f"trained-{name}")
    params = arrays.read(worker.ask("params", folder=folder))
    teller = Teller(worker, cell, data, files, name, on_progress)
    # Of a stream, `decode` only says how much is generated to be timed
    if workload.get("decode") and not workload.get("window"):
        teller.translate(params)
    if workload.get("sample"):
        teller.sample()
    found = teller.write()
    if workload.get("distances"):
        curve, metrics = distances(worker, cell, data, params)
        found["curves"]["distance"] = curve
        found["metrics"] |= metrics
    return found
