"""Phases: parameters are taken over or frozen, frameworks change."""

from contextlib import contextmanager
from importlib.util import find_spec

import numpy as np
import pytest
from omegaconf import OmegaConf

from benchmarks.config.compose import compose
from benchmarks.config.resolve import resolve
from benchmarks.passes.phased_training import PhasedTraining
from benchmarks.passes.workers import Workers
from benchmarks.worker.request import spec
from impls import init

SIDE = 12
FEATURES = ["first", "second"]
TAKES = {"takes": {"digits": FEATURES}, "freeze": FEATURES}
OTHER = {"torch": "jax", "tensorflow": "torch", "jax": "tensorflow"}
FRAMEWORKS = [name for name in OTHER if find_spec(name)]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A class is the bright row: learned in a few steps."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    splits = {}
    for split, size in (("train", 600), ("test", 120)):
        targets = np.arange(size, dtype=np.int32) % 6
        images = random.random((size, SIDE, SIDE, 1), np.float32) / 2
        images[np.arange(size), 2 * targets + 1] += 0.5
        np.save(folder / f"{split}_x.npy", images)
        np.save(folder / f"{split}_y.npy", targets)
        splits[split] = {
            "inputs": [str(folder / f"{split}_x.npy")],
            "targets": str(folder / f"{split}_y.npy"),
            "size": size,
        }
    return {"name": "some", "splits": splits}


def cell(framework, plan, precision="float32"):
    chosen = f"framework={framework}", f"precision={precision}"
    _, config = compose("workload=cnn", *chosen)
    OmegaConf.set_struct(config, False)
    workload = {
        "spec": {"height": SIDE, "width": SIDE, "classes": 3, "hidden": 16},
        "data": {"batch_size": 50},
        "optimizer": {"learning_rate": 0.01},
        "target_accuracy": None,
        "epochs": 1,
        "phases": plan,
    }
    return resolve(OmegaConf.merge(config, {"workload": workload}))


LOW = {"data": {"classes": [0, 1, 2]}}
HIGH = {"data": {"classes": [3, 4, 5]}}
SGD = {"optimizer": {"name": "sgd", "learning_rate": 1e30}}


@contextmanager
def trained(chosen, data, files):
    """All phases, trained, and their result; the workers still live."""
    with Workers(chosen, files) as workers:
        training = PhasedTraining(chosen, data, files, lambda _: None, workers)
        yield training, training.result()


def result_of(chosen, data, files):
    with trained(chosen, data, files) as (_, result):
        return result


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_frozen_parameters_do_not_move_by_a_bit(framework, data, tmp_path):
    plan = {
        "digits": LOW | {"epochs": 2},
        "frozen": HIGH | TAKES | {"epochs": 2},
        "tuned": HIGH | {"takes": {"frozen": ["*"]}},
        "end": {"takes": {"tuned": ["*"]}, "epochs": 0} | HIGH,
    }
    chosen = cell(framework, plan)
    with trained(chosen, data, tmp_path) as (training, result):
        after = training.trained
    start = init.draw(spec(chosen), 0)
    for name, value in after["frozen"].items():
        taken = name.rpartition(".")[0] in FEATURES
        same = np.array_equal(value, after["digits"][name])
        assert same == taken, name  # the head was drawn anew, and moved
        assert not np.array_equal(value, np.float32(start[name])), name
        # ... and what was frozen moves again where it is not
        assert not np.array_equal(value, after["tuned"][name]), name
    metrics = result["metrics"]
    assert metrics["end.test_loss"] == metrics["tuned.test_loss"]
    assert metrics["end.train_loss"]["value"] is None
    assert "nothing is trained" in metrics["end.train_loss"]["reason"]
    assert metrics["test_loss"] == metrics["end.test_loss"]  # the main one


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_phase_goes_on_in_another_framework(framework, data, tmp_path):
    other = OTHER[framework]
    if not find_spec(other):
        pytest.skip(f"{other} is not installed")
    plan = {
        "digits": LOW | {"epochs": 8, "framework": other},
        "untrained": LOW | {"epochs": 0},
        "again": LOW | {"epochs": 0, "takes": {"digits": ["*"]}},
        "frozen": HIGH | TAKES | {"epochs": 8},
    }
    chosen = cell(framework, plan, "float64")
    with trained(chosen, data, tmp_path) as (training, result):
        pass
    accuracy, loss = (
        {n: result["metrics"][f"{n}.test_{name}"]["value"] for n in plan}
        for name in ("accuracy", "loss")
    )
    # The other framework's parameters give the same function here
    np.testing.assert_allclose(loss["again"], loss["digits"], rtol=1e-10)
    assert accuracy["again"] == accuracy["digits"] > 0.9
    assert accuracy["untrained"] < 0.9
    assert accuracy["frozen"] > 0.5
    assert {framework, other} <= set(training.workers.versions)
    assert (tmp_path / f"worker-{other}.log").exists()


def test_norms_of_gradients_fitted_and_watched(data, tmp_path):
    plan = {
        "plain": LOW
        | {
            "measure": {"gradient_norms": 4, "train_accuracy": True},
            "epochs": 2,
        },
        "watched": LOW | {"measure": {"test_every_epoch": True}, "epochs": 3},
    }
    result = result_of(cell(FRAMEWORKS[0], plan), data, tmp_path)
    curves = result["curves"]["plain.gradient"]
    assert curves["step"] == [1, 5, 8, 12]  # of twelve, 300 examples by 50
    assert list(curves) == ["step", "first", "second", "hidden", "head"]
    assert all(norm > 0 for norm in curves["first"])
    metrics = result["metrics"]
    ratio = metrics["plain.gradient_norm_ratio"]["value"]
    first = metrics["plain.first_gradient_norm"]["value"]
    assert ratio == first / metrics["plain.last_gradient_norm"]["value"]
    assert first == np.median(curves["first"])
    assert 0 <= metrics["plain.fitted_accuracy"]["value"] <= 1
    assert "watched.fitted_accuracy" not in metrics
    assert len(result["curves"]["watched.epoch"]["test_accuracy"]) == 3
    assert len(result["curves"]["plain.epoch"]["test_accuracy"]) == 1
    assert "watched.gradient" not in result["curves"]


def test_taking_norms_changes_no_training(data, tmp_path):
    def losses(points):
        plan = {
            "plain": LOW | {"measure": {"gradient_norms": points}, "epochs": 2}
        }
        chosen = cell(FRAMEWORKS[-1], plan)
        result = result_of(chosen, data, tmp_path)
        return result["curves"]["plain.step"]["train_loss"]

    assert losses(0) == losses(5)


def test_a_phase_that_diverges_ends_the_cell(data, tmp_path):
    plan = {
        "wild": LOW | SGD | {"epochs": 3},
        "calm": LOW,
    }
    result = result_of(cell(FRAMEWORKS[0], plan), data, tmp_path)
    assert result["failure"].startswith("phase wild: diverged: the loss is")
    assert "calm.test_accuracy" not in result["metrics"]
