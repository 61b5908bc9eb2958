"""The bench with cells that measure nothing.

All of it but passes, data, MLflow and report is real: Hydra, the sweep, the
lock, records, signals. STUB_SECONDS: how long a pass takes.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.bench import invocation as bench
from benchmarks.bench import run_cell
from benchmarks.commands import bench as bench_command
from benchmarks.config.schema import PASSES
from benchmarks.passes.process import FrameworkMissing, WorkerFailed
from benchmarks.tracking import sync
from tests.support.stubbed_measurement import measurement

IMAGE = (28, 28, 1)
SHAPES = {"fashion_mnist": IMAGE, "mnist": IMAGE, "imdb": (50,)}


def passed(cell, data, files, on_progress=None):
    """A pass that finds what it is told to find."""
    (Path(files) / "stub.log").write_text("stubbed\n")
    framework = cell["framework"]["name"]
    if os.environ.get("STUB_FAILS") == framework:
        raise WorkerFailed("killed by signal 9", "last words")
    if os.environ.get("STUB_MISSING") == framework:
        raise FrameworkMissing(f"{framework} cannot be imported")
    if on_progress:
        told = {"stage": "training", "epoch": 1, "epochs": 2, "step": 3}
        on_progress({**told, "steps": 12, "loss": 0.5})
    time.sleep(float(os.environ.get("STUB_SECONDS", "0")))
    metric = {"value": 0.75, "unit": "fraction", "repeats": 1}
    return {
        "metrics": {"test_accuracy": metric},
        "curves": {},
        "failure": None,
        "timings": {"training": 0.002},
    }


def prepared(name, folder, source, cache, say):
    """A few examples of the real shape."""
    say(f"preparing {name}")
    cache = Path(cache).absolute()
    cache.mkdir(parents=True, exist_ok=True)
    inputs, targets = cache / f"{name}.npy", cache / f"{name}_targets.npy"
    # Transfer learning asks for a hundred of each digit
    size, classes = (1000, 10) if name == "mnist" else (20, 1)
    np.save(inputs, np.zeros((size, *SHAPES[name]), np.float32))
    np.save(targets, np.arange(size, dtype=np.int32) % classes)
    split = {"inputs": [str(inputs)], "targets": str(targets), "size": size}
    return {
        "name": name,
        "synthetic": False,
        "digest": "0" * 64,
        "source": "stub",
        "notice": None,
        "folder": str(cache),
        "splits": {"train": split, "test": split},
    }


def built(invocation, store, out, runs):
    """A report of one line."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.html").write_text(invocation)
    return out / "index.html"


def install(replace):
    """Put the stubs in place with `replace(object, name, value)`."""
    import reports

    passes = dict.fromkeys(PASSES, passed)
    replace(run_cell, "Measurement", measurement(passes))
    replace(bench, "prepare", prepared)
    replace(sync, "sync", lambda *arguments: None)
    replace(reports, "build", built)


if __name__ == "__main__":
    install(setattr)
    sys.exit(bench_command.main())
