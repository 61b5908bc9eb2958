"""Padding never leaks: what stands behind a sentence is read by nothing.

Logits and gradients of a sentence are the same whatever it is padded with,
however far, and whatever it is batched with; in float64 to 1e-12.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import impls
from impls.interface import Batch
from tests.support.implementations import case, importorskip

MODELS = ("tagger", "seq2seq", "attention", "transformer")
FULL = {"jax": "jit"}  # a framework's usual mode, if not eager
SIZE, SEED = 3, 5
# Inputs that have as many valid steps as `lengths` say; others: as weights
BY_LENGTH = {"tagger": (0, 1, 2)}

pytestmark = [
    pytest.mark.parametrize("model", MODELS),
    pytest.mark.parametrize("framework", impls.FRAMEWORKS),
]


@cache
def runner(model, framework):
    """Without dropout: its masks would have a length."""
    importorskip(framework)
    setting = case(model).setting(mode=FULL.get(framework, "eager"))
    spec = replace(case(model).spec, dropout=0.0)
    unclipped = replace(setting, max_grad_norm=None)
    built = impls.build(model, framework, spec, unclipped)
    built.load(case(model).smooth)
    return built


def sentences(model):
    """Three sentences of different lengths, of which one is full."""
    batch = replace(case(model).spec, dropout=0.0).example(SIZE, SEED)
    lengths = np.array([2, 5, 9], np.int32)
    ends = lengths if model == "tagger" else np.array([7, 13, 4])
    valid = np.arange(batch.targets.shape[1]) < ends[:, None]
    inputs = [lengths if array.ndim == 1 else array for array in batch.inputs]
    return Batch(tuple(inputs), batch.targets, np.float32(valid))


def ends(model, batch):
    """Valid steps (batch,) of every input, and of the targets."""
    lengths = next(array for array in batch.inputs if array.ndim == 1)
    targets = batch.weights.sum(1).astype(int)
    by_length = BY_LENGTH.get(model, (0,))
    return [
        lengths if n in by_length else targets for n in range(len(batch.inputs))
    ], targets


def padded(model, batch, more, seed):
    """The same sentences; behind each, and `more` steps on, anything."""
    random = np.random.default_rng(seed)
    valid, targets = ends(model, batch)

    def refilled(array, ends):
        if array.ndim == 1:
            return array
        wider = np.pad(array, ((0, 0), (0, more)))
        behind = np.arange(wider.shape[1]) >= ends[:, None]
        anything = random.integers(0, 17, wider.shape).astype(array.dtype)
        return np.where(behind, anything, wider)

    inputs = map(refilled, batch.inputs, valid)
    weights = np.pad(batch.weights, ((0, 0), (0, more)))
    return Batch(tuple(inputs), refilled(batch.targets, targets), weights)


def alone(model, batch, number):
    """One of the sentences, cut where it ends."""
    valid, targets = ends(model, batch)

    def cut(array, ends):
        row = array[number : number + 1]
        return row if row.ndim == 1 else row[:, : ends[number]]

    inputs = tuple(map(cut, batch.inputs, valid))
    parts = (cut(a, targets) for a in (batch.targets, batch.weights))
    return Batch(inputs, *parts)


def computed(runner, batch):
    """Logits at valid steps, and loss and gradients by name."""
    placed = runner.place(batch)
    logits = runner.logits(placed)[batch.weights > 0]
    loss, gradients = runner.gradients(placed)
    return logits, {"loss": np.array(loss)} | gradients


def close(actual, expected):
    for name in expected:
        size = max(np.abs(expected[name]).max(), 1e-3)
        assert np.abs(actual[name] - expected[name]).max() <= 1e-12 * size, name


@cache
def usual(model, framework):
    return computed(runner(model, framework), sentences(model))


@pytest.mark.parametrize(("more", "seed"), [(0, 1), (0, 2), (4, 3)])
def test_padding_of_any_kind_and_length(model, framework, more, seed):
    batch = sentences(model)
    other = padded(model, batch, more, seed)
    assert any(
        a.shape != b.shape or (a != b).any()
        for a, b in zip(batch.inputs, other.inputs, strict=True)
    )
    logits, gradients = computed(runner(model, framework), other)
    expected_logits, expected = usual(model, framework)
    close({"logits": logits}, {"logits": expected_logits})
    close(gradients, expected)


def test_what_it_is_batched_with(model, framework):
    """The batch's gradient is the mean of the sentences', by their words."""
    batch, built = sentences(model), runner(model, framework)
    singles = [
        computed(built, alone(model, batch, number)) for number in range(SIZE)
    ]
    logits, gradients = usual(model, framework)
    together = np.concatenate([single for single, _ in singles])
    close({"logits": logits}, {"logits": together})
    shares = batch.weights.sum(1).astype(float) / batch.weights.sum()
    expected = {
        name: sum(
            share * single[name]
            for share, (_, single) in zip(shares, singles, strict=True)
        )
        for name in gradients
    }
    close(gradients, expected)


def test_lengths_matter(model, framework):
    """Else the tests above would hold for a model that reads nothing."""
    batch = sentences(model)
    shorter = [np.maximum(a - 1, 1) if a.ndim == 1 else a for a in batch.inputs]
    built = runner(model, framework)
    logits = built.logits(built.place(batch._replace(inputs=tuple(shorter))))
    expected, _ = usual(model, framework)
    assert np.abs(logits[batch.weights > 0] - expected).max() > 1e-3
