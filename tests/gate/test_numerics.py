"""Numerics compared: two trees, or two settings."""

import os
import shutil
import signal
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import impls
from benchmarks.gate import numerics
from benchmarks.gate.checkout import both_sides
from benchmarks.gate.checkout.both_sides import both
from benchmarks.parity.compare import LARGEST
from benchmarks.passes.process import WorkerFailed
from benchmarks.passes.remote_runner import RemoteRunner
from impls.interface import Batch
from tests.support import gate_trees
from tests.support.small_cells import HERE, cell

ROOT = Path(__file__).parents[2]


def compare(base, head, files, sides=HERE):
    result = numerics.compare(sides, (base, head), files)
    assert result.reason is None
    return result


def copied(folder, changes):
    """A copy of this tree: file -> (text, what stands there instead)."""
    for part in ("impls", "benchmarks"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    for file, (before, after) in changes.items():
        text = (folder / file).read_text()
        assert text.count(before) == 1, (file, before)
        (folder / file).write_text(text.replace(before, after))
    return replace(HERE[0], root=folder)


# ---- what is changed, and what is not ----


@pytest.mark.parametrize("framework", impls.FRAMEWORKS)
def test_another_epsilon_changes_the_numerics(framework, tmp_path):
    old, new = cell(framework), cell(framework, epsilon=1e-8)
    assert old["workload"]["optimizer"]["epsilon"] == 1e-7
    result = compare(old, new, tmp_path)
    assert result.outcome == "changed"
    assert result.largest > 1e6 * result.bound
    # It is the update that differs, nothing before it
    before = ("initial parameters", "logits", "loss and gradients")
    assert [result.differences[stage] for stage in before] == [0, 0, 0]
    assert result.differences["parameters after one step"] > result.bound


def test_other_programs_for_the_same_formulas_are_unchanged(tmp_path):
    """Rounding differs, as after a change that is only faster."""
    result = compare(cell("torch"), cell("jax"), tmp_path)
    assert result.outcome == "unchanged"
    assert 0 < result.largest < result.bound == 1e-10
    assert list(result.differences) == [
        "initial parameters",
        "logits",
        "loss and gradients",
        "parameters after one step",
        "effect of 10 steps",
        "trajectory",
        "evaluation",
    ]
    assert result.array and result.largest == max(result.differences.values())


def test_another_beta_shows_from_the_second_step_on(tmp_path):
    result = compare(cell("torch"), cell("torch", beta2=0.998), tmp_path)
    assert result.outcome == "changed"
    # Bias correction hides it in the first, whatever beta is
    assert result.differences["parameters after one step"] < result.bound
    assert result.differences["effect of 10 steps"] > 1e-4


MOMENTUM = {
    "impls/interface.py": (
        "    beta1: float",
        "    momentum: float = 0.0\n    beta1: float",
    ),
    "impls/frameworks/_torch.py": (
        "momentum=0)",
        "momentum=setting.momentum)",
    ),
}
SUM = {
    "impls/frameworks/_torch.py": (
        "return (losses * weights).sum() / total,",
        "return (losses * weights).mean(),",
    )
}


@pytest.mark.parametrize(
    ("changes", "keys", "first"),
    [
        # A setting that head lacks: each tree makes its own Setting
        (MOMENTUM, {"momentum": 0.9}, "effect of 10 steps"),
        (SUM, {}, "loss and gradients"),
    ],
    ids=["momentum", "mean over all targets"],
)
def test_what_only_the_code_of_a_tree_says_is_seen(
    changes, keys, first, tmp_path
):
    sides = copied(tmp_path / "tree", changes), HERE[1]
    head = cell("torch", optimizer="sgd")
    base = cell("torch", optimizer="sgd", **keys)
    result = compare(base, head, tmp_path, sides)
    assert result.outcome == "changed"
    seen = [
        s for s, error in result.differences.items() if error > result.bound
    ]
    assert seen[0] == first


def test_another_size_is_named_and_nothing_is_started(tmp_path):
    head = cell("torch", spec={"time": 7})
    result = compare(cell("torch"), head, tmp_path)
    assert (result.outcome, result.largest) == ("changed", LARGEST)
    assert result.array == "spec.time (6 -> 7)"
    assert not list(tmp_path.iterdir())


def stages(**initial):
    return {
        "initial parameters": {f"initial {n}": v for n, v in initial.items()},
        "logits": {"logits": np.ones(2)},
    }


def test_other_parameters_are_named():
    old = stages(a=np.zeros(2), b=np.zeros(3), c=np.zeros(1))
    new = stages(a=np.zeros((2, 1)), c=np.zeros(1), d=np.zeros(4))
    result = numerics.judge(old, new)
    assert (result.outcome, result.largest) == ("changed", LARGEST)
    assert result.array == (
        "a ((2,) -> (2, 1)), b (only in base), d (only in head)"
    )


def test_what_is_not_finite_differs_without_limit():
    old = stages(a=np.zeros(2))
    new = old | {"logits": {"logits": np.array([1, np.nan])}}
    result = numerics.judge(old, new)
    assert (result.outcome, result.largest) == ("changed", LARGEST)
    assert result.array == "logits"
    assert result.differences == {"initial parameters": 0, "logits": LARGEST}


def test_the_bound_itself_is_still_unchanged():
    for error, outcome in ((1e-10, "unchanged"), (1.1e-10, "changed")):
        old = {"initial parameters": {"initial a": np.array([1.0, 0.0])}}
        new = {"initial parameters": {"initial a": np.array([1.0, error])}}
        result = numerics.judge(old, new)
        assert (result.outcome, result.largest) == (outcome, error)


# ---- what cannot be measured ----


def test_a_tree_that_cannot_be_asked_is_told_with_its_side(tmp_path):
    (tmp_path / "benchmarks").mkdir()
    same = cell("torch")
    empty = replace(HERE[0], root=tmp_path)
    lost = replace(HERE[1], pythons={"torch": str(tmp_path / "python")})
    result = numerics.compare((empty, HERE[1]), (same, same), tmp_path)
    assert result.outcome == "not measured"
    assert result.reason.startswith("base: its benchmarks/worker/request.py")
    result = numerics.compare((HERE[0], lost), (same, same), tmp_path)
    assert result.outcome == "not measured"
    assert result.reason.startswith("head: ") and "python" in result.reason


@pytest.fixture
def fake_library(monkeypatch):
    fake = partial(both_sides.open_worker, library="tests.support.fake")
    monkeypatch.setattr(both_sides, "open_worker", fake)


def tiny(mode):
    framework = {"name": "calm", "mode": mode, "python": None}
    return gate_trees.cell(framework=framework, precision="float64")


def trained(tree):
    """One step of the tiny model; what its mode makes of it."""
    runner = RemoteRunner(tree.worker, "tiny", {}, tree.setting)
    images = np.zeros((2, *spec_of_tiny().example(1).inputs[0].shape[1:]))
    batch = Batch((images,), np.zeros(2, int), np.ones(2))
    return runner.train_steps([batch])


def spec_of_tiny():
    from tests.support.fake import spec

    return spec("tiny")()


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_one_that_fails_ends_the_other(tmp_path, fake_library):
    pids = []

    def work(tree):
        pids.append(tree.worker.pid)
        return trained(tree)

    cells = tiny("hang"), tiny("raise")
    with pytest.raises(WorkerFailed, match="head: raised IndexError"):
        both(HERE, cells, tmp_path, "test", work)
    assert len(pids) == 2 and all(map(gone, pids))


def test_an_interruption_leaves_no_process(tmp_path, fake_library):
    pids, before = [], threading.active_count()
    started = threading.Barrier(2)

    def work(tree):
        pids.append(tree.worker.pid)
        started.wait(60)
        if tree.side.name == "head":
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return trained(tree)

    with pytest.raises(KeyboardInterrupt):
        both(HERE, (tiny("hang"), tiny("hang")), tmp_path, "test", work)
    assert len(pids) == 2 and all(map(gone, pids))
    assert threading.active_count() == before
