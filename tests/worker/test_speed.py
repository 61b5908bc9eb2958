"""Models with a target for each step, in the gate and in `bench-steps`."""

from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.commands import pairs as command
from benchmarks.config import phases
from benchmarks.config.compose import compose
from benchmarks.data.batches import Split, epoch, valid
from benchmarks.errors import UserError
from benchmarks.gate import accuracy, numerics
from benchmarks.parity import case
from benchmarks.studies import pairs, test_steps
from benchmarks.worker import session
from benchmarks.worker.request import request
from impls.interface import Setting
from tests.support.fake.tiny.spec import Spec
from tests.support.implementations import importorskip
from tests.support.small_cells import HERE

SEQUENCES = ("tagging", "language", "translation", "translation_attention")


def small(workload, *more):
    """A cell in PyTorch of the sizes that parity is checked with."""
    cell, _ = compose(f"workload={workload}", "framework=torch", *more)
    known = case.fixture(cell["workload"]["model"])
    return cell | {"workload": cell["workload"] | {"spec": known["sizes"]}}


@pytest.mark.parametrize(
    ("workload", "epsilon", "word"),
    [
        ("tagging", 1e-7, "unchanged"),
        ("language", 1e-3, "changed"),
        ("translation_attention", 1e-7, "unchanged"),
    ],
)
def test_their_numerics_are_compared(workload, epsilon, word, tmp_path):
    importorskip("torch")
    cell = small(workload)
    other = deepcopy(cell)
    other["workload"]["optimizer"]["epsilon"] = epsilon
    result = numerics.compare(HERE, (cell, other), tmp_path)
    assert (result.reason, result.outcome) == (None, word)
    assert (result.largest == 0) == (word == "unchanged")


@pytest.mark.parametrize("workload", [*SEQUENCES, "rnn", "cnn"])
def test_every_fifth_target_that_counts_is_left_out(workload):
    result = numerics._examples(small(workload))
    assert len(result) == numerics.BATCHES
    for batch in result:
        assert len(batch.targets) == numerics.EXAMPLES
        assert batch.weights.shape == batch.targets.shape
        assert 0 < valid(batch) < batch.weights.size


def test_a_short_run_of_a_stream_has_as_many_steps():
    cell, _ = compose("workload=language", "framework=torch", "suite=recurrent")
    part = {"start": 0, "size": 10**7}
    data = {"name": "some", "splits": {"train": part, "test": part}}
    train = accuracy._short(cell["workload"], data)["train"]
    assert train["size"] == accuracy.STEPS * 32 * 35


@pytest.mark.parametrize("workload", [*SEQUENCES, "rnn"])
def test_random_examples_can_be_stepped_through(workload, tmp_path):
    cell = small(workload)
    split = Split.open(test_steps.drawn(cell, tmp_path))
    chosen = request(cell)
    shape = chosen["buckets"], chosen["bptt_steps"]
    drawn = list(epoch(split, chosen["batch_size"], 0, 0, *shape))
    assert len(drawn) >= 5
    for batch in drawn:
        assert batch.weights.ndim == 1 + (workload != "rnn")
        assert np.isfinite(batch.weights).all() and valid(batch)


@pytest.mark.parametrize("workload", SEQUENCES)
def test_the_bare_loop_refuses_examples_that_it_does_not_support(workload):
    with pytest.raises(UserError, match=f"--workload {workload}: the bare"):
        pairs.check(small(workload), "bare")
    pairs.check(small(workload), "separate")
    pairs.check(compose("workload=lstm", "framework=torch")[0], "bare")


def test_nanogpt_is_compared_with_gpt_alone():
    cell, _ = compose("workload=cnn", "framework=torch")
    with pytest.raises(UserError, match="with the model gpt, not with cnn"):
        pairs.check(cell, "nanogpt")
    pairs.check(compose("workload=gpt", "framework=jax")[0], "nanogpt")


@pytest.mark.parametrize("count", [0, 1, None])
def test_a_mode_that_compiles_has_compiled(count):
    own = session.RunnerSession("torch", "impls", print)
    own.model = SimpleNamespace(compilations=lambda: count)
    own.setting = Setting(mode="compiled")
    own.spec = Spec()
    own.measurements = {"quality": lambda *given: {"metrics": {}}}
    if count == 0:
        with pytest.raises(session.NotCompiled, match="mode compiled: noth"):
            own.quality({}, request(compose("framework=torch")[0]))
    else:
        measured = own.quality({}, request(compose("framework=torch")[0]))
        assert measured == {"metrics": {}}


def test_a_phase_without_a_training_may_compile_nothing():
    own = session.RunnerSession("torch", "impls", print)
    own.model = SimpleNamespace(compilations=lambda: 0)
    own.spec = Spec()
    own.measurements = {"quality": lambda *given: {"metrics": {}}}
    filters, _ = compose("workload=filters", "framework=torch")
    slide = phases.of(filters["workload"])["slide"]
    asked = request(filters | {"workload": slide})
    assert asked["epochs"] == 0
    assert own.quality({}, asked) == {"metrics": {}}


def test_the_loss_is_of_nanogpt_alone(capsys):
    assert command.main(["--against", "bare", "--loss"]) == 2
    assert "Expected --against nanogpt --loss." in capsys.readouterr().err
