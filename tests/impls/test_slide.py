"""The slides' programs on each backend of Keras, in a process of its own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.special import expit, softmax

from benchmarks.environment.env_vars import backend, variables
from benchmarks.environment.versions import ROOT
from tests.support.implementations import case

BACKENDS = ("tensorflow", "torch", "jax")
# A training of two epochs of three batches, the last of 4 examples, whose
# every batch is waited for
PROGRAM = """
import json, os, sys
import numpy as np
from impls.interface import Setting
from impls.rnn.spec import Spec
from impls.slide import Program
from benchmarks.parity.case import Case

ADAM = ("learning_rate", "beta_1", "beta_2", "epsilon", "amsgrad",
        "weight_decay", "clipnorm", "global_clipnorm", "clipvalue")
spec = Spec(vocab=30, width=4, hidden=3)
example = spec.example(20)
tokens, labels = example.inputs[0], np.asarray(example.targets)
mode = os.environ["KERAS_BACKEND"]

def setting(**changes):
    usual = {"objective": "binary_cross_entropy", "mode": mode}
    return Setting(**usual | changes)

def trained(seed):
    program = Program("rnn", spec, setting(seed=seed))
    seen, epochs = [], []

    def on_batch(index):
        program.wait()
        count = program.model.optimizer.iterations
        seen.append([index, int(np.array(count.value))])

    program.fit(tokens, labels, 2, 8, 0.0, epochs.append, on_batch)
    values = program.predict(tokens).ravel().tolist()
    return {"seen": seen, "epochs": epochs, "values": values,
            "versions": program.versions()}

def refused(**changes):
    try:
        Program("rnn", spec, setting(**changes))
    except ValueError as error:
        return str(error)

def network(model):
    # The program's network at given parameters, and how it trains
    point = Case(model, "float64")
    (inputs,), targets, *_ = point.batch(0)
    objective = point.setting().objective
    program = Program(model, point.spec, setting(objective=objective))
    program.predict(inputs)  # makes the layers
    # Keras has them in the canonical order and layout
    program.model.set_weights([point.smooth[n] for n in point.spec.shapes()])
    optimizer = program.model.optimizer.get_config()
    result = {"probabilities": program.predict(inputs).tolist(),
              "metrics": program.evaluate(inputs, targets),
              "optimizer": {k: optimizer[k] for k in ADAM},
              "kind": type(program.model.optimizer).__name__}
    given = []
    program.model.fit = lambda *arrays, **named: given.append(sorted(named))
    program.fit(inputs, targets, 1, 4)
    return result | {"fit": given}

answer = {
    "networks": {model: network(model) for model in ("cnn", "rnn", "bilstm")},
    "runs": [trained(seed) for seed in (1, 1, 2)],
    "refused": [refused(mode="fit"), refused(precision="float64"),
                refused(optimizer="adamw", weight_decay=0.1),
                refused(label_smoothing=0.1)],
    "tensorflow": sys.modules.get("tensorflow") is not None,
}
if mode == "torch":
    import torch
    answer["threads"] = torch.get_num_threads()
    answer["deterministic"] = torch.are_deterministic_algorithms_enabled()
os.write(int(sys.argv[1]), json.dumps(answer).encode())
"""


def cell(mode, threads=1, device="cpu"):
    return {
        "framework": {"name": "slide", "mode": mode},
        "device": {"name": device, "threads": threads},
        "precision": "float32",
    }


@pytest.fixture(scope="module", params=BACKENDS)
def answer(request):
    read, write = os.pipe()
    environment = os.environ | variables(cell(request.param))
    with os.fdopen(read) as pipe:
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(write)],
            cwd=ROOT,
            env=environment,
            pass_fds=[write],
            capture_output=True,
            check=True,
        )
        os.close(write)
        return json.loads(pipe.read()) | {"mode": request.param}


def test_each_batch_is_seen_once_and_waited_for(answer):
    for run in answer["runs"]:
        steps = [
            [index, 1 + index + 3 * n] for n in (0, 1) for index in range(3)
        ]
        assert run["seen"] == steps
        assert len(run["epochs"]) == 2
        assert set(run["epochs"][0]) == {"loss", "accuracy"}


def test_the_seed_decides_the_training(answer):
    first, again, other = (run["values"] for run in answer["runs"])
    assert first == again != other


@pytest.mark.parametrize("model", ["cnn", "rnn", "bilstm"])
def test_the_network_is_the_references(answer, model):
    """At the same parameters: probabilities, loss, accuracy; float32."""
    point, network = case(model), answer["networks"][model]
    batch = point.batch(0)
    batch = batch._replace(weights=np.ones_like(batch.weights))
    logits = point.logits(point.smooth, batch)
    expected = expit(logits) if point.outputs == 1 else softmax(logits, -1)
    actual = np.array(network["probabilities"])
    np.testing.assert_allclose(actual, expected, rtol=2e-5, atol=1e-7)
    metrics = point.metrics(point.smooth, batch)
    expected = [float(metrics[name]) for name in ("loss", "accuracy")]
    assert network["metrics"] == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize("model", ["cnn", "rnn", "bilstm"])
def test_it_trains_as_keras_does_by_itself(answer, model):
    """Adam's defaults, batches in an order that is drawn (`shuffle`)."""
    network = answer["networks"][model]
    assert network["kind"] == "Adam"
    assert network["optimizer"] == {
        "learning_rate": pytest.approx(0.001),
        **{"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False},
        **dict.fromkeys(("weight_decay", "clipnorm", "global_clipnorm")),
        "clipvalue": None,
    }
    usual = ["batch_size", "callbacks", "epochs", "validation_split"]
    assert network["fit"] == [usual]


def test_versions_are_of_keras_and_its_backend(answer):
    for run in answer["runs"]:
        assert set(run["versions"]) == {"keras", answer["mode"]}


def test_tensorflow_is_loaded_for_its_own_backend_alone(answer):
    assert answer["tensorflow"] == (answer["mode"] == "tensorflow")


def test_torch_takes_the_threads_and_deterministic_kernels(answer):
    if answer["mode"] == "torch":
        assert answer["threads"] == 1 and answer["deterministic"]


def test_another_mode_or_precision_is_refused(answer):
    for message in answer["refused"]:
        assert f"KERAS_BACKEND={answer['mode']}" in message


@pytest.mark.parametrize("mode", BACKENDS)
def test_a_worker_is_started_for_the_backend(mode):
    chosen = variables(cell(mode))
    assert chosen["KERAS_BACKEND"] == backend(cell(mode)["framework"]) == mode
    named = chosen.get("KERAS_TORCH_DEVICE")
    assert named == ("cpu" if mode == "torch" else None)
    assert "NVIDIA_TF32_OVERRIDE" not in chosen
    assert variables(cell(mode, device="cuda"))["NVIDIA_TF32_OVERRIDE"] == "0"
