"""Curves and metrics of a training by a Runner and by the slide's `fit`."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.worker import curves, keras_fit, quality
from benchmarks.worker.request import Request
from impls.interface import Setting
from tests.support.fake.clock import Clock, Timed, split
from tests.support.fake.frameworks.calm import Runner
from tests.support.fake.slide import Program
from tests.support.fake.tiny.spec import Spec

REQUEST = Request(
    batch_size=8,
    eval_batch_size=8,
    epochs=3,
    seed=1,
    warmup_steps=4,
    blocks=3,
    block_seconds=1.0,
    mode="eager",
)
TRAIN, TEST = split(60, 1), split(20, 2)
SPLITS = {"train": TRAIN, "test": TEST}


def train(request=REQUEST, splits=SPLITS, mode="eager", report=lambda _: None):
    runner = Runner(Spec(), Setting(mode=mode, learning_rate=0.5))
    return quality.quality(runner, splits, request, report)


def test_training_learns_and_every_epoch_has_its_point():
    result = train()
    by_epoch = result["curves"]["epoch"]
    losses = by_epoch["train_loss"]
    assert len(losses) == len(by_epoch["seconds"]) == 3
    assert losses[0] > losses[-1]
    assert result["metrics"]["test_accuracy"]["value"] > 0.6
    assert result["failure"] is None


def test_the_epochs_loss_is_the_mean_over_its_examples():
    # 60 examples in batches of 8: the last holds 4 and weighs half
    steps = np.array([[1.0, 0.5]] * 7 + [[4.0, 0.0]])
    counts = np.array([8] * 7 + [4])
    loss, accuracy = curves.mean(steps, counts)
    assert loss == pytest.approx((56 * 1 + 4 * 4) / 60)
    assert accuracy == pytest.approx(56 * 0.5 / 60)


def test_evaluation_does_not_see_the_batch_size():
    runner = Runner(Spec(), Setting(mode="eager"))
    runner.values["head.kernel"] += np.arange(15).reshape(5, 3) / 10
    results = [
        quality.evaluate(runner, TEST, replace(REQUEST, eval_batch_size=size))
        for size in (3, 8, 20)
    ]
    for other in results[1:]:
        assert other == pytest.approx(results[0], rel=1e-12)


@pytest.mark.parametrize(
    ("validated", "target", "points"),
    [(False, None, (0, 1)), (False, 0.9, (0, 3)), (True, 0.9, (3, 1))],
)
def test_the_target_is_watched_where_there_is_something_to_watch(
    validated, target, points
):
    splits = SPLITS | ({"validation": split(16, 5)} if validated else {})
    result = train(replace(REQUEST, target_accuracy=target), splits)
    by_epoch = result["curves"]["epoch"]
    assert points == tuple(
        len(by_epoch[f"{name}_loss"]) for name in ("validation", "test")
    )


def watched(accuracies, target, split="validation"):
    filled = curves.Curves(replace(REQUEST, target_accuracy=target))
    for accuracy in accuracies:
        filled.add_steps(np.ones((2, 2)), np.array([8, 8]), 10.0)
        filled.add(split, 0.5, accuracy)
    return filled.result()["metrics"]["time_to_target_seconds"]


@pytest.mark.parametrize("split", ["validation", "test"])
def test_time_to_target_ends_with_the_first_epoch_that_reaches_it(split):
    assert watched([0.5, 0.8, 0.7], 0.8, split)["value"] == 20.0


def test_a_target_never_reached_is_none_with_what_was():
    result = watched([0.5, 0.75, 0.7], 0.8)
    assert result["value"] is None
    assert "0.8 not reached: best validation accuracy 0.75" in result["reason"]


def test_no_target_no_time_to_it():
    assert watched([0.9], None)["reason"] == "the workload sets no target"


def test_evaluation_is_not_in_the_seconds_of_training():
    clock = Clock()
    runner = Timed(clock, Setting(mode="eager"))

    def eval_step(batch):
        clock.pass_by(7.0)
        return np.zeros(2)

    runner.eval_step = eval_step
    result = quality.quality(runner, SPLITS, REQUEST, lambda _: None, clock)
    # Three epochs of eight steps of 0.25 s; an evaluation of three of 7 s
    assert result["metrics"]["training_seconds"]["value"] == 3 * 8 * 0.25
    assert result["timings"]["training"] == 6.0
    assert result["timings"]["evaluation"] >= 21.0
    assert result["timings"]["compile"] >= 2.0


def test_norms_of_gradients_are_not_in_the_seconds_of_training():
    clock = Clock()
    runner = Timed(clock, Setting(mode="eager"))

    def gradients(batch):
        clock.pass_by(5.0)
        return 0.0, {"head.kernel": np.ones((2, 2))}

    runner.gradients = gradients
    request = replace(REQUEST, gradient_norms=4)
    result = quality.quality(runner, SPLITS, request, lambda _: None, clock)
    # Of 24 steps: the first, two between and the last
    assert result["curves"]["gradient"] == {
        "step": [1, 9, 16, 24],
        "head": [2.0] * 4,
    }
    assert result["metrics"]["training_seconds"]["value"] == 3 * 8 * 0.25
    assert result["metrics"]["first_gradient_norm"]["value"] == 2.0


def test_a_peek_at_the_loss_is_rare():
    clock, peeks, fetched = Clock(), [], []
    runner = Timed(clock, Setting(mode="eager"))

    def fetch(steps):
        fetched.append(len(steps))
        runner.wait()
        return np.zeros((len(steps), 2))

    def train_step(batch):
        clock.pass_by(0.4)
        return np.zeros(2)

    runner.fetch, runner.train_step = fetch, train_step
    request = replace(REQUEST, epochs=1)
    quality.train(runner, TRAIN, request, 0, peeks.append, clock)
    # Eight steps of 0.4 s: after the third and the sixth; all at the end
    assert [peek["step"] for peek in peeks] == [3, 6]
    assert fetched == [1, 1, 8]
    assert peeks[0]["steps"] == 8


def test_a_training_that_diverges_ends_with_its_reason():
    result = train(mode="diverge")
    reason = "diverged: the loss is nan from step 3 on (epoch 1)"
    assert result["failure"] == reason
    assert result["metrics"]["test_accuracy"]["value"] is None
    assert result["metrics"]["test_accuracy"]["reason"] == reason
    assert result["curves"]["epoch"]["train_loss"] == [None]
    assert result["curves"]["step"]["train_loss"][2:] == [None] * 6
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize(
    ("split", "loss", "failure"),
    [
        ("train", 999_999.0, None),
        ("train", 1.4e30, "diverged: the loss of epoch 2 is 1.4e+30"),
        ("test", 1e6, "diverged: the test loss of epoch 2 is 1e+06"),
        ("test", -np.inf, "diverged: the test loss of epoch 2 is -inf"),
    ],
)
def test_a_loss_that_has_exploded_is_a_divergence(split, loss, failure):
    filled = curves.Curves(REQUEST)
    filled.add_epoch(1.0, 0.5, 1.0)
    filled.add_epoch(loss if split == "train" else 1.0, 0.5, 1.0)
    if split == "test":
        filled.add("test", loss, 0.5)
    assert filled.result()["failure"] == failure


def test_parameters_that_are_not_finite_are_a_divergence():
    """Though every loss is: a pooling layer may drop NaN."""
    runner = Runner(Spec(), Setting(mode="eager"))
    values = runner.params()
    runner.params = lambda: values | {"head.bias": np.array([0.0, np.nan])}
    result = quality.quality(runner, SPLITS, REQUEST, lambda _: None)
    reason = "diverged: head.bias is not finite after the training"
    assert result["failure"] == reason
    assert result["metrics"]["test_loss"]["reason"] == reason
    assert None not in result["curves"]["epoch"]["test_loss"]


@pytest.mark.parametrize("steps", [1, 999, 1000, 1001, 2500])
def test_the_curve_by_step_is_thinned_and_keeps_its_end(steps):
    filled = curves.Curves(REQUEST)
    losses = np.arange(1.0, steps + 1)
    filled.add_steps(np.stack([losses, losses], 1), np.ones(steps), 1.0)
    curve = filled.result()["curves"]["step"]
    assert len(curve["step"]) <= 1000 and curve["step"][-1] == steps
    assert curve["train_loss"] == [float(step) for step in curve["step"]]
    assert len(curve["step"]) == len(set(curve["step"])) > steps / 4


def test_the_slides_fit_leaves_the_same_curves():
    request = replace(REQUEST, validation=0.2, target_accuracy=0.5)
    chosen = Setting(mode="tensorflow", learning_rate=0.5)
    program = Program("tiny", Spec(), chosen)
    result = keras_fit.quality(program, SPLITS, request, lambda _: None)
    by_epoch = result["curves"]["epoch"]
    assert set(by_epoch) == set(train()["curves"]["epoch"])
    assert len(by_epoch["validation_loss"]) == 3
    assert len(by_epoch["test_loss"]) == 1
    assert by_epoch["train_loss"][0] > by_epoch["train_loss"][-1]
    assert set(result["metrics"]) == set(train()["metrics"])


@pytest.mark.parametrize(
    "changes", [{"schedule": "linear"}, {"schedule_warmup": 2}]
)
def test_the_slides_fit_has_no_schedule(changes):
    program = Program("tiny", Spec(), Setting(mode="tensorflow"))
    request = replace(REQUEST, **changes)
    with pytest.raises(ValueError, match="slide's program has one learning"):
        keras_fit.quality(program, SPLITS, request, lambda _: None)


class Slow(Program):
    """Batches of 0.25 s, evaluations of 7 s, predictions of 1 ms each.

    Batches are queued: their time passes in `wait`.
    """

    def __init__(self, clock):
        super().__init__("tiny", Spec(), Setting(mode="tensorflow"))
        self.clock = clock
        self.batches = 0
        self.queued = 0.0
        self.waits = []  # the batches done at each

    def fit(self, inputs, targets, epochs, batch, held, on_epoch, on_batch):
        def slow(index):
            self.batches += 1
            self.queued += 0.25
            if on_batch:
                on_batch(index)

        super().fit(inputs, targets, epochs, batch, held, on_epoch, slow)

    def wait(self):
        self.waits.append(self.batches)
        self.clock.pass_by(self.queued)
        self.queued = 0.0

    def evaluate(self, inputs, targets, batch):
        self.clock.pass_by(7.0)
        return super().evaluate(inputs, targets, batch)

    def predict(self, inputs, batch):
        self.clock.pass_by(0.001 * len(inputs))
        return super().predict(inputs, batch)


def test_the_slides_seconds_end_before_validation():
    clock = Clock()
    request = replace(REQUEST, validation=0.2)
    reports = []
    result = keras_fit.quality(
        Slow(clock), SPLITS, request, reports.append, clock
    )
    # Waited for at the end of an epoch alone: a word once a second has gone by
    first = {"stage": "training", "epoch": 1, "epochs": 3}
    assert reports[0] == first | {"step": 6, "steps": 6}
    assert result["curves"]["epoch"]["seconds"] == [6 * 0.25] * 3
    assert result["timings"]["evaluation"] == pytest.approx(4 * 7.0)


def test_the_slides_blocks_lie_inside_one_fit():
    clock = Clock()
    program = Slow(clock)
    given = program, SPLITS, REQUEST, lambda _: None, clock
    training = keras_fit.training(*given)["metrics"]
    # 4 batches of warm-up, 3 blocks of 1 s: 4 batches each. 60 examples
    # make epochs of eight batches, the last of 4 examples
    assert program.batches == 4 + 3 * 4
    assert program.waits == [1, 2, 4, 8, 12, 16]  # edges, nothing between
    result = training | keras_fit.inference(*given)["metrics"]
    assert result["first_step_seconds"]["value"] == 0.25
    assert result["training_step_milliseconds"]["value"] == 250
    rate = result["training_examples_per_second"]
    assert (rate["value"], rate["repeats"]) == (28.0, 3)
    assert result["inference_examples_per_second"]["value"] == (
        pytest.approx(1000)
    )
    assert result["inference_latency_milliseconds"]["value"] == (
        pytest.approx(1.0)
    )
    for name in ("compile_seconds", "compilations_count"):
        assert result[name]["value"] is None and result[name]["reason"]


def test_a_few_steps_of_the_slide_are_ten_batches():
    clock = Clock()
    program = Slow(clock)
    given = program, {"train": split(200)}, REQUEST, lambda _: None, clock
    assert keras_fit.few_steps(*given)["timings"] == {"training": 2.5}
    assert program.batches == 10
