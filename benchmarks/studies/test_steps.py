"""One step of every workload in every framework, by pytest-benchmark.

`make bench-steps`, with pytest-benchmark's own options, such as
`--benchmark-compare=base`. A round is one block of the speed pass, and the
clock is the worker's: seconds per step, without the pipe.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import impls
from benchmarks.config.compose import compose
from benchmarks.config.overrides import CONF
from benchmarks.environment.describe import describe, fingerprint
from benchmarks.passes.process import Worker
from benchmarks.passes.remote_runner import initialize, open_worker
from benchmarks.worker import arrays
from benchmarks.worker.request import request, spec
from impls.interface import Batch

Cell = dict[str, Any]

WORKLOADS = sorted(path.stem for path in (CONF / "workload").glob("*.yaml"))
BATCHES = 20  # of random examples, over and over

_passed = [0.0]


def worker_seconds() -> float:
    """Seconds that workers say their steps took, each block per step."""
    return _passed[0]


@pytest.fixture(scope="module", params=impls.FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=WORKLOADS)
def cell(request: pytest.FixtureRequest, framework: str) -> Cell:
    return compose(f"workload={request.param}", f"framework={framework}")[0]


@pytest.fixture(scope="module")
def worker(
    cell: Cell, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    """A fresh worker, its model built and loaded."""
    files = tmp_path_factory.mktemp("worker")
    with open_worker(cell, files) as started:
        initialize(started, cell)
        yield started


@pytest.fixture(scope="module")
def splits(
    cell: Cell, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Random examples: what is in them takes no part in the time."""
    return {"train": drawn(cell, tmp_path_factory.mktemp("data"))}


def drawn(cell: Cell, folder: Path) -> dict[str, Any]:
    """The description of random examples; a text where it is windows."""
    example = spec(cell).example(
        BATCHES * cell["workload"]["data"]["batch_size"]
    )
    workload = cell["workload"]
    if workload["bptt_steps"] or workload["crop_steps"]:
        tokens, targets = example.inputs[0].ravel(), example.targets.ravel()
        example = Batch((tokens,), targets, np.ones(len(targets), np.float32))
    arrays.save_examples(folder, example)
    return arrays.examples(folder)


@pytest.mark.benchmark(timer=worker_seconds)
@pytest.mark.parametrize("kind", ["training", "inference"])
def test_step(
    benchmark: Any,
    kind: str,
    cell: Cell,
    worker: Worker,
    splits: dict[str, Any],
) -> None:
    steps = worker.ask("warm", kind=kind, splits=splits, request=request(cell))
    examples = []

    def block() -> None:
        answer = worker.ask("block", **steps)
        _passed[0] += answer["seconds"] / steps["steps"]
        examples.append(answer["examples"] / answer["seconds"])

    compiled = worker.ask("compilations")
    workload = cell["workload"]
    benchmark.group = f"{workload['name']}, {kind}, seconds per step"
    benchmark.pedantic(block, rounds=cell["speed"]["blocks"])
    assert worker.ask("compilations") == compiled, "compiled while timed"
    environment = describe(cell)
    benchmark.extra_info |= {
        "framework": cell["framework"]["name"],
        "mode": cell["framework"]["mode"],
        "device": cell["device"]["name"],
        "batch": workload["data"]["batch_size"],
        "steps_per_round": steps["steps"],
        "examples_per_second": sorted(examples)[len(examples) // 2],
        "flops_per_example_forward": spec(cell).flops(),
        "versions": worker.ask("versions"),
        **{key: environment[key] for key in ("cpu", "gpu", "threads")},
        "fingerprint": fingerprint(environment),
    }
