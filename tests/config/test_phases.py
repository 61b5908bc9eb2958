"""Phases: what they take over and freeze, and what is refused by name."""

from dataclasses import fields

import numpy as np
import pytest
from omegaconf import OmegaConf

from benchmarks.config import fit, overrides, phases
from benchmarks.config.compose import compose
from benchmarks.config.resolve import resolve
from benchmarks.config.workload import Phase
from benchmarks.data import splits
from benchmarks.data.batches import Split, chosen
from benchmarks.errors import UserError
from tests.config.test_fit import workload as plain

DIGITS = {"digits": {"data": {"classes": [0, 1, 2, 3, 4]}, "epochs": 2}}
NINES = {
    "nines": {
        "data": {"classes": [5, 6, 7, 8, 9], "per_class": 20},
        "takes": {"digits": ["first", "second"]},
        "freeze": ["first", "second"],
    }
}


def cell(phases=None, framework="torch", **keys):
    _, config = compose("workload=cnn", f"framework={framework}")
    OmegaConf.set_struct(config, False)  # as if it were in the YAML
    added = {"workload": keys | {"phases": phases or {}}}
    return resolve(OmegaConf.merge(config, added))


def refused(phases, **keys):
    with pytest.raises(UserError) as error:
        cell(phases, **keys)
    return str(error.value)


def test_a_workload_without_phases_is_its_own_only_phase():
    workload = cell()["workload"]
    assert "phases" not in workload
    assert phases.of(workload) == {"": workload}


def test_a_phase_inherits_the_keys_of_its_workload():
    keys = {"epochs": 5, "data": {"batch_size": 30}}
    workload = cell(DIGITS | NINES, **keys)["workload"]
    found = phases.of(workload)
    assert list(found) == ["digits", "nines"]
    assert found["digits"]["data"]["batch_size"] == 30
    assert found["digits"]["epochs"] == 2
    assert found["nines"]["epochs"] == 5
    assert found["nines"]["data"]["name"] == "fashion_mnist"


def test_the_main_phase_is_the_last_or_the_one_named():
    assert cell(DIGITS | NINES)["workload"]["main"] == "nines"
    workload = cell(DIGITS | NINES, main="digits")["workload"]
    assert workload["main"] == "digits"
    assert workload["epochs"] == 2  # what is timed and gated is that phase
    assert workload["data"]["classes"] == [0, 1, 2, 3, 4]


def test_prefixes_become_names():
    nines = cell(DIGITS | NINES)["workload"]["phases"]["nines"]
    names = ["first.kernel", "first.bias", "second.kernel", "second.bias"]
    assert nines["freeze"] == names
    assert nines["takes"] == {"digits": names}
    assert phases.matching(["*"], {"a.b": 1, "c": 2}) == ["a.b", "c"]
    assert phases.matching(["fir"], {"first.bias": 1}) == []


def test_what_was_taken_over_is_frozen():
    part = {"takes": {"digits": ["first"]}, "freeze_taken": True}
    nines = cell(DIGITS | {"nines": part | {"freeze": ["hidden.bias"]}})
    frozen = nines["workload"]["phases"]["nines"]["freeze"]
    assert frozen == ["first.kernel", "first.bias", "hidden.bias"]
    part = {"takes": {"digits": ["*"]}, "freeze_taken": True}
    assert "nothing is left to train" in refused(DIGITS | {"nines": part})


@pytest.mark.parametrize(
    "added, message",
    [
        (
            {"takes": {"digits": ["frist"]}},
            "takes.digits: frist: no parameter has this name or prefix."
            " Expected one of first, second, hidden, head (did you mean"
            " first?).",
        ),
        ({"freeze": ["thrid"]}, "nines.freeze: thrid: no parameter"),
        ({"takes": {"later": ["first"]}}, "takes: later is a later phase:"),
        ({"takes": {"nines": ["first"]}}, "takes: nines is itself: expected"),
        ({"takes": {"digts": ["first"]}}, "(did you mean digits?)"),
        ({"freeze": ["*"]}, "nines.freeze: nothing is left to train."),
        (
            {"spec": {"filters": 8}, "takes": {"digits": ["first"]}},
            "first.kernel is 3 x 3 x 1 x 16 in digits and 3 x 3 x 1 x 8 in"
            " nines: expected one shape (1 more).",
        ),
        ({"spec": {"filtres": 8}}, "workload.phases.nines.spec=filtres: exp"),
        (
            {"model": "rnn", "takes": {"digits": ["first"]}},
            "first.kernel: the rnn of nines has no such parameter (1 more).",
        ),
        ({"model": "cn"}, "nines.model=cn: expected one of"),
        ({"framework": "flax"}, "nines.framework=flax: expected one of jax"),
        ({"objective": "cross_entrop"}, "(did you mean cross_entropy?)"),
        ({"epochs": -1}, "nines.epochs=-1: expected a whole number from 0"),
        (
            {"data": {"per_class": 0}},
            "per_class=0: expected a whole",
        ),
        (
            {"data": {"classes": [1, 1]}},
            "expected different whole numbers from 0",
        ),
        ({"data": {"classes": []}}, "expected different whole numbers from 0"),
        (
            {"measure": {"feature_maps": 8}},
            "cnn has no feature maps for",
        ),
        (
            {"optimizer": {"learning_rate": 0}},
            "nines.optimizer.learning_rate=0.0: expected a number above 0",
        ),
    ],
)
def test_refused_by_name(added, message):
    assert message in refused(DIGITS | {"nines": added, "later": {}})


