"""The same seed, framework and machine: the same curve, bit for bit."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

import impls
from benchmarks.passes.remote_runner import RemoteRunner, open_worker
from benchmarks.worker import arrays
from benchmarks.worker.request import Request
from impls import init
from impls.interface import Setting

CONF = Path(__file__).parents[2] / "conf"
# One workload of each model: others train the same at these sizes
WORKLOADS = {
    (workload.model, workload.objective): workload.name
    for workload in map(
        OmegaConf.load, sorted((CONF / "workload").glob("*.yaml"))
    )
}
TIME = 8
REQUEST = Request(batch_size=16, eval_batch_size=16, epochs=2, seed=1)


# Of the session, not the module: then they are started once, not anew for
# each workload
@pytest.fixture(scope="session", params=impls.FRAMEWORKS)
def pair(request, tmp_path_factory):
    """Two fresh workers of one framework."""
    cell = {
        "framework": {"name": request.param},
        "device": {"name": "cpu", "threads": 2},
        "precision": "float32",
    }
    folder = tmp_path_factory.mktemp(request.param)
    workers = [open_worker(cell, folder, str(number)) for number in range(2)]
    with workers[0], workers[1]:
        yield workers


@pytest.fixture(scope="module", params=sorted(WORKLOADS.values()))
def workload(request):
    return OmegaConf.load(CONF / "workload" / f"{request.param}.yaml")


def sizes(workload):
    """As in suite `quick`, and short: TensorFlow unrolls recurrent layers."""
    both = OmegaConf.merge(
        workload.get("spec", {}), workload.quick.get("spec") or {}
    )
    spec = impls.spec(workload.model)(**OmegaConf.to_container(both))
    return replace(spec, time=TIME) if hasattr(spec, "time") else spec


@pytest.fixture(scope="module")
def runners(pair, workload):
    """The workload's model in both workers, as fast as the bench has it."""
    framework = OmegaConf.load(CONF / "framework" / f"{pair[0].framework}.yaml")
    fastest = framework.fastest.cpu
    setting = Setting(
        objective=workload.objective,
        learning_rate=workload.optimizer.learning_rate,
        mode=fastest.get(workload.model, fastest.default),
    )
    spec = sizes(workload)
    return [
        RemoteRunner(worker, workload.model, spec, setting) for worker in pair
    ]


@pytest.fixture(scope="module")
def splits(workload, tmp_path_factory):
    example = sizes(workload).example(104)
    folder = tmp_path_factory.mktemp("data")
    arrays.save_examples(folder, example)
    whole = arrays.examples(folder)
    # 72 examples in batches of 16: the last is not full
    return {"train": whole | {"stop": 72}, "test": whole | {"start": 72}}


def curves(runner, workload, splits, seed):
    """All losses and accuracies of a short training from its start."""
    runner.load(init.draw(sizes(workload), seed))
    answer = runner.worker.ask(
        "quality", splits=splits, request=asdict(replace(REQUEST, seed=seed))
    )
    del answer["curves"]["epoch"]["seconds"]
    return answer["curves"]


def test_a_seed_decides_every_bit(runners, workload, splits):
    one, other = (curves(runner, workload, splits, 1) for runner in runners)
    assert len(one["step"]["train_loss"]) == 2 * 5
    assert one == other
    others = runners[1].params()
    for name, array in runners[0].params().items():
        np.testing.assert_array_equal(array, others[name])
    another = curves(runners[0], workload, splits, 2)
    assert one["step"]["train_loss"] != another["step"]["train_loss"]
