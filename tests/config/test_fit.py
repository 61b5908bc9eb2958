"""Parts of a data set, and whether a model fits it."""

import math

import numpy as np
import pytest

from benchmarks.config import fit
from benchmarks.data import splits
from benchmarks.errors import UserError

DATA = {
    "batch_size": 4,
    "eval_batch_size": None,
    "validation": 0.0,
    "train_examples": None,
    "test_examples": None,
    "buckets": [],
    "crops": None,
    "classes": None,
    "per_class": None,
}


def workload(model="rnn", spec=None, bptt_steps=None, **data):
    return {
        "model": model,
        "spec": spec or {},
        "objective": "cross_entropy",
        "epochs": 2,
        "schedule": {"warmup_steps": 0},
        "bptt_steps": bptt_steps,
        "crop_steps": None,
        "data": DATA | data,
    }


CNN = workload("cnn")
RNN = workload("rnn", {"vocab": 100}, validation=0.2)


@pytest.fixture
def describe(tmp_path):
    def described(inputs, targets):
        np.save(tmp_path / "x.npy", inputs)
        np.save(tmp_path / "y.npy", targets)
        split = {
            "inputs": [str(tmp_path / "x.npy")],
            "targets": str(tmp_path / "y.npy"),
            "size": len(targets),
        }
        return {"name": "some", "splits": {"train": split, "test": split}}

    return described


def reviews(highest, count=10):
    words = np.zeros((count, 7), np.int32)
    words[-1, -1] = highest
    return words


@pytest.mark.parametrize("share", [0.2, 0.1, 0.3, 1 / 3])
def test_last_share_is_held_out_as_keras_does(describe, share):
    data = describe(reviews(3, 101), np.zeros(101, np.int32))
    parts = splits.divide(workload(validation=share), data)["splits"]
    cut = math.floor(101 * (1 - share))  # keras: train_validation_split
    assert parts["train"]["start"] == 0
    assert parts["train"]["stop"] == cut == parts["validation"]["start"]
    assert parts["validation"]["stop"] == 101
    sizes = splits.sizes({"splits": parts})
    assert sizes == {"train": cut, "validation": 101 - cut, "test": 101}


def test_nothing_held_out(describe):
    data = describe(reviews(3), np.zeros(10, np.int32))
    assert splits.sizes(splits.divide(workload(), data)) == {
        "train": 10,
        "validation": 0,
        "test": 10,
    }


def test_nothing_left_to_train_on(describe):
    data = describe(reviews(3, 2), np.zeros(2, np.int32))
    with pytest.raises(UserError, match="none is left to train on"):
        splits.divide(workload(validation=0.9), data)


def test_image_of_another_shape(describe):
    data = describe(np.zeros((4, 32, 32, 3), np.float32), np.zeros(4, int))
    with pytest.raises(UserError, match="28 x 28 x 1, .* is 32 x 32 x 3"):
        fit.check_fit(CNN, data)


def test_word_outside_of_the_vocabulary(describe):
    labels = np.zeros(10, np.int32)
    fit.check_fit(RNN, describe(reviews(99), labels))
    with pytest.raises(UserError, match="vocab=100: .* at least 101"):
        fit.check_fit(RNN, describe(reviews(100), labels))


def test_class_that_the_model_has_not(describe):
    images = np.zeros((4, 28, 28, 1), np.float32)
    chosen = CNN | {"spec": {"classes": 3}}
    with pytest.raises(UserError, match="classes=3: .* at least 4"):
        fit.check_fit(chosen, describe(images, np.arange(4)))


@pytest.mark.parametrize(
    ("model", "objective", "highest", "message"),
    [
        ("rnn", "binary_cross_entropy", 5, "targets up to 5, expected 0 and 1"),
        ("bilstm", "binary_cross_entropy", 2, "up to 2, expected 0 and 1"),
        ("rnn", "cross_entropy", 1, "and rnn 1 outputs. Expected at least 2"),
        ("rnn", "cross_entropy", 5, "Expected at least 6 outputs"),
    ],
)
def test_targets_fit_objective_and_outputs(
    describe, model, objective, highest, message
):
    """Else targets above 0 would count as 1, and train without a word."""
    targets = np.arange(10, dtype=np.int32) % (highest + 1)
    data = describe(reviews(3), targets)
    chosen = workload(model, {"vocab": 100}) | {"objective": objective}
    with pytest.raises(UserError, match=message):
        fit.check_fit(chosen, data)
    fits = chosen | {"objective": "binary_cross_entropy"}
    fit.check_fit(fits, describe(reviews(3), np.minimum(targets, 1)))


def test_one_output_is_not_several_classes(describe):
    """And several outputs are no binary classification."""
    images = np.zeros((10, 28, 28, 1), np.float32)
    data = describe(images, np.zeros(10, np.int32))
    chosen = CNN | {"objective": "binary_cross_entropy"}
    with pytest.raises(UserError, match="cnn has 10 outputs, expected 1"):
        fit.check_fit(chosen, data)


def test_no_target_is_below_zero(describe):
    data = describe(reviews(3), np.full(10, -1, np.int32))
    chosen = RNN | {"objective": "binary_cross_entropy"}
    with pytest.raises(UserError, match="some has the target -1, below 0"):
        fit.check_fit(chosen, data)


