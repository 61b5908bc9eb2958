"""Phases in workers: parameters go on, frozen ones stay, frameworks change."""

from contextlib import ExitStack
from importlib.util import find_spec

import numpy as np
import pytest
from omegaconf import OmegaConf

from benchmarks.config import phases
from benchmarks.config.compose import compose
from benchmarks.config.schema import resolve
from benchmarks.passes import measure, phased_training
from impls import init

SIDE = 12
FEATURES = ["first", "second"]
TAKES = {"takes": {"digits": FEATURES}, "freeze": FEATURES}
OTHER = {"torch": "jax", "tensorflow": "torch", "jax": "tensorflow"}
FRAMEWORKS = [one for one in OTHER if find_spec(one)]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A class is where the light falls: learnt in a few steps."""
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


def cell(framework, every, precision="float32", **says):
    asked = f"framework={framework}", f"precision={precision}"
    _, config = compose("workload=cnn", *asked)
    OmegaConf.set_struct(config, False)
    workload = {
        "spec": {"height": SIDE, "width": SIDE, "classes": 3, "hidden": 16},
        "batch": 50,
        "rate": 0.01,
        "target": None,
        "epochs": 1,
        "phases": every,
        "most_epochs": None,
        **says,
    }
    return resolve(OmegaConf.merge(config, {"workload": workload}))


LOW, HIGH = {"classes": [0, 1, 2]}, {"classes": [3, 4, 5]}


def run(chosen, data, files):
    """All phases; what each has kept, and the result."""
    every = phases.of(chosen["workload"])
    with ExitStack() as stack:
        one = phased_training._Course(chosen, data, files, None, stack)
        for number, (name, phase) in enumerate(every.items(), 1):
            one.run(name, phase, number, len(every))
        return one.kept, one.result


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_frozen_parameters_do_not_move_by_a_bit(framework, data, tmp_path):
    every = {
        "digits": LOW | {"epochs": 2},
        "frozen": HIGH | TAKES | {"epochs": 2},
        "tuned": HIGH | {"takes": {"frozen": ["*"]}},
        "end": {"takes": {"tuned": ["*"]}, "epochs": 0} | HIGH,
    }
    kept, result = run(cell(framework, every), data, tmp_path)
    start = init.draw(phases_spec(framework, every), 0)
    for name, value in kept["frozen"].items():
        taken = name.rpartition(".")[0] in FEATURES
        same = np.array_equal(value, kept["digits"][name])
        assert same == taken, name  # the head was drawn anew, and moved
        assert not np.array_equal(value, np.float32(start[name])), name
        # ... and what was frozen moves again where it is not
        assert not np.array_equal(value, kept["tuned"][name]), name
    metrics = result["metrics"]
    assert metrics["end.test_loss"] == metrics["tuned.test_loss"]
    assert metrics["end.train_loss"]["value"] is None
    assert "nothing is trained" in metrics["end.train_loss"]["reason"]
    assert metrics["test_loss"] == metrics["end.test_loss"]  # the main one


def phases_spec(framework, every):
    import impls

    workload = cell(framework, every)["workload"]
    return impls.spec(workload["model"])(**workload["spec"])


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_phase_goes_on_in_another_framework(framework, data, tmp_path):
    other = OTHER[framework]
    if not find_spec(other):
        pytest.skip(f"{other} is not installed")
    every = {
        "digits": LOW | {"epochs": 8, "framework": other},
        "untrained": LOW | {"epochs": 0},
        "again": LOW | {"epochs": 0, "takes": {"digits": ["*"]}},
        "frozen": HIGH | TAKES | {"epochs": 8},
    }
    chosen = cell(framework, every, "float64")
    result = measure.quality(chosen, data, tmp_path)
    found = {
        name: result["metrics"][f"{name}.test_accuracy"]["value"]
        for name in every
    }
    loss = {n: result["metrics"][f"{n}.test_loss"]["value"] for n in every}
    # The other framework's parameters give the same function here
    np.testing.assert_allclose(loss["again"], loss["digits"], rtol=1e-10)
    assert found["again"] == found["digits"] > 0.9 > found["untrained"]
    assert found["frozen"] > 0.5
    loaded = result["environment"]["loaded"]
    assert {framework, other} <= set(loaded)
    assert (tmp_path / f"quality-{other}.log").exists()


def test_norms_of_gradients_fitted_and_watched(data, tmp_path):
    every = {
        "plain": LOW | {"gradient_norms": 4, "fitted": True, "epochs": 2},
        "watched": LOW | {"watch": True, "epochs": 3},
    }
    result = measure.quality(cell(FRAMEWORKS[0], every), data, tmp_path)
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
        every = {"plain": LOW | {"gradient_norms": points, "epochs": 2}}
        chosen = cell(FRAMEWORKS[-1], every)
        found = measure.quality(chosen, data, tmp_path)
        return found["curves"]["plain.step"]["train_loss"]

    assert losses(0) == losses(5)


def test_a_phase_that_diverges_ends_the_cell(data, tmp_path):
    every = {
        "wild": LOW | {"optimiser": "sgd", "rate": 1e30, "epochs": 3},
        "calm": LOW,
    }
    result = measure.quality(cell(FRAMEWORKS[0], every), data, tmp_path)
    assert result["failure"].startswith("phase wild: diverged: the loss is")
    assert "calm.test_accuracy" not in result["metrics"]