def test_main_and_timed_are_phases():
    message = refused(DIGITS | NINES, main="nine")
    assert "workload.main=nine: there is no such phase" in message
    assert "did you mean nines?" in message
    assert "timed: ten: there is no" in refused(DIGITS, timed=["ten"])


def test_the_book_has_no_phases():
    with pytest.raises(UserError, match="the book has no program with"):
        cell(DIGITS, "slide")


@pytest.fixture
def described(tmp_path):
    targets = np.arange(60, dtype=np.int32) % 6
    np.save(tmp_path / "x.npy", np.arange(60, dtype=np.float32)[:, None])
    np.save(tmp_path / "y.npy", targets)
    split = {
        "inputs": [str(tmp_path / "x.npy")],
        "targets": str(tmp_path / "y.npy"),
        "size": 60,
    }
    return {"name": "some", "splits": {"train": split, "test": split}}


def taken(described, seed=0, objective="cross_entropy", **data):
    chosen = plain("cnn", **data) | {"objective": objective}
    parts = splits.divide(chosen, described, seed)["splits"]
    return parts, {name: Split.open(part) for name, part in parts.items()}


def test_classes_are_chosen_and_numbered_anew(described):
    parts, opened = taken(described, classes=[4, 1])
    for name in ("train", "test"):
        assert parts[name]["size"] == len(opened[name]) == 20
        values = opened[name].inputs[0][:, 0].astype(int)
        assert set(values % 6) == {4, 1}
        expected = np.where(values % 6 == 4, 0, 1)
        np.testing.assert_array_equal(opened[name].targets, expected)


def test_few_of_each_class_are_drawn_by_the_seed(described):
    _, opened = taken(described, classes=[4, 1], per_class=3)
    assert len(opened["train"]) == 6
    assert len(opened["test"]) == 20  # the test split is whole
    np.testing.assert_array_equal(np.bincount(opened["train"].targets), [3, 3])
    _, other = taken(described, seed=1, classes=[4, 1], per_class=3)
    assert (opened["train"].inputs[0] != other["train"].inputs[0]).any()


def test_fewer_are_a_part_of_more():
    targets = np.arange(600) % 6
    select = {"classes": [0, 5], "seed": 3, "examples": None}
    few, more = (
        set(chosen(targets, select | {"per_class": count})) for count in (5, 50)
    )
    assert few < more


def test_the_first_examples(described):
    parts, opened = taken(described, train_examples=7)
    assert parts["train"]["size"] == len(opened["train"]) == 7
    assert len(opened["test"]) == 60
    _, opened = taken(described, test_examples=8, classes=[4, 1])
    assert (len(opened["train"]), len(opened["test"])) == (20, 8)
    _, opened = taken(described, train_examples=7, classes=[2])
    assert opened["train"].inputs[0][:, 0].tolist() == [
        2,
        8,
        14,
        20,
        26,
        32,
        38,
    ]


def test_a_reconstruction_is_of_the_inputs(described):
    _, opened = taken(described, objective="mse")
    np.testing.assert_array_equal(
        opened["test"].targets, opened["test"].inputs[0]
    )


@pytest.fixture
def images(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((60, 28, 28, 1), np.float32))
    np.save(tmp_path / "y.npy", np.arange(60, dtype=np.int32) % 6)
    split = {
        "inputs": [str(tmp_path / "x.npy")],
        "targets": str(tmp_path / "y.npy"),
        "size": 60,
    }
    return {"name": "some", "splits": {"train": split, "test": split}}


@pytest.mark.parametrize(
    "added, message",
    [
        (
            {"data": {"classes": [0, 7]}},
            "data.classes: some has no class 7",
        ),
        (
            {"data": {"classes": [0], "per_class": 11}},
            "per_class=11: some has 10 trai",
        ),
        (
            {"data": {"classes": [0, 1, 2]}, "spec": {"classes": 2}},
            "spec.classes=2: some has numbers up",
        ),
        ({"spec": {"height": 27}}, "nines.spec: cnn of these sizes takes 27"),
    ],
)
def test_what_does_not_fit_the_data(images, added, message):
    workload = cell({"nines": added})["workload"]
    with pytest.raises(UserError) as error:
        fit.check_fit(workload, images)
    assert message in str(error.value)


def test_every_phase_of_a_resolved_cell_is_plain():
    """A record is JSON, and a resolved cell has nothing left to decide."""
    workload = cell(DIGITS | NINES)["workload"]
    assert not {"quick", "seeds", "report"} & set(workload)
    own = {part.name for part in fields(Phase)} - {"freeze_taken"}
    for phase in workload["phases"].values():
        assert set(phase) == own
        for group in ("data", "optimizer", "schedule", "decoding", "measure"):
            assert set(phase[group]) == set(workload[group])


def test_on_the_command_line_a_phase_is_changed_not_made():
    with pytest.raises(UserError, match="a phase is written in conf/workload"):
        compose("workload=cnn", "+workload.phases.new={epochs:2}")
    with pytest.raises(UserError, match="new.epoch: there is no .*mean epochs"):
        compose("workload=cnn", "workload.phases.new.epoch=2")
    kind = overrides.expected("workload.phases.new.epochs")
    assert kind == "a whole number"


def test_one_cause_is_reported_a_few_times():
    many = DIGITS | {
        f"nines_{n}": {"spec": {"filters": 8}, "takes": {"digits": ["first"]}}
        for n in range(9)
    }
    lines = refused(many).splitlines()
    assert len(lines) == 4 and lines[-1] == "... and 6 more like these."
