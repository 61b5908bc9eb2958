"""AdamW decays weights by name, apart from gradients; labels are smoothed."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.parity import reference
from impls import interface
from impls.exchange import check_setting
from impls.interface import Setting
from tests.support import decoders, trained
from tests.support.implementations import USUAL

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)
SPEC = trained.SPEC
RATES = [0.005, 0.01, 0.02, 0.02, 0.019, 0.016, 0.012, 0.008, 0.004, 0.002]
CHANGES = {
    "optimizer": "adamw",
    "learning_rate": 0.02,
    "beta1": 0.8,
    "beta2": 0.95,
    "epsilon": 1e-3,
    "weight_decay": 0.5,
    "max_grad_norm": 1.0,
}
SMOOTHING = 0.125


def runner(framework, mode):
    return trained.runner(framework, mode, **CHANGES)


def trained_by(runner, rates=RATES):
    """Gradients before each step, and the parameters after the last."""
    gradients = []
    for seed, rate in enumerate(rates):
        batch = runner.place(trained.batch(seed))
        gradients.append(runner.gradients(batch)[1])
        runner.set_learning_rate(rate)
        runner.train_step(batch)
    return gradients, runner.params()


def by_torch(start, gradients):
    """Parameters after steps of torch's AdamW, not fused, float64."""
    torch = pytest.importorskip("torch")
    tensors = {name: torch.tensor(value) for name, value in start.items()}
    groups = [
        {
            "params": [t for n, t in tensors.items() if (".k" in n) == decays],
            "weight_decay": 0.5 * decays,
        }
        for decays in (True, False)
    ]
    optimizer = torch.optim.AdamW(
        groups, 1.0, (0.8, 0.95), 1e-3, foreach=False, fused=False
    )
    for rate, step in zip(RATES, gradients, strict=True):
        factor = reference.clipped(step, 1.0)
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(factor * step[name])
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
    return {name: tensor.numpy() for name, tensor in tensors.items()}


@implementations
def test_ten_steps_are_those_of_torch_and_the_reference(framework, mode):
    """While gradients are clipped in some steps and the rate moves."""
    own = runner(framework, mode)
    gradients, after = trained_by(own)
    factors = [reference.clipped(step, 1.0) for step in gradients]
    assert min(factors) < 0.98 and max(factors) == 1, factors
    names = interface.trained(SPEC.shapes())
    start = {name: trained.params()[name] for name in names}
    expected = reference.train(start, gradients, own.setting, RATES)
    same = by_torch(start, gradients)
    plain = replace(own.setting, weight_decay=0.0)
    undecayed = reference.train(start, gradients, plain, RATES)
    for name, value in expected.items():
        bound = 1e-10 * np.abs(value).max()
        np.testing.assert_allclose(after[name], value, rtol=0, atol=bound)
        np.testing.assert_allclose(same[name], value, rtol=0, atol=bound)
        moved = np.abs(value - undecayed[name]).max()
        assert moved > 1e-3 if name.endswith("kernel") else moved == 0, name


@implementations
def test_what_is_frozen_does_not_decay(framework, mode):
    """Not by one bit; all that is left may be without decay."""
    own = runner(framework, mode)
    names = interface.trained(SPEC.shapes())
    kernels = [name for name in names if name.endswith("kernel")]
    own.freeze(kernels)
    own.load(trained.params())
    _, after = trained_by(own, RATES[:2])
    for name in names:
        equal = np.array_equal(after[name], trained.params()[name])
        assert equal == (name in kernels), name


@pytest.mark.parametrize(
    ("name", "decays"),
    [
        ("head.kernel", True),
        ("first.forward.recurrent_kernel", True),
        ("tokens.embedding", True),
        ("positions.table", True),
        ("head.bias", False),
        ("norm.scale", False),
        ("kernel.scale", False),
    ],
)
def test_the_leaf_of_a_name_decides_what_decays(name, decays):
    assert interface.decayed(name) == decays


@implementations
def test_labels_are_smoothed_in_training_alone(framework, mode):
    own = decoders.runner("Model", framework, mode, label_smoothing=SMOOTHING)
    batch = decoders.batch("Model")
    placed = own.place(batch)
    shifted = own.logits(placed)
    log_p = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    classes = log_p.shape[-1]
    sure = np.eye(classes)[batch.targets]
    smooth = (1 - SMOOTHING) * sure + SMOOTHING / classes
    weights = np.float64(batch.weights)[..., None] / batch.weights.sum()
    loss, plain = (-(y * log_p * weights).sum() for y in (smooth, sure))
    assert abs(loss - plain) > 0.01
    evaluated = own.fetch([own.eval_step(placed)])[0]
    actual, gradients = own.gradients(placed)
    trained = own.fetch([own.train_step(placed)])[0]
    np.testing.assert_allclose(
        [evaluated[0], actual, trained[0]], [plain, loss, loss], 1e-12
    )
    assert evaluated[1] == trained[1]
    slope = ((np.exp(log_p) - smooth) * weights).sum((0, 1))
    np.testing.assert_allclose(gradients["head.bias"], slope, atol=1e-14)
    given, rule = (shifted, batch, "cross_entropy"), SMOOTHING
    assert reference.objective(*given, rule)[0] == pytest.approx(loss, 1e-12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weight_decay": 0.1}, "0.1 of optimizer 'adam': expected 0, or"),
        ({"optimizer": "sgd", "weight_decay": 0.1}, "of optimizer 'sgd'"),
        ({"optimizer": "adamw", "weight_decay": -0.1}, "-0.1 of optimizer"),
        ({"optimizer": "adamw", "weight_decay": float("nan")}, "decay nan"),
        ({"label_smoothing": 1.0}, "1.0 of objective 'cross_entropy'"),
        ({"label_smoothing": -0.1}, "label_smoothing -0.1"),
        ({"objective": "mse", "label_smoothing": 0.1}, "objective 'mse'"),
    ],
)
def test_what_cannot_be_decayed_or_smoothed_is_refused(changes, message):
    setting = Setting(**{"mode": "jit"} | changes)
    with pytest.raises(ValueError, match=message):
        check_setting(setting, ("jit",), decoders.SPECS["Model"])
