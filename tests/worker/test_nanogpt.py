"""The program that GPT is compared with: the same network, the same steps."""

from dataclasses import asdict

import numpy as np
import pytest

import impls
from benchmarks.studies import pairs
from benchmarks.worker.request import Request
from impls import init
from impls.gpt import reference
from impls.gpt.spec import Spec
from impls.interface import Setting

torch = pytest.importorskip("torch")
nanogpt = pytest.importorskip("benchmarks.worker.nanogpt")

SPEC = Spec(vocab=11, time=6, width=8, heads=2, inner=32, layers=2)
SIZES = {name: getattr(SPEC, name) for name in pairs.SIZES}
NAMES = {
    "embedding": "token",
    "norms.0": "norm_1",
    "attention.qkv": "attend",
    "attention.merge": "project",
    "norms.1": "norm_2",
    "feed_forward.inner": "inner",
    "feed_forward.outer": "outer",
}


def loop(setting, params):
    """nanoGPT's loop in float64, with parameters of ours."""
    own = nanogpt.Loop(SIZES, asdict(setting), Request(3, 3, 1, seed=0))
    own.network.double()
    with torch.no_grad():
        for name, tensor in own.network.named_parameters():
            tensor.copy_(torch.tensor(written(name, params)))
    return own


def written(name, params):
    """Our parameter of nanoGPT's name, in its layout."""
    path = name.removesuffix(".weight")
    for ours, theirs in NAMES.items():
        if path.split(".")[-1] == theirs:
            path = path.removesuffix(theirs) + ours
    ((ours, own),) = (
        pair for pair in params.items() if pair[0].rpartition(".")[0] == path
    )
    return own.T if ours.endswith("kernel") else own


def test_its_network_is_gpt():
    params = init.draw(SPEC, 4)
    own = loop(Setting(), params)
    batch = SPEC.example(3)
    expected = reference.logits(SPEC, params, *batch.inputs)
    actual = own.network(nanogpt.tensors(batch)[0]).detach().numpy()
    assert actual == pytest.approx(expected, abs=1e-12)


def test_its_steps_are_those_of_gpt():
    """Ten, with decay; it adds 1e-6 to a gradient's norm where it clips."""
    setting = Setting(
        optimizer="adamw",
        learning_rate=0.01,
        beta2=0.99,
        epsilon=1e-8,
        weight_decay=0.1,
        max_grad_norm=1e3,
        mode="eager",
        precision="float64",
    )
    params = init.draw(SPEC, 4)
    own = loop(setting, params)
    runner = impls.build("gpt", "torch", SPEC, setting)
    runner.load(params)
    for number in range(10):
        batch = SPEC.example(3, number)
        own.step(*nanogpt.tensors(batch))
        runner.train_step(runner.place(batch))
    ours = runner.params()
    for name, tensor in own.network.named_parameters():
        actual = tensor.detach().numpy()
        assert actual == pytest.approx(written(name, ours), abs=1e-10)
    changed = np.abs(
        ours["embedding.embedding"] - params["embedding.embedding"]
    )
    assert changed.max() > 0.01
