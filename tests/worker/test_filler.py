"""Filler of the last batch changes no training, in any model."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest

import impls
from benchmarks.data.batches import Split, without_filler
from benchmarks.worker import arrays, quality, session
from benchmarks.worker.request import Request, normalizes
from impls.interface import Batch, Setting
from tests.support.fake.clock import split
from tests.support.fake.frameworks import calm
from tests.support.fake.tiny.spec import Spec
from tests.support.implementations import USUAL, case, shared_runner

SIZE = 3
REQUEST = Request(SIZE, SIZE, epochs=1, seed=0)


def last_batch(model, folder):
    """The last batch of an epoch over SIZE + 2 examples, with masks."""
    sizes = case(model).spec
    arrays.save_examples(folder, sizes.example(SIZE + 2, seed=1))
    examples = Split.open(arrays.examples(folder))
    chosen = replace(REQUEST, fill=not normalizes(sizes))
    *_, last = chosen.training_batches(examples, 0)
    random = np.random.default_rng(2)
    masks = {
        path: np.float32(random.random((len(last.weights), *shape)) < 0.5)
        for path, shape in sizes.masks().items()
    }
    return last._replace(masks=masks or None)


def cut(batch):
    """The batch without filler, its masks too."""
    small = without_filler(batch)
    masks = batch.masks and {
        path: mask[: len(small.weights)] for path, mask in batch.masks.items()
    }
    return small._replace(masks=masks)


# The other frameworks compute what torch does: parity has targets without
# weight, too
@pytest.mark.parametrize(
    ("model", "framework", "mode"),
    [(model, "torch", "eager") for model in impls.MODELS if model != "resnet"]
    + [("resnet", *implementation) for implementation in USUAL],
)
def test_the_last_batch_trains_as_its_examples_alone(
    model, framework, mode, tmp_path
):
    """Loss, gradients, and what a step changes; float64."""
    runner = shared_runner(model, framework, mode)
    last = last_batch(model, tmp_path)
    results = []
    for batch in last, cut(last):
        runner.load(case(model).smooth)
        placed = runner.place(batch)
        loss, gradients = runner.gradients(placed)
        runner.train_step(placed)
        results.append({"loss": loss, **gradients, "after": runner.params()})
    with_filler, alone = results
    after = with_filler.pop("after"), alone.pop("after")
    for filled, plain in (with_filler, alone), after:
        for name, expected in plain.items():
            np.testing.assert_allclose(
                filled[name], expected, rtol=1e-9, atol=1e-12, err_msg=name
            )


@pytest.mark.parametrize("model", impls.MODELS)
def test_only_batch_normalization_gets_a_smaller_batch(model, tmp_path):
    rows = len(last_batch(model, tmp_path).weights)
    assert rows == (2 if model == "resnet" else SIZE)


@pytest.mark.parametrize(("model", "fill"), [("resnet", False), ("cnn", True)])
def test_a_session_knows_whether_its_model_normalizes(model, fill):
    own = session.RunnerSession("torch", "impls", print)
    own.model = SimpleNamespace(compilations=lambda: None)
    own.spec = case(model).spec
    own.measurements = {
        "quality": lambda runner, splits, chosen, report: {"fill": chosen.fill}
    }
    assert own.quality({}, asdict(REQUEST)) == {"fill": fill}


class Recorder(calm.Runner):
    """Keeps the sizes of the batches that it compiles for and trains on."""

    def compile(self, batch):
        self.__dict__.setdefault("compiled_sizes", []).append(
            len(batch.targets)
        )

    def train_step(self, batch):
        self.__dict__.setdefault("sizes", []).append(len(batch.targets))
        return super().train_step(batch)


@pytest.mark.parametrize(
    ("fill", "compiled", "trained"),
    [(True, [8], [8, 8, 8]), (False, [8, 4], [8, 8, 4])],
)
def test_a_smaller_batch_is_compiled_before_the_training(
    fill, compiled, trained
):
    chosen = Request(8, 8, epochs=1, seed=0, mode="eager", fill=fill)
    runner = Recorder(Spec(), Setting(mode="eager"))
    splits = {"train": split(20), "test": split(8)}
    quality.quality(runner, splits, chosen, lambda _: None)
    assert runner.compiled_sizes == compiled
    assert runner.sizes == trained


def test_filler_is_what_follows_the_last_weight():
    weights = np.float32([[0, 1], [0, 0], [1, 0], [0, 0]])
    batch = Batch((np.arange(4),), np.arange(8).reshape(4, 2), weights)
    small = without_filler(batch)
    np.testing.assert_array_equal(small.inputs[0], [0, 1, 2])
    np.testing.assert_array_equal(small.targets, batch.targets[:3])
    np.testing.assert_array_equal(small.weights, weights[:3])