def test_a_validation_split_of_the_set_is_used(describe):
    data = describe(reviews(3), np.zeros(10, np.int32))
    data["splits"]["validation"] = data["splits"]["test"]
    sizes = splits.sizes(splits.divide(workload(), data))
    assert sizes == {"train": 10, "validation": 10, "test": 10}
    sizes = splits.sizes(splits.divide(workload(validation=0.3), data))
    assert sizes == {"train": 7, "validation": 3, "test": 10}


def test_the_first_are_validated_and_tested_with(describe):
    data = describe(reviews(3), np.zeros(10, np.int32))
    chosen = workload(validation=0.3, train_examples=5, test_examples=2)
    parts = splits.divide(chosen, data)["splits"]
    assert splits.sizes({"splits": parts}) == {
        "train": 5,
        "validation": 2,
        "test": 2,
    }
    assert (parts["validation"]["start"], parts["validation"]["stop"]) == (7, 9)
    assert (parts["test"]["start"], parts["test"]["stop"]) == (0, 2)


def test_lengths_and_groups_go_through(describe):
    data = describe(reviews(3), np.zeros(10, np.int32))
    data["splits"]["train"] |= {"lengths": "l.npy", "groups": "g.npy"}
    chosen = workload(validation=0.2, train_examples=5)
    train = splits.divide(chosen, data)["splits"]["train"]
    assert (train["lengths"], train["groups"]) == ("l.npy", "g.npy")
    assert train["size"] == train["stop"] == 5


def test_truncated_back_propagation_needs_a_stream(describe):
    data = describe(reviews(3), np.zeros(10, np.int32))
    with pytest.raises(UserError, match="bptt_steps=5: examples of some are 7"):
        fit.check_fit(RNN | {"bptt_steps": 5}, data)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"bptt_steps": 51},
            r"bptt_steps=51 .*batch_size=4: some has 200 train steps, ",
        ),
        (
            {"eval_batch_size": 9},
            "batch_size=9: some has 200 test .* least 225, ",
        ),
    ],
)
def test_a_text_that_is_too_short_is_refused_before_training(
    describe, changes, message
):
    tokens = np.zeros(200, np.int32)
    data = describe(tokens, tokens)
    stream = {"bptt_steps": 25, "eval_batch_size": 8}
    fit.check_fit(workload("language", **stream), data)
    with pytest.raises(UserError, match=message):
        fit.check_fit(workload("language", **stream | changes), data)


@pytest.mark.parametrize(
    ("name", "own", "warmup"),
    [
        ("rnn", {}, 6),  # two epochs of three batches, the last of two
        ("language", {"bptt_steps": 25}, 4),  # two windows of four streams
    ],
)
def test_a_warm_up_as_long_as_the_training_is_refused(
    describe, name, own, warmup
):
    inputs = np.zeros(200, np.int32) if own else reviews(3)
    data = describe(inputs, np.zeros(len(inputs), np.int32))
    chosen = workload(name, **own)
    schedule = chosen["schedule"]
    schedule["warmup_steps"] = warmup - 1
    fit.check_fit(chosen, data)
    schedule["warmup_steps"] = warmup
    message = rf"warmup_steps={warmup}: the training has {warmup} updates"
    with pytest.raises(UserError, match=message):
        fit.check_fit(chosen, data)
    fit.check_fit(chosen | {"epochs": 0}, data)


CROPS = {"crop_steps": 8}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop_steps": 65}, "crop_steps=65: gpt .* reads up to 64 symbols"),
        ({"crop_steps": 41}, "crop_steps=41: some has 40 train steps, "),
    ],
)
def test_crops_fit_the_context_and_the_text(describe, changes, message):
    tokens = np.zeros(40, np.int32)
    data = describe(tokens, tokens)
    fit.check_fit(workload("gpt") | CROPS, data)
    with pytest.raises(UserError, match=message):
        fit.check_fit(workload("gpt") | CROPS | changes, data)


def test_crops_are_of_a_text_alone(describe):
    data = describe(reviews(3), np.zeros(10, np.int32))
    with pytest.raises(UserError, match="of some are 7, expected a text"):
        fit.check_fit(workload("gpt") | CROPS, data)


def test_a_warm_up_is_shorter_than_the_crops_training(describe):
    tokens = np.zeros(40, np.int32)
    data = describe(tokens, tokens)
    own = workload("gpt", crops=12) | CROPS | {"epochs": 2}
    short = own | {"schedule": {"warmup_steps": 5}}
    fit.check_fit(short, data)  # 3 updates in each of 2 epochs
    long = own | {"schedule": {"warmup_steps": 6}}
    with pytest.raises(UserError, match="training has 6 updates"):
        fit.check_fit(long, data)


def test_buckets_need_lengths(describe):
    data = describe(reviews(3), np.zeros(10, np.int32))
    with pytest.raises(UserError, match=r"buckets=\[5\]: examples of some "):
        fit.check_fit(workload("rnn", buckets=[5]), data)


def test_a_size_bounds_the_input_that_bounds_names(monkeypatch, describe):
    from impls.rnn.spec import Spec

    monkeypatch.setattr(Spec, "bounds", lambda _: {"vocab": 0})
    monkeypatch.setattr(Spec, "target_bound", "vocab")
    monkeypatch.setattr(fit, "_check_objective", lambda *given: None)
    labels = np.arange(10, dtype=np.int32)
    fit.check_fit(RNN, describe(reviews(99), labels))
    with pytest.raises(UserError, match="some has numbers up to 100"):
        fit.check_fit(RNN, describe(reviews(100), labels))
    with pytest.raises(UserError, match="some has numbers up to 109"):
        fit.check_fit(RNN, describe(reviews(9), labels + 100))
